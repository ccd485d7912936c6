"""What the operator of a run was told while it ran, for those who look at it from elsewhere: it
waits for a bucket, a machine is left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from lfr_batch.results.hold import Hold, newest_epoch
from lfr_batch.results.stored_run import StoredRun

MOST = 50
"""Kept of one holder, the newest."""


class Notice(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    sentence: str


_NOTICES = TypeAdapter(tuple[Notice, ...])


def noticed(before: Sequence[Notice], sentence: str, now: datetime) -> tuple[Notice, ...]:
    """With one more; the same as the last is none."""
    if before and before[-1].sentence == sentence:
        return tuple(before)
    return (*before, Notice(at=now, sentence=sentence))[-MOST:]


def write_notices(hold: Hold, notices: Sequence[Notice]) -> None:
    """Under this holder's own name. Raises StoreError."""
    path = _path(hold.run, hold.epoch)
    hold.run.store.write_atomic(path, _NOTICES.dump_json(tuple(notices), indent=1))


def read_notices(run: StoredRun) -> tuple[Notice, ...]:
    """Of the newest holder, oldest first. Raises StoreError."""
    try:
        return _NOTICES.validate_json(run.store.read(_path(run, newest_epoch(run))))
    except (FileNotFoundError, ValidationError):
        return ()


def _path(run: StoredRun, epoch: str) -> str:
    return run.state("notices", f"{epoch}.json")
