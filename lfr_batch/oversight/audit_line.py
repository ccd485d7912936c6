"""A line of the audit log: how it is bound to the one before, and signed. Pure.

A line is a JSON object: its number ``n``, ``at`` (UTC), ``event``, what that has to say, and
``previous`` (the sha256 of the line before, zeros for the first). A line that is signed has also
``next_key`` (the public key of the next signature), ``key`` (its own public key, where no line
before says it) and ``signature`` (Ed25519, of all of that). Of lines that are written together the
last is signed, and the others name it: ``signed_in``. Last comes ``sha256`` of everything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from lfr_batch.oversight.signatures import Signer, is_signed

FIRST = "0" * 64
_OUTSIDE = frozenset({"sha256"})
_NOT_SIGNED = frozenset({"sha256", "signature"})

Line = Mapping[str, Any]


def bound(said: Line, previous: str, signed_in: int) -> dict[str, Any]:
    """A line that is not signed itself."""
    return _bound({**said, "signed_in": signed_in}, previous)


def _bound(said: Line, previous: str) -> dict[str, Any]:
    line = {**said, "previous": previous}
    return {**line, "sha256": _sha256(line)}


def signed(said: Line, previous: str, signer: Signer, *, first: bool) -> dict[str, Any]:
    """``first``: no line before says its key."""
    own = {"key": signer.public} if first else {}
    line = {**said, **own, "next_key": signer.next().public}
    signature = signer.sign(_canonical({**line, "previous": previous}))
    return _bound({**line, "signature": signature}, previous)


def lines_of(
    last: tuple[int, str], said: Sequence[Line], signer: Signer, *, first: bool
) -> list[dict[str, Any]]:
    """A record after the line of that number and sha256: its last line is signed."""
    (number, previous), lines = last, list[dict[str, Any]]()
    for each, entry in enumerate(said, number + 1):
        numbered = {"n": each, **entry}
        if each < number + len(said):
            line = bound(numbered, previous, number + len(said))
        else:
            line = signed(numbered, previous, signer, first=first)
        previous = line["sha256"]
        lines.append(line)
    return lines


def is_as_written(line: Line, number: int, previous: str) -> bool:
    """Whether it has its number, follows ``previous`` and hashes to what it says."""
    said = {key: value for key, value in line.items() if key not in _OUTSIDE}
    follows = line.get("n") == number and line.get("previous") == previous
    return follows and line["sha256"] == _sha256(said)


def is_signed_by(line: Line, public: object) -> bool:
    said = {key: value for key, value in line.items() if key not in _NOT_SIGNED}
    return is_signed(_canonical(said), line.get("signature"), public)


def _sha256(line: Line) -> str:
    return hashlib.sha256(_canonical(line)).hexdigest()


def _canonical(line: Line) -> bytes:
    return json.dumps(line, sort_keys=True, ensure_ascii=False).encode()
