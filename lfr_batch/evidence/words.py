"""What a pack says of itself in plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from types import MappingProxyType
from typing import Any, Literal

NO_IDENTIFICATION = (
    "What is in here was proposed by a computer from likeness alone. It is no identification: a "
    "person decides, and says why."
)
MembersOf = Literal["sightings", "sealed", "hidden", "certificate"]
MEANING = (
    "No face in what was searched reached the threshold for anybody of the gallery. That does not "
    "mean that none of these people was there: a face may have been turned away, covered, too "
    "small, too dark or blurred; a search misses some of the faces that are there; what is listed "
    "as not searched was not searched; and nobody is looked for who is not in the gallery."
)
_ALWAYS = """\
README.txt                       this text
manifest.json                    sha256 and size of every other file, and of what is sealed
manifest.sig                     the signature (Ed25519) of manifest.json and proof.json
proof.json                       signed lines of the audit log: the run began, this was made
verify.py                        says whether all of this is as it was made
run.json                         case, authority, times, threshold, settings, models, gallery
footage.json                     each file, its sha256 then and now, its receipts
"""
_MEMBERS: Mapping[MembersOf, str] = MappingProxyType(
    {
        "sightings": """\
segments.json                    how the footage was cut, so that the search can be repeated
sightings/ID/sighting.json       the sighting, all candidates with scores, all reviews
sightings/ID/crop.jpg            the evidence picture; other faces in it were made unrecognisable
sightings/ID/shot-N.jpg          further shots of the track, from 2; other faces likewise
sightings/ID/aligned-*.png       the face as it is compared, from the untouched frame
sightings/ID/frame.json          which frame it is, its sha256 and time, what became of the clip
sightings/ID/enrolled-N.jpg      the picture of candidate N in the gallery
sightings/ID/board.pdf           both pictures side by side, components, candidates, provenance
""",
        "sealed": """\
sealed.age                       untouched frames and clips, which show other people: encrypted
""",
        "hidden": """\
sightings/ID/frame.png           the whole frame, everyone else made unrecognisable
sightings/ID/clip.webm           the moment, everyone else made unrecognisable
""",
        "certificate": """\
certificate.pdf                  what was searched and what was not, and what that does not mean
certificate.json                 the same with every file
""",
    }
)
_VERIFY = """\
To verify it, on any computer with Python 3.8 or later, without a network:

    python3 -I verify.py {name} --key FINGERPRINT

FINGERPRINT is that of the key which signs evidence packs. Get it from the force in another way than
with this pack (`lfr evidence-key` shows it there). Take verify.py from somewhere you trust, too:
one that comes with a forged pack would say what its forger likes.
"""
_OPEN = """\
To open what is sealed, whoever has the private key of {names}:

    unzip {name} sealed.age
    age -d -i KEY.txt sealed.age > sealed.zip      (https://age-encryption.org)
    unzip sealed.zip -d opened
    python3 -I verify.py {name} --opened opened
"""
_RERUN = """\
To repeat the search where the product, the models and the footage are: lfr rerun {name}
"""


def readme(
    head: Mapping[str, Any], to: Sequence[str], lacks: Sequence[str], members: Sequence[MembersOf]
) -> str:
    """The member ``README.txt``. ``head``: what it is, in words, by what that is."""
    name = "pack.zip"
    said = "\n".join(f"{key:<12} {value}" for key, value in head.items() if key != "what")
    meaning = MEANING if "certificate" in members else NO_IDENTIFICATION
    parts = [f"{head['what']}\n\n{said}\n", fill(meaning, 100) + "\n"]
    if lacks:
        parts.append("What it lacks:\n\n" + "\n".join(f"- {each}" for each in lacks) + "\n")
    listed = _ALWAYS + "".join(_MEMBERS[each] for each in members)
    parts.append("What is in it:\n\n" + listed)
    parts.append(_VERIFY.format(name=name))
    if to:
        parts.append(_OPEN.format(name=name, names=" or ".join(to)))
    if "sightings" in members:
        parts.append(_RERUN.format(name=name))
    return "\n".join(parts)
