"""The audit log of a home in a bucket, where no lines can be added to a file.

::

    audit/log/<number of its first line, 12 digits>.jsonl   the lines of one record
    audit/key                                               as of a home on disk, replaced each time
    audit.json                                              as of a home on disk

Two who write at once want the same number, and one of them gets it: the other looks again. Of a
bucket without conditional writes that does not hold: both are written, and verification names it.
Where the bucket keeps versions, the earlier keys are among them: let those of ``audit/key`` expire,
and lock the objects of the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lfr_batch.errors import AuditBroken
from lfr_batch.oversight.audit import Entry, Head, parsed_line, renewal_of
from lfr_batch.oversight.audit_facts import RENEWED
from lfr_batch.oversight.audit_key import (
    RENEW,
    HeldKey,
    key_in,
    named_in,
    new_key,
    note_of,
    record_of,
)
from lfr_batch.oversight.audit_line import FIRST, Line, lines_of
from lfr_batch.storage.store import Store

LOG, KEY, NOTE = "audit/log", "audit/key", "audit.json"
TRIES = 50


def record_in(
    store: Store, event: str, entries: Sequence[Entry], at: datetime | None = None
) -> Head | None:
    """As ``audit.record``. Raises StoreError, AuditBroken."""
    moment = (at or datetime.now(UTC)).isoformat()
    said = [{"at": moment, "event": event, **entry} for entry in entries]
    for _ in range(TRIES if said else 0):
        held = _key_for(store)
        lines = lines_of((held.n, held.sha256), said, held.signer, first=not held.signatures)
        data = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
        path = _path_of(held.n + 1)
        if store.write_new(path, data) or store.read(path) == data:
            head = held.after(lines[-1])
            store.write_atomic(KEY, record_of(head))
            return Head(head.n, head.sha256, head.first)
    if not said:
        return None
    raise AuditBroken(f"{where_of(store)} is written to by too many at once: try again")


def renew_in(store: Store, by: str, why: str) -> HeldKey:
    """As ``audit.renew_key``; nobody else may write meanwhile. Raises StoreError, AuditBroken."""
    last = (0, FIRST)
    for line in entries_in(store):
        last = (line["n"], line["sha256"])
    said = renewal_of(by, why, partial(key_of, store))
    held = new_key(*last)
    store.write_atomic(NOTE, note_of((*named_of(store), held.first)))
    store.write_atomic(KEY, record_of(held))
    record_in(store, RENEWED, [said])
    return held


def begin_in(store: Store) -> HeldKey:
    """As ``audit.begin``. Raises StoreError, AuditBroken."""
    held = _key_for(store)
    if held.first not in named_of(store):
        store.write_atomic(NOTE, note_of((*named_of(store), held.first)))
    return held


def entries_in(store: Store) -> Iterator[dict[str, Any]]:
    """Every line, oldest first. Raises AuditBroken, StoreError."""
    for path in store.list(LOG):
        for raw in store.read(path).splitlines(keepends=True):
            yield parsed_line(f"{store.uri}/{path}", "a line", raw)


def key_of(store: Store) -> HeldKey | None:
    """None where there is none. Raises AuditBroken, StoreError."""
    try:
        return key_in(store.read(KEY), f"{store.uri}/{KEY}")
    except FileNotFoundError:
        return None


def named_of(store: Store) -> tuple[str, ...]:
    """Raises AuditBroken, StoreError."""
    try:
        return named_in(store.read(NOTE), f"{store.uri}/{NOTE}")
    except FileNotFoundError:
        return ()


def where_of(store: Store) -> str:
    return f"{store.uri}/{LOG}"


def _key_for(store: Store) -> HeldKey:
    """What signs next, once what others have signed since the key was kept is followed."""
    held = key_of(store)
    if held is None:
        if named_of(store) or store.list(LOG):
            raise AuditBroken(f"{store.uri}/{KEY} is gone, which had signed the log: {RENEW}")
        store.write_new(KEY, record_of(new_key(0, FIRST)))
        held = key_of(store)
        assert held is not None
    if not held.signatures:
        store.write_new(NOTE, note_of((held.first,)))
    while (last := _record_at(store, held.n + 1)) is not None:
        if not held.has_signed(last):
            raise AuditBroken(f"{store.uri}/{KEY} is not the key of the log: {RENEW}")
        held = held.after(last)
    return held


def _record_at(store: Store, number: int) -> Line | None:
    """The last line of the record that begins with that line."""
    path = _path_of(number)
    try:
        raw = store.read(path).splitlines(keepends=True)[-1]
    except FileNotFoundError:
        return None
    except IndexError:
        raw = b""
    return parsed_line(f"{store.uri}/{path}", "its last line", raw)


def _path_of(number: int) -> str:
    return f"{LOG}/{number:012d}.jsonl"
