"""The ledger: receipts of segments, appended in blocks that are whole or not there.

Small blocks are merged into larger ones as they become many, so that a run of months leaves
hundreds of files and not a million. The merged block is written before those it replaces are
removed; a receipt that is there twice counts once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from lfr_batch.errors import StoreUnreachable
from lfr_batch.records import SegmentOutcome
from lfr_batch.results import layout
from lfr_batch.results.damage import search_again
from lfr_batch.results.parts import iterate_part, merge_parts, write_part
from lfr_batch.results.progress import RunProgress, pending, summarise
from lfr_batch.results.rows import outcome_of, row_of
from lfr_batch.results.run_log import DONE, latest_row
from lfr_batch.results.schemas import LEDGER
from lfr_batch.results.shards import list_shards
from lfr_batch.results.store import Store

__all__ = ["RunProgress", "append_outcomes", "pending", "read_outcomes", "summarise"]

FAN = 32
"""Blocks of one level that become one of the next."""
LEVELS = 2
"""Of merging: a block of the last is FAN × FAN as long as one that was appended."""

_READ_TRIES = 5
_BLOCK = re.compile(r"block-(\d+)-(?:(\d)-)?[0-9a-f]{8}\.parquet")


@dataclass(frozen=True, order=True, slots=True)
class _Block:
    number: int
    path: str
    level: int


def append_outcomes(store: Store, run_id: str, outcomes: Sequence[SegmentOutcome]) -> None:
    """One block of receipts. Call from the process that holds the run's lock."""
    if not outcomes:
        return
    blocks = _blocks(store, run_id)
    block = _next_block(run_id, blocks, level=0)
    write_part(store, block.path, map(row_of, outcomes), LEDGER)
    blocks.append(block)
    for level in range(LEVELS):
        blocks = _merge_level(store, run_id, blocks, level)


def read_outcomes(store: Store, run_id: str) -> dict[str, SegmentOutcome]:
    """The receipt of each segment: its highest attempt, the later block where two are equal.

    A receipt of sightings whose shard is gone does not count, so the segment is searched again;
    a complete run's sightings are published and need no shards.

    Raises ResultsError for a damaged block.
    """
    latest = _latest_receipts(store, run_id)
    # In this order: a run is recorded as complete before its shards are removed.
    shards, run = list_shards(store, run_id), latest_row(store, run_id)
    if run is not None and run["status"] in DONE:
        return latest
    return {s: o for s, o in latest.items() if s in shards or not o.sightings}


def _latest_receipts(store: Store, run_id: str) -> dict[str, SegmentOutcome]:
    """Reads anew where a block was merged into another between listing and reading."""
    for _ in range(_READ_TRIES):
        try:
            return _read_blocks(store, _blocks(store, run_id))
        except FileNotFoundError:
            continue
    raise StoreUnreachable(
        f"the ledger of run {run_id} in {store.uri} changes faster than it is read; try again"
    )


def _read_blocks(store: Store, blocks: Sequence[_Block]) -> dict[str, SegmentOutcome]:
    latest: dict[str, SegmentOutcome] = {}
    for block in blocks:
        for row in iterate_part(store, block.path, search_again(block.path)):
            outcome = outcome_of(row)
            known = latest.get(outcome.segment_id)
            if known is None or outcome.attempt >= known.attempt:
                latest[outcome.segment_id] = outcome
    return latest


def _merge_level(store: Store, run_id: str, blocks: list[_Block], level: int) -> list[_Block]:
    """The blocks after those of a level have become one of the next, if there are enough.

    The new block is the last by number, and the old go in order of number: whatever a kill leaves
    of them is read before it and says nothing that it does not say.
    """
    small = [block for block in blocks if block.level == level]
    if len(small) < FAN:
        return blocks
    whole = _next_block(run_id, blocks, level + 1)
    paths = [block.path for block in small]
    merge_parts(store, paths, whole.path, LEDGER, search_again(whole.path))
    for path in paths:
        store.delete(path)
    return [*(block for block in blocks if block.level != level), whole]


def _next_block(run_id: str, blocks: Sequence[_Block], level: int) -> _Block:
    number = 1 + max((block.number for block in blocks), default=-1)
    merged = f"{level}-" if level else ""
    name = f"block-{number:06d}-{merged}{uuid.uuid4().hex[:8]}.parquet"
    return _Block(number, layout.state(run_id, "ledger", name), level)


def _blocks(store: Store, run_id: str) -> list[_Block]:
    """In order of number, which is the order in which they were written."""
    paths = store.list(layout.state(run_id, "ledger"))
    found = ((path, _BLOCK.fullmatch(path.rsplit("/", 1)[-1])) for path in paths)
    return sorted(_Block(int(m[1]), path, int(m[2] or 0)) for path, m in found if m)
