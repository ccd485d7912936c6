from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from PIL import Image

from lfr_batch.results.jpeg import jpeg_size
from lfr_batch.results.jpeg_xmp import NAMESPACE, with_xmp

from .synthetic import draw_face

PICTURE = draw_face(1)
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def packet(jpeg: bytes) -> ElementTree.Element:
    """As another program finds it."""
    xmp = Image.open(io.BytesIO(jpeg)).info["xmp"]
    described = ElementTree.fromstring(xmp.decode().strip()).find(f".//{RDF}Description")
    assert described is not None
    return described


def test_other_programs_read_it_and_every_other_byte_stays() -> None:
    told = {"subject_id": 'O\'Neil "<&>" Ünal', "score": 0.5, "margin": None}
    made = with_xmp(PICTURE, "Candidate <1> & more", told, "2026-01-30T23:00:12+01:00")
    described = packet(made)
    assert described.get(f"{{{NAMESPACE}}}subject_id") == 'O\'Neil "<&>" Ünal'
    assert described.get(f"{{{NAMESPACE}}}score") == "0.5"
    assert described.get(f"{{{NAMESPACE}}}margin") is None
    taken = "{http://ns.adobe.com/exif/1.0/}DateTimeOriginal"
    assert described.get(taken) == "2026-01-30T23:00:12+01:00"
    assert described.findtext(f".//{RDF}li") == "Candidate <1> & more"
    at = made.index(b"\xff\xe1")
    length = int.from_bytes(made[at + 2 : at + 4])
    assert made[:at] + made[at + 2 + length :] == PICTURE
    assert jpeg_size(made) == jpeg_size(PICTURE) == (168, 168)


def test_what_steers_or_hides_does_not_break_the_packet() -> None:
    made = with_xmp(PICTURE, "a\x1b[31m\u202eb", {"uri": "a\n\x00\ud800b"})
    assert packet(made).get(f"{{{NAMESPACE}}}uri") == "a b"


@pytest.mark.parametrize(
    ("jpeg", "told"), [(b"\x89PNG\r\n", {}), (b"", {}), (PICTURE, {"uri": "x" * 70_000})]
)
def test_what_cannot_take_it_stays_as_it_is(jpeg: bytes, told: dict[str, object]) -> None:
    assert with_xmp(jpeg, "what", told) == jpeg
