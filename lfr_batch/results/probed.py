"""What probing has found of a run that is being planned, kept as it comes until there is a plan.

A file is known by its number in the run's listing. Blocks of every holder count, of a file the
newest: they say what a file is, and a plan that is made of them is chosen once, under its holder's
name. So who takes the run over copies nothing, and goes on with what is missing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol

from lfr_batch.errors import StoreUnreachable
from lfr_batch.records import FootageAsset
from lfr_batch.results.blocks import Block, Blocks, Form, blocks_in, without_merged
from lfr_batch.results.damage import search_again
from lfr_batch.results.hold import Hold, require_hold
from lfr_batch.results.parts import Row, iterate_part
from lfr_batch.results.rows import asset_of, row_of
from lfr_batch.results.run_state import RunListing
from lfr_batch.results.state_schemas import PROBED
from lfr_batch.results.stored_run import StoredRun

FAN, LEVELS = 32, 1
"""Of merging: an hour of footage has a thousand keyframes, and a block must fit into memory."""
MERGED_FILES = 4096
"""In a merged block: an hour's index is 60 kB."""
GROUP_ROWS = 64
"""Of each of the blocks that are read side by side."""
_NOT_YET = -1
_READ_TRIES = 5

_Read = tuple[int, tuple[FootageAsset, ...]]


class OfFile(Protocol):
    """What a file holds."""

    @property
    def number(self) -> int:
        """Its own, in the listing."""

    @property
    def assets(self) -> tuple[FootageAsset, ...]: ...


class ProbedFiles:
    """Where one holder keeps what it finds."""

    def __init__(self, hold: Hold, listing: RunListing) -> None:
        folder = _folder(listing)
        way_out = search_again(hold.run.state(folder))
        self._blocks = Blocks(
            hold, folder, Form(PROBED, FAN, LEVELS, way_out, MERGED_FILES, "number")
        )

    def append(self, found: Iterable[OfFile]) -> None:
        """One block. Raises RunTakenOver."""
        self._blocks.append(sorted(map(_row, found), key=itemgetter("number")))


@dataclass(frozen=True, slots=True)
class ProbedBlocks:
    """What there was when it was looked at."""

    run: StoredRun
    blocks: tuple[Block, ...]
    newest: array[int]
    """Of each file of the listing, the block that counts."""
    again: frozenset[int]
    """Files that could not be got at."""

    def is_missing(self, number: int) -> bool:
        return self.newest[number] == _NOT_YET

    def in_order(self) -> Iterator[tuple[FootageAsset, ...]]:
        """What each file holds, in the order of the listing; in memory are the blocks that have a
        file before this place and one behind it, and a few rows of each. Raises FileNotFoundError
        where a block was merged meanwhile."""
        last = {block: number for number, block in enumerate(self.newest)}
        reading: dict[int, Iterator[_Read]] = {}
        for number, block in enumerate(self.newest):
            if block not in reading:
                reading[block] = self._read(self.blocks[block])
            yield next(assets for which, assets in reading[block] if which == number)
            if number == last[block]:
                del reading[block]

    def _read(self, block: Block) -> Iterator[_Read]:
        store, path = self.run.store, block.path
        for row in iterate_part(store, path, search_again(path), group_rows=GROUP_ROWS):
            yield row["number"], tuple(map(asset_of, row["assets"]))


def look_at_probed(run: StoredRun, listing: RunListing) -> ProbedBlocks:
    """Raises ResultsError for a damaged block."""
    for _ in range(_READ_TRIES):
        try:
            return _look(run, listing)
        except FileNotFoundError:
            continue
    raise StoreUnreachable(
        f"what was probed for run {run.run_id} in {run.store.uri} changes faster than it is read; "
        "try again"
    )


def _look(run: StoredRun, listing: RunListing) -> ProbedBlocks:
    blocks = without_merged(blocks_in(run, _folder(listing)))
    newest = array("l", [_NOT_YET]) * listing.files
    again: set[int] = set()
    for which, block in enumerate(blocks):
        path, columns = block.path, ("number", "retryable")
        for row in iterate_part(run.store, path, search_again(path), columns):
            number = row["number"]
            newest[number] = which
            (again.add if row["retryable"] else again.discard)(number)
    return ProbedBlocks(run, tuple(blocks), newest, frozenset(again))


def count_probed(run: StoredRun, listing: RunListing) -> int:
    """How many files have been probed, from the names of blocks alone."""
    blocks = without_merged(blocks_in(run, _folder(listing)))
    return min(listing.files, sum(block.rows for block in blocks))


def delete_probed(hold: Hold) -> None:
    """Once there is a plan; not what a later holder wrote. Raises RunTakenOver."""
    require_hold(hold)
    for block in blocks_in(hold.run, "probed"):
        if block.epoch <= hold.epoch:
            hold.run.store.delete(block.path)


def _folder(listing: RunListing) -> str:
    return f"probed/{listing.by}"


def _row(found: OfFile) -> Row:
    again = any(asset.retryable for asset in found.assets)
    assets = list(map(row_of, found.assets))
    return {"number": found.number, "retryable": again, "assets": assets}
