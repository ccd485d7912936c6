"""A run is asked to end, from anywhere that sees its results; whoever works on it looks now and
then whether it is.

Asked is the holder of that moment, by its epoch: whoever takes up the run afterwards is not ended
by it, however late the asking arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.results.hold import Hold, newest_epoch
from lfr_batch.results.stored_run import StoredRun

LOOK_EVERY_S = 5.0


class Cancellation(BaseModel):
    """Who asked for it, and when."""

    model_config = ConfigDict(frozen=True)

    operator: str
    at: AwareDatetime


def ask_to_end(run: StoredRun, operator: str, now: datetime) -> None:
    """Whoever works on the run keeps what is done and stops. Raises StoreError."""
    asked = Cancellation(operator=operator, at=now)
    path = _path(run, newest_epoch(run))
    run.store.write_atomic(path, asked.model_dump_json().encode())


def asked_to_end(hold: Hold) -> Cancellation | None:
    """Whether this holder is. Raises StoreError."""
    try:
        found = hold.run.store.read(_path(hold.run, hold.epoch))
        return Cancellation.model_validate_json(found)
    except (FileNotFoundError, ValidationError):
        return None


def _path(run: StoredRun, epoch: str) -> str:
    return run.state("cancelled", f"{epoch}.json")


def now_and_then(
    look: Callable[[], bool],
    every_s: float = LOOK_EVERY_S,
    clock: Callable[[], float] = monotonic,
) -> Callable[[], bool]:
    """What ``look`` said last, looked at no more often than ``every_s``; once true it stays so."""
    looked_at, said = clock(), False

    def answer() -> bool:
        nonlocal looked_at, said
        if not said and clock() - looked_at >= every_s:
            looked_at, said = clock(), look()
        return said

    return answer
