"""The ledger: receipts of segments, in blocks (``blocks.py``). A receipt that is there twice counts
once.

Every holder of a run has a ledger of its own, which begins with what it takes over from the one
before; the ledger of the newest is the run's, and what an older holder still appends is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lfr_batch.errors import StoreUnreachable
from lfr_batch.records import SegmentOutcome
from lfr_batch.results import layout
from lfr_batch.results.blocks import Block, Blocks, Form, blocks_in
from lfr_batch.results.damage import search_again
from lfr_batch.results.hold import Hold
from lfr_batch.results.parts import iterate_part, write_part
from lfr_batch.results.progress import RunProgress, pending, summarise
from lfr_batch.results.rows import outcome_of, row_of
from lfr_batch.results.run_log import DONE, WITHHELD, latest_row
from lfr_batch.results.shards import list_shards, shard_of
from lfr_batch.results.state_schemas import LEDGER
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

__all__ = [
    "Ledger",
    "RunProgress",
    "delete_old_ledgers",
    "forget_uri",
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


class Ledger:
    """One holder's."""

    def __init__(self, hold: Hold) -> None:
        form = Form(LEDGER, FAN, LEVELS, search_again(hold.run.state("ledger")))
        self._blocks = Blocks(hold, "ledger", form)

    def append(self, outcomes: Sequence[SegmentOutcome]) -> None:
        """One block of receipts. Raises RunTakenOver."""
        self._blocks.append(list(map(row_of, outcomes)))

    def inherit(self, outcomes: Sequence[SegmentOutcome]) -> None:
        """In one block, as long as it may be."""
        self._blocks.write(map(row_of, outcomes), len(outcomes), LEVELS)


def forget_uri(run: StoredRun, uri: str) -> None:
    """Receipts do not say the name of a file any more. Call it while holding the run."""
    for path in run.store.list(run.state("ledger")):
        rows = list(iterate_part(run.store, path, search_again(path)))
        if any(uri in (row["error"] or "") for row in rows):
            blank = dict.fromkeys(LEDGER.names)
            said = ({**blank, **row, "error": _without(row["error"], uri)} for row in rows)
            write_part(run.store, path, said, LEDGER)


def _without(sentence: str | None, uri: str) -> str | None:
    return sentence and sentence.replace(uri, "(forgotten)")


def open_ledger(hold: Hold, inherited: Iterable[SegmentOutcome]) -> Ledger:
    """A new holder's ledger; ``inherited``: the receipts that were there when it took the run."""
    ledger, known = Ledger(hold), list(inherited)
    if known:
        ledger.inherit(known)
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
    is_done = row is not None and row["status"] in {*DONE, WITHHELD}
    counting = {
        segment_id: [
            o for o in receipts if is_done or not o.sightings or shard_of(run.run_id, o) in shards
        ]
        for segment_id, receipts in found.items()
    }
    return {segment_id: receipts[0] for segment_id, receipts in counting.items() if receipts}


def delete_old_ledgers(hold: Hold) -> None:
    """Those of earlier holders, which the newest ledger began with."""
    blocks = blocks_in(hold.run, "ledger")
    newest = max((block.epoch for block in blocks), default=layout.NO_EPOCH)
    for block in blocks:
        if block.epoch < newest <= hold.epoch:
            hold.run.store.delete(block.path)


Receipts = dict[str, tuple[SegmentOutcome, ...]]
"""Of each segment, that which counts and, should it not, that of the last attempt."""


def _receipts(run: StoredRun, epoch: str | None) -> Receipts:
    """Reads anew where a block was merged into another between listing and reading."""
    for _ in range(_READ_TRIES):
        blocks = blocks_in(run, "ledger")
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


def _read_blocks(store: Store, blocks: Sequence[Block]) -> Receipts:
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
