"""The ledger: receipts of segments, appended in blocks that are whole or not there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from lfr_batch.records import SegmentOutcome
from lfr_batch.results import layout
from lfr_batch.results.damage import search_again
from lfr_batch.results.parts import read_part, write_part
from lfr_batch.results.progress import RunProgress, pending, summarise
from lfr_batch.results.rows import outcome_of, row_of
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.schemas import LEDGER
from lfr_batch.results.shards import list_shards
from lfr_batch.results.store import Store

__all__ = ["RunProgress", "append_outcomes", "pending", "read_outcomes", "summarise"]


def append_outcomes(store: Store, run_id: str, outcomes: Sequence[SegmentOutcome]) -> None:
    """One block of receipts. Call from the process that holds the run's lock."""
    if not outcomes:
        return
    number = len(_blocks(store, run_id))
    name = f"block-{number:06d}-{uuid.uuid4().hex[:8]}.parquet"
    write_part(store, layout.state(run_id, "ledger", name), [row_of(o) for o in outcomes], LEDGER)


def read_outcomes(store: Store, run_id: str) -> dict[str, SegmentOutcome]:
    """The receipt of each segment: its highest attempt, the later block where two are equal.

    A receipt of sightings whose shard is gone does not count, so the segment is searched again;
    a complete run's sightings are published and need no shards.

    Raises ResultsError for a damaged block.
    """
    latest = _latest_receipts(store, run_id)
    # In this order: a run is recorded as complete before its shards are removed.
    shards, run = list_shards(store, run_id), latest_row(store, run_id)
    if run is not None and run["status"] == "complete":
        return latest
    return {s: o for s, o in latest.items() if s in shards or not o.sightings}


def _latest_receipts(store: Store, run_id: str) -> dict[str, SegmentOutcome]:
    latest: dict[str, SegmentOutcome] = {}
    for block in _blocks(store, run_id):
        for outcome in map(outcome_of, read_part(store, block, search_again(block))):
            known = latest.get(outcome.segment_id)
            if known is None or outcome.attempt >= known.attempt:
                latest[outcome.segment_id] = outcome
    return latest


def _blocks(store: Store, run_id: str) -> tuple[str, ...]:
    return store.list(layout.state(run_id, "ledger"))
