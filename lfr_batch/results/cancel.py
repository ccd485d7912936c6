"""A run is asked to end, from anywhere that sees its results; whoever works on it looks now and
then whether it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.results.hold import Hold
from lfr_batch.results.stored_run import StoredRun

LOOK_EVERY_S = 5.0
_FILE = "cancel.json"


class Cancellation(BaseModel):
    """Who asked for it, and when."""

    model_config = ConfigDict(frozen=True)

    operator: str
    at: AwareDatetime


def ask_to_end(run: StoredRun, operator: str, now: datetime) -> None:
    """Whoever works on the run finishes what is in hand and stops. Raises StoreError."""
    asked = Cancellation(operator=operator, at=now)
    run.store.write_atomic(run.state(_FILE), asked.model_dump_json().encode())


def asked_to_end(run: StoredRun) -> Cancellation | None:
    """Raises StoreError."""
    try:
        return Cancellation.model_validate_json(run.store.read(run.state(_FILE)))
    except (FileNotFoundError, ValidationError):
        return None


def begin_anew(hold: Hold) -> None:
    """Whoever takes up a run is not ended by what was asked of those before."""
    if asked_to_end(hold.run):
        hold.run.store.delete(hold.run.state(_FILE))


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
