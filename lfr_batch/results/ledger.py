"""The ledger: receipts of segments, appended in blocks that are whole or not there.

Every holder of a run has a ledger of its own, which begins with what it takes over from the one
before; the ledger of the newest is the run's, and what an older holder still appends is not read.

Small blocks are merged into larger ones as they become many, so that a run of months leaves
hundreds of files and not a million. The merged block is written before those it replaces are
removed; a receipt that is there twice counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lfr_batch.errors import StoreUnreachable
from lfr_batch.records import SegmentOutcome
from lfr_batch.results import layout
from lfr_batch.results.damage import search_again
from lfr_batch.results.hold import Hold, require_hold
from lfr_batch.results.parts import iterate_part, merge_parts, write_part
from lfr_batch.results.progress import RunProgress, pending, summarise
from lfr_batch.results.rows import outcome_of, row_of
from lfr_batch.results.run_log import DONE, latest_row
from lfr_batch.results.shards import list_shards, shard_of
from lfr_batch.results.state_schemas import LEDGER
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

__all__ = [
    "Ledger",
    "RunProgress",
    "delete_old_ledgers",
    "open_ledger",
    "pending",
    "read_outcomes",
    "summarise",
]

FAN = 32
"""Blocks of one level that become one of the next."""
LEVELS = 2
"""Of merging: a block of the last is FAN × FAN as long as one that was appended."""

_READ_TRIES = 5
_BLOCK = re.compile(rf"({layout.EPOCH})-block-(\d+)-(\d)\.parquet")
_BLOCK_WITHOUT_EPOCH = re.compile(r"()block-(\d+)-(?:(\d)-)?[0-9a-f]{8}\.parquet")


@dataclass(frozen=True, order=True, slots=True)
class _Block:
    epoch: str
    number: int
    path: str
    level: int


class Ledger:
    """One holder's. Nobody else writes under its epoch, so it knows its blocks without looking."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._blocks: list[_Block] = []

    def append(self, outcomes: Sequence[SegmentOutcome]) -> None:
        """One block of receipts. Raises RunTakenOver."""
        if not outcomes:
            return
        require_hold(self._hold)
        self.write(outcomes, level=0)
        for level in range(LEVELS):
            self._merge(level)

    def write(self, outcomes: Iterable[SegmentOutcome], level: int) -> None:
        block = self._next_block(level)
        write_part(self._hold.run.store, block.path, map(row_of, outcomes), LEDGER)
        self._blocks.append(block)

    def _merge(self, level: int) -> None:
        """The blocks of a level become one of the next, if there are enough.

        The new block is the last by number, and the old go in order of number: whatever a kill
        leaves of them is read before it and says nothing that it does not say.
        """
        small = [block for block in self._blocks if block.level == level]
        if len(small) < FAN:
            return
        store, whole = self._hold.run.store, self._next_block(level + 1)
        paths = [block.path for block in small]
        merge_parts(store, paths, whole.path, LEDGER, search_again(whole.path))
        for path in paths:
            store.delete(path)
        self._blocks = [*(block for block in self._blocks if block.level != level), whole]

    def _next_block(self, level: int) -> _Block:
        number = 1 + max((block.number for block in self._blocks), default=-1)
        name = f"{self._hold.epoch}-block-{number:06d}-{level}.parquet"
        path = self._hold.run.state("ledger", name)
        return _Block(self._hold.epoch, number, path, level)


def open_ledger(hold: Hold, inherited: Iterable[SegmentOutcome]) -> Ledger:
    """A new holder's ledger; ``inherited``: the receipts that were there when it took the run."""
    ledger, known = Ledger(hold), list(inherited)
    if known:
        ledger.write(known, LEVELS)
    return ledger


def read_outcomes(run: StoredRun, epoch: str | None = None) -> dict[str, SegmentOutcome]:
    """The receipt of each segment: its highest attempt, the later block where two are equal; of
    attempts that saw something, if any did.

    Of the newest holder that has a ledger, or of ``epoch``. A receipt of sightings whose shard is
    gone does not count, so the segment is searched again; a complete run's sightings are published
    and need no shards.

    Raises ResultsError for a damaged block.
    """
    found = _receipts(run, epoch)
    # In this order: a run is recorded as complete before its shards are removed.
    shards, row = list_shards(run), latest_row(run)
    is_done = row is not None and row["status"] in DONE
    counting = {
        segment_id: [
            o for o in receipts if is_done or not o.sightings or shard_of(run.run_id, o) in shards
        ]
        for segment_id, receipts in found.items()
    }
    return {segment_id: receipts[0] for segment_id, receipts in counting.items() if receipts}


def delete_old_ledgers(hold: Hold) -> None:
    """Those of earlier holders, which the newest ledger began with."""
    blocks = _blocks(hold.run)
    newest = max((block.epoch for block in blocks), default=layout.NO_EPOCH)
    for block in blocks:
        if block.epoch < newest <= hold.epoch:
            hold.run.store.delete(block.path)


Receipts = dict[str, tuple[SegmentOutcome, ...]]
"""Of each segment, that which counts and, should it not, that of the last attempt."""


def _receipts(run: StoredRun, epoch: str | None) -> Receipts:
    """Reads anew where a block was merged into another between listing and reading."""
    for _ in range(_READ_TRIES):
        blocks = _blocks(run)
        newest = max((block.epoch for block in blocks), default=layout.NO_EPOCH)
        wanted = newest if epoch is None else epoch
        try:
            return _read_blocks(run.store, [block for block in blocks if block.epoch == wanted])
        except FileNotFoundError:
            continue
    raise StoreUnreachable(
        f"the ledger of run {run.run_id} in {run.store.uri} changes faster than it is read; "
        "try again"
    )


def _read_blocks(store: Store, blocks: Sequence[_Block]) -> Receipts:
    """An attempt that saw nothing (the file is gone by now) takes nothing back of what was seen."""
    latest: dict[str, SegmentOutcome] = {}
    seeing: dict[str, SegmentOutcome] = {}
    for block in blocks:
        for row in iterate_part(store, block.path, search_again(block.path)):
            outcome = outcome_of(row)
            for known in (latest, seeing) if outcome.frames_decoded else (latest,):
                before = known.get(outcome.segment_id)
                if before is None or outcome.attempt >= before.attempt:
                    known[outcome.segment_id] = outcome
    return {
        segment_id: (last,) if (best := seeing.get(segment_id, last)) is last else (best, last)
        for segment_id, last in latest.items()
    }


def _blocks(run: StoredRun) -> list[_Block]:
    """Of all holders, each one's in order of number, which is the order in which it wrote them."""
    paths = run.store.list(run.state("ledger"))
    return sorted(block for path in paths if (block := _block_at(path)))


def _block_at(path: str) -> _Block | None:
    name = path.rsplit("/", 1)[-1]
    found = _BLOCK.fullmatch(name) or _BLOCK_WITHOUT_EPOCH.fullmatch(name)
    return _Block(found[1], int(found[2]), path, int(found[3] or 0)) if found else None
