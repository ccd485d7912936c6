"""A run in a store: what everything about a run is asked of."""

from __future__ import annotations

from dataclasses import dataclass

from lfr_batch.results import layout
from lfr_batch.storage.store import Store


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
