"""The audit log, ``HOME/audit/audit.jsonl``: lines are only added, each bound to the one before.

A line is a JSON object with its number ``n``, ``at`` (UTC), ``event`` and what that has to say,
``previous`` (the sha256 of the line before, zeros for the first) and ``sha256`` of all of that.
Whoever alters, inserts or removes a line must write all later ones anew: note the last sha256
(``lfr audit verify`` prints it) where they cannot reach it, and give it to the next verification.

It holds identifiers, never anything biometric. A last line without its end is of a process that
was killed while it wrote, and counts as not written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from itertools import takewhile
from pathlib import Path
from typing import Any

from lfr_batch.errors import AuditBroken
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.lines import append, open_lines
from lfr_batch.storage.locks import exclusive

FIRST = "0" * 64
_CHUNK_BYTES = 1 << 16

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    entries: int
    head: str
    """sha256 of the last line."""


def audit_log(home: Path) -> Path:
    return home / "audit" / "audit.jsonl"


def record(home: Path, event: str, entries: Sequence[Entry], at: datetime | None = None) -> None:
    """Add one line for each of ``entries``, synced together.

    Raises StoreFull and StoreError, and then nothing was added; AuditBroken if the last line
    cannot be understood.
    """
    path, moment = audit_log(home), (at or datetime.now(UTC)).isoformat()
    with disk_errors(path), exclusive(path.with_name("LOCK")), open_lines(path) as file:
        number, previous = _last(path, file)
        lines = []
        for number_, entry in enumerate(entries, number + 1):
            line = _line({"n": number_, "at": moment, "event": event, **entry}, previous)
            previous = line["sha256"]
            lines.append(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        append(file, b"".join(lines))


def entries(home: Path) -> Iterator[dict[str, Any]]:
    """Every line, oldest first; none where there is no log. Raises AuditBroken."""
    path = audit_log(home)
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, raw in enumerate(takewhile(_is_whole, file), 1):
            yield _parsed(path, f"line {number}", raw)


def verify(home: Path, noted: str | None = None) -> Chain:
    """Follow the chain from its first line. ``noted``: a sha256 that must be of one of its lines.

    Raises AuditBroken naming the first line that is not as it was written.
    """
    path, previous, number, seen = audit_log(home), FIRST, 0, noted is None
    for number, line in enumerate(entries(home), 1):
        said = {key: value for key, value in line.items() if key not in {"previous", "sha256"}}
        if line != _line(said, previous) or line.get("n") != number:
            raise AuditBroken(
                f"{path} was altered: line {number} is not as it was written; restore the log from "
                "a copy and find out who had access"
            )
        previous = line["sha256"]
        seen = seen or previous == noted
    if not seen:
        raise AuditBroken(
            f"{path} was altered: none of its {number} lines has the sha256 that was noted; "
            "restore the log from a copy and find out who had access"
        )
    return Chain(number, previous)


def _line(said: Entry, previous: str) -> dict[str, Any]:
    bound = {**said, "previous": previous}
    text = json.dumps(bound, sort_keys=True, ensure_ascii=False)
    return {**bound, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _is_whole(raw: bytes) -> bool:
    return raw.endswith(b"\n")


def _parsed(path: Path, which: str, raw: bytes) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except ValueError:
        line = None
    if isinstance(line, dict) and isinstance(line.get("n"), int) and "sha256" in line:
        return line
    raise AuditBroken(f"{path} was altered: {which} cannot be read; restore it from a copy")


def _last(path: Path, file: FileIO) -> tuple[int, str]:
    """Number and sha256 of the last whole line; what follows it is cut off."""
    data, size = b"", path.stat().st_size
    start = size
    with path.open("rb") as log:
        while start and data.count(b"\n") < 2:
            start = max(start - _CHUNK_BYTES, 0)
            log.seek(start)
            data = log.read(size - start)
    whole = data[: data.rfind(b"\n") + 1]
    os.ftruncate(file.fileno(), size - len(data) + len(whole))
    if not whole:
        return 0, FIRST
    line = _parsed(path, "its last line", whole.splitlines()[-1])
    return line["n"], line["sha256"]
