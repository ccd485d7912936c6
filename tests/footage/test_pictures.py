from __future__ import annotations

import pytest

from lfr_batch.footage.pictures import picture_format

from .made_stills import QUARTERS, SEVERAL, jpeg, numbered, saved


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (jpeg(), "jpeg"),
        (saved("PNG", [QUARTERS]), "png"),
        (SEVERAL["apng"](numbered(2)), "apng"),
        (saved("WEBP", [QUARTERS]), "webp"),
        (SEVERAL["webp"](numbered(2)), "awebp"),
        (saved("GIF", [QUARTERS]), "gif"),
        (saved("BMP", [QUARTERS]), "bmp"),
        (saved("TIFF", [QUARTERS]), "tiff"),
        (saved("TIFF", [QUARTERS], big_tiff=True), "tiff"),
        (saved("JPEG2000", [QUARTERS]), "jp2"),
        (saved("AVIF", [QUARTERS]), "avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heif"),
        (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc", None),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", None),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (b"", None),
    ],
)
def test_the_format_by_the_first_bytes(head: bytes, name: str | None) -> None:
    assert picture_format(head[:65536]) == name
