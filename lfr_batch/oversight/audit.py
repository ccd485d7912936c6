"""The audit log, ``HOME/audit/audit.jsonl``: lines are only added, each bound to the one before.

``audit_line`` says what a line is. The last line of each record is signed, by a key that is
destroyed then (``audit_key``): whoever takes the disk afterwards can neither write anew what was
signed, nor cut off its end, without being found out by ``verify``. It does not hold against who has
the machine while it runs, and may copy the key before it signs; nor against somebody who replaces
the log, its key, its note and everything that names a line of it, by others of one piece: note the
fingerprint of the first key, and now and then the last sha256, where they cannot reach it.

Lines of before a key was there, of an older version, are bound by their sha256 alone. It holds
identifiers, never anything biometric. A last line without its end is of a process that was killed
while it wrote, and counts as not written.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import FileIO
from itertools import takewhile
from pathlib import Path
from typing import Any

from lfr_batch.errors import AuditBroken
from lfr_batch.oversight.audit_facts import RENEWED
from lfr_batch.oversight.audit_key import (
    RENEW,
    HeldKey,
    install_key,
    key_file,
    new_key,
    note_key,
    noted_keys,
    read_key,
    replace_key,
)
from lfr_batch.oversight.audit_line import FIRST, lines_of
from lfr_batch.oversight.signatures import grouped
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.lines import append, open_lines
from lfr_batch.storage.locks import exclusive

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 16

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """A line, by its number and its sha256."""

    n: int
    sha256: str
    key: str
    """Fingerprint of the log's first key."""


def audit_log(home: Path) -> Path:
    return home / "audit" / "audit.jsonl"


def record(
    home: Path, event: str, entries: Sequence[Entry], at: datetime | None = None
) -> Head | None:
    """Add one line for each of ``entries``, synced together; the last of them, None of none.

    Raises StoreFull and StoreError, and then nothing was added; AuditBroken where the log does not
    end as its key says, or its last line cannot be understood.
    """
    if not entries:
        return None
    with _writing(home) as file:
        last = _last(audit_log(home), file)
        return _add(home, file, last, _key_for(home, last), event, entries, at)


def renew_key(home: Path, by: str, why: str) -> HeldKey:
    """Go on with another key, where the one before is lost, or does not fit the log any more.

    Every verification names it from then on. Raises StoreError, and AuditBroken if the last line
    cannot be understood.
    """
    with _writing(home) as file:
        last = _last(audit_log(home), file)
        said = renewal_of(by, why, partial(read_key, home))
        held = new_key(*_place_of(last))
        install_key(home, held)
        _add(home, file, last, held, RENEWED, [said], None)
        return held


def renewal_of(by: str, why: str, key: Callable[[], HeldKey | None]) -> Entry:
    """``key``: the one before, which may be damaged."""
    before = None
    with suppress(AuditBroken):
        before = key()
    last = {"n": before.n, "sha256": before.sha256} if before else None
    return {"by": by, "why": why, "signed_before": last}


def begin(home: Path) -> HeldKey:
    """The key, which is made where there is none yet. Raises as ``record``."""
    with _writing(home) as file:
        held = _key_for(home, _last(audit_log(home), file))
        note_key(home, held)
        return held


def latest(home: Path) -> Head | None:
    """The line that was signed last; None where none is. Raises AuditBroken."""
    held = read_key(home)
    return Head(held.n, held.sha256, held.first) if held and held.signatures else None


def entries(home: Path) -> Iterator[dict[str, Any]]:
    """Every line, oldest first; none where there is no log. Raises AuditBroken."""
    path = audit_log(home)
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, raw in enumerate(takewhile(_is_whole, file), 1):
            yield parsed_line(path, f"line {number}", raw)


def shortened(left: int, *, is_there: bool) -> str:
    """What is said of a log that ends too early."""
    if not is_there:
        return "is gone"
    return f"was cut: it ends with line {left}" if left else "was emptied"


def said_by(held: HeldKey) -> str:
    return f"its key has signed line {held.n}"


@contextmanager
def _writing(home: Path) -> Iterator[FileIO]:
    """The log, which nobody else writes to."""
    path = audit_log(home)
    with disk_errors(path), exclusive(path.with_name("LOCK")), open_lines(path) as file:
        yield file


def _add(
    home: Path,
    file: FileIO,
    last: Entry | None,
    held: HeldKey,
    event: str,
    entries: Sequence[Entry],
    at: datetime | None,
) -> Head:
    moment = (at or datetime.now(UTC)).isoformat()
    said = [{"at": moment, "event": event, **entry} for entry in entries]
    lines = lines_of(_place_of(last), said, held.signer, first=not held.signatures)
    append(file, b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines))
    head = held.after(lines[-1])
    try:
        replace_key(home, head)
    except OSError as error:  # the next one to write does it, before anything else
        logger.warning("the key of the audit log could not be replaced: %s", error)
    return Head(head.n, head.sha256, head.first)


def _key_for(home: Path, last: Entry | None) -> HeldKey:
    """The key that signs next. Raises AuditBroken where the log does not end as it says."""
    path, held = audit_log(home), read_key(home)
    number, sha256 = _place_of(last)
    if held is None:
        if noted_keys(home) or (last is not None and "signature" in last):
            raise AuditBroken(f"{key_file(home)} is gone, which had signed {path}: {RENEW}")
        return _first_key(home, number, sha256)
    if last is not None and held.has_signed(last):
        held = held.after(last)
        replace_key(home, held)
    if not held.signatures:
        note_key(home, held)
    elif number < held.n:
        raise AuditBroken(
            f"{path} {shortened(number, is_there=True)}, and {said_by(held)}; {RENEW}"
        )
    elif number > held.n and last is not None and "signature" in last:
        raise AuditBroken(f"{key_file(home)} is not the key of {path}: {RENEW}")
    elif number == held.n and sha256 != held.sha256:
        raise AuditBroken(f"{path} was altered: {said_by(held)}, and that was another; {RENEW}")
    return held


def _first_key(home: Path, number: int, sha256: str) -> HeldKey:
    held = new_key(number, sha256)
    install_key(home, held)
    logger.warning(
        "the audit log %s is signed from now on: note the fingerprint of its key elsewhere, %s",
        audit_log(home),
        grouped(held.first),
    )
    return held


def _place_of(last: Entry | None) -> tuple[int, str]:
    return (last["n"], last["sha256"]) if last else (0, FIRST)


def _is_whole(raw: bytes) -> bool:
    return raw.endswith(b"\n")


def parsed_line(path: Path | str, which: str, raw: bytes) -> dict[str, Any]:
    """Raises AuditBroken."""
    try:
        line = json.loads(raw)
    except ValueError:
        line = None
    if isinstance(line, dict) and isinstance(line.get("n"), int) and "sha256" in line:
        return line
    raise AuditBroken(f"{path} was altered: {which} cannot be read; restore it from a copy")


def _last(path: Path, file: FileIO) -> dict[str, Any] | None:
    """The last whole line; what follows it is cut off."""
    data, size = b"", path.stat().st_size
    start = size
    with path.open("rb") as log:
        while start and data.count(b"\n") < 2:
            start = max(start - _CHUNK_BYTES, 0)
            log.seek(start)
            data = log.read(size - start)
    whole = data[: data.rfind(b"\n") + 1]
    os.ftruncate(file.fileno(), size - len(data) + len(whole))
    return parsed_line(path, "its last line", whole.splitlines()[-1]) if whole else None
