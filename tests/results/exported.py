"""A lake to export from."""

from __future__ import annotations

from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import Lake
from lfr_batch.storage.store import Store

from .runs_asked import EARLIER, LATER, publish
from .synthetic import RUN_ID

OTHER_CASE = "OP-OTHER"


def three_runs(store: Store) -> Lake:
    """Two of one case, one of another."""
    publish(store, EARLIER)
    publish(store, LATER, day=1)
    publish(store, RUN_ID, day=2, case_ref=OTHER_CASE)
    return open_lake(store.uri)
