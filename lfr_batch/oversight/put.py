"""Onto the record of a home, wherever that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_bucket import (
    begin_in,
    entries_in,
    key_of,
    record_in,
    renew_in,
    where_of,
)
from lfr_batch.oversight.audit_chain import Chain
from lfr_batch.oversight.audit_key import HeldKey
from lfr_batch.oversight.audit_verify import verify, verify_in
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings


def put(
    home: Home, s3: S3Settings, event: str, said: audit.Entry, at: datetime | None = None
) -> audit.Head:
    """One line, signed. Raises StoreError, AuditBroken."""
    if isinstance(home, Path):
        head = audit.record(home, event, [said], at)
    else:
        head = record_in(S3Store(home, s3), event, [said], at)
    assert head is not None
    return head


def latest_of(home: Home, s3: S3Settings) -> audit.Head | None:
    """The line that was signed last; None where none is. Raises StoreError, AuditBroken."""
    if isinstance(home, Path):
        return audit.latest(home)
    held = key_of(S3Store(home, s3))
    return audit.Head(held.n, held.sha256, held.first) if held and held.signatures else None


def begin_record(home: Home, s3: S3Settings) -> HeldKey:
    """The key, which is made where there is none yet. Raises StoreError, AuditBroken."""
    return audit.begin(home) if isinstance(home, Path) else begin_in(S3Store(home, s3))


def renew_key_of(home: Home, s3: S3Settings, by: str, why: str) -> HeldKey:
    """See ``audit.renew_key``. Raises StoreError, AuditBroken."""
    if isinstance(home, Path):
        return audit.renew_key(home, by, why)
    return renew_in(S3Store(home, s3), by, why)


def lines_on_record(home: Home, s3: S3Settings) -> Iterator[dict[str, Any]]:
    """Oldest first. Raises StoreError, AuditBroken."""
    return audit.entries(home) if isinstance(home, Path) else entries_in(S3Store(home, s3))


def verify_record(home: Home, s3: S3Settings, noted: str | None, keys: Sequence[str]) -> Chain:
    """Raises StoreError, AuditBroken."""
    if isinstance(home, Path):
        return verify(home, noted, keys)
    return verify_in(S3Store(home, s3), noted, keys)


def where_is(home: Home, s3: S3Settings) -> str:
    return str(audit.audit_log(home)) if isinstance(home, Path) else where_of(S3Store(home, s3))
