"""Ending a run that is worked on elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime

from lfr_batch.errors import UsageError
from lfr_batch.front.settings import Settings
from lfr_batch.results.cancel import ask_to_end
from lfr_batch.results.lock import is_locked
from lfr_batch.results.run_state import WITHOUT_FOOTAGE, load_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.which_run import which_run


def cancel_run(said: str, operator: str, settings: Settings) -> str:
    """Whoever works on the run keeps what is done, and stops within a segment's time.

    ``said`` is as ``which_run`` takes it; the run's id comes back.
    Raises RunNotFound, StoreError, and UsageError where nobody works on it or it is a deployment.
    """
    store = open_store(*settings.results_place())
    run_id = which_run(store, said)
    run = StoredRun(store, run_id)
    kind = load_run(run).kind
    if kind in WITHOUT_FOOTAGE:
        raise UsageError(f"{run_id} is {WITHOUT_FOOTAGE[kind]}: end it where it runs, with Ctrl-C.")
    if not is_locked(run):
        raise UsageError(
            f"Nobody works on run {run_id}: there is nothing to cancel; `lfr status {run_id}` says "
            "how it stands."
        )
    ask_to_end(run, operator, datetime.now(UTC))
    return run_id
