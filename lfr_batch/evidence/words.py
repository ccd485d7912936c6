"""What a pack says of itself in plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NO_IDENTIFICATION = (
    "What is in here was proposed by a computer from likeness alone. It is no identification: a "
    "person decides, and says why."
)
_MEMBERS = """\
README.txt                       this text
manifest.json                    sha256 and size of every other file, and of what is sealed
manifest.sig                     the signature (Ed25519) of manifest.json and proof.json
proof.json                       signed lines of the audit log: the run began, this was made
verify.py                        says whether all of this is as it was made
run.json                         case, authority, times, threshold, settings, models, gallery
footage.json                     each file: its sha256 then and now, what its container says
sightings/ID/sighting.json       the sighting, all candidates with scores, all reviews
sightings/ID/crop.jpg            the evidence picture; other faces in it were made unrecognisable
sightings/ID/aligned-*.png       the face as it is compared, from the untouched frame
sightings/ID/enrolled-N.jpg      the picture of candidate N in the gallery
sightings/ID/board.pdf           both pictures side by side, components, candidates, provenance
"""
_SEALED = """\
sealed.age                       untouched frames and clips, which show other people: encrypted
"""
_HIDDEN = """\
sightings/ID/frame.png           the whole frame, everyone else made unrecognisable
sightings/ID/clip.mp4            the moment, everyone else made unrecognisable
"""
_VERIFY = """\
To verify it, on any computer with Python 3.8 or later, without a network:

    python3 -I verify.py {name} --key FINGERPRINT

FINGERPRINT is that of the key which signs evidence packs. Get it from the force in another way than
with this pack (`lfr evidence-key` shows it there). Take verify.py from somewhere you trust, too:
one that comes with a forged pack would say what its forger likes.
"""
_OPEN = """\
To open what is sealed, whoever has the private key of {names}:

    age -d -i KEY.txt sealed.age > sealed.zip      (https://age-encryption.org)
    unzip sealed.zip -d opened
    python3 -I verify.py {name} --opened opened
"""
_RERUN = """\
To repeat the search where the product, the models and the footage are: lfr rerun {name}
"""


def readme(
    head: Mapping[str, Any], to: Sequence[str], lacks: Sequence[str], *, redact: bool
) -> str:
    """The member ``README.txt``. ``head``: what it is, in words, by what that is."""
    name = "pack.zip"
    said = "\n".join(f"{key:<12} {value}" for key, value in head.items() if key != "what")
    parts = [f"{head['what']}\n\n{said}\n", NO_IDENTIFICATION + "\n"]
    if lacks:
        parts.append("What it lacks:\n\n" + "\n".join(f"- {each}" for each in lacks) + "\n")
    parts.append("What is in it:\n\n" + _MEMBERS + (_SEALED if to else "") + _hidden(redact))
    parts.append(_VERIFY.format(name=name))
    if to:
        parts.append(_OPEN.format(name=name, names=" or ".join(to)))
    parts.append(_RERUN.format(name=name))
    return "\n".join(parts)


def _hidden(redact: bool) -> str:
    return _HIDDEN if redact else ""
