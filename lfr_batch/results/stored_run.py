"""A run in a store: what everything about a run is asked of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lfr_batch.results import layout
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store

HASTE_S = 5.0


@dataclass(frozen=True, slots=True)
class StoredRun:
    """It need not be there: ``run_state.load_run`` says whether it is. Picklable."""

    store: Store
    run_id: str

    def state(self, *rest: str) -> str:
        """The path of the run's own state, or of something in it."""
        return layout.state(self.run_id, *rest)

    def directory(self, dataset: str) -> str:
        """Where the run's parts of a published dataset lie."""
        return layout.run_directory(dataset, self.run_id)


def in_haste(run: StoredRun, patience_s: float = HASTE_S) -> StoredRun:
    """The same run, for what is not worth waiting for where a bucket does not answer."""
    if not isinstance(run.store, S3Store):
        return run
    return replace(run, store=replace(run.store, patience_s=patience_s))
