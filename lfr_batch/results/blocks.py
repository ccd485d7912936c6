"""Rows that are appended in blocks, each whole or not there: receipts, and what was probed.

A holder's blocks lie under its epoch, and nobody else writes under that. Small blocks are merged
into larger ones as they become many, so that a run of months leaves hundreds of files and not a
million. The merged block is written before those it replaces are removed; what is there twice says
the same twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

import pyarrow as pa

from lfr_batch.results import layout
from lfr_batch.results.hold import Hold, require_hold
from lfr_batch.results.parts import Row, merge_parts, write_part
from lfr_batch.results.stored_run import StoredRun

_BLOCK = re.compile(rf"({layout.EPOCH})-block-(\d+)-(\d)(?:-(\d+))?\.parquet")
_BLOCK_WITHOUT_EPOCH = re.compile(r"()block-(\d+)-(?:(\d)-)?[0-9a-f]{8}()\.parquet")


@dataclass(frozen=True, order=True, slots=True)
class Block:
    """In the order in which each holder wrote them."""

    epoch: str
    number: int
    path: str
    level: int
    rows: int = 0
    """0 in runs of before, whose names do not say it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What blocks hold, and how they are merged."""

    schema: pa.Schema
    fan: int
    """Blocks of one level that become one of the next."""
    levels: int
    """Of merging: a block of the last is as long as ``fan ** levels`` that were appended."""
    way_out: str
    """Where a block that is merged turns out to be damaged."""
    most_rows: float = inf
    """Of a merged block, where rows are large: what is merged is in memory."""
    sorted_by: str | None = None
    """Column by which the rows of a merged block are sorted; those of others are when given."""


class Blocks:
    """One holder's. Nobody else writes under its epoch, so it knows its blocks without looking."""

    def __init__(self, hold: Hold, folder: str, form: Form) -> None:
        """``folder``: below the run's own state."""
        self._hold, self._folder, self._form = hold, folder, form
        self._blocks: list[Block] = []

    def append(self, rows: Sequence[Row]) -> None:
        """One block. Raises RunTakenOver."""
        if not rows:
            return
        require_hold(self._hold)
        self.write(rows, len(rows), level=0)
        for level in range(self._form.levels):
            self._merge(level)

    def write(self, rows: Iterable[Row], count: int, level: int) -> None:
        block = self._next_block(level, count)
        write_part(self._hold.run.store, block.path, rows, self._form.schema)
        self._blocks.append(block)

    def _merge(self, level: int) -> None:
        """The blocks of a level become one of the next, if there are enough.

        The new block is the last by number, and the old go in order of number: whatever a kill
        leaves of them is read before it and says nothing that it does not say.
        """
        small = [block for block in self._blocks if block.level == level]
        rows = sum(block.rows for block in small)
        if len(small) < self._form.fan or rows > self._form.most_rows:
            return
        store = self._hold.run.store
        whole = self._next_block(level + 1, rows)
        paths = [block.path for block in small]
        form = self._form
        merge_parts(store, paths, whole.path, form.schema, form.way_out, form.sorted_by)
        for path in paths:
            store.delete(path)
        self._blocks = [*(block for block in self._blocks if block.level != level), whole]

    def _next_block(self, level: int, rows: int) -> Block:
        number = 1 + max((block.number for block in self._blocks), default=-1)
        name = f"{self._hold.epoch}-block-{number:06d}-{level}-{rows}.parquet"
        path = self._hold.run.state(self._folder, name)
        return Block(self._hold.epoch, number, path, level, rows)


def blocks_in(run: StoredRun, folder: str) -> list[Block]:
    """Of all holders, each one's in order of number."""
    paths = run.store.list(run.state(folder))
    return sorted(block for path in paths if (block := _block_at(path)))


def without_merged(blocks: Sequence[Block]) -> list[Block]:
    """But those that a kill left beside the block that they were merged into."""
    merged = [block for block in blocks if block.level]
    return [
        block
        for block in blocks
        if not any(
            other.epoch == block.epoch and other.level > block.level and other.number > block.number
            for other in merged
        )
    ]


def _block_at(path: str) -> Block | None:
    name = path.rsplit("/", 1)[-1]
    found = _BLOCK.fullmatch(name) or _BLOCK_WITHOUT_EPOCH.fullmatch(name)
    if not found:
        return None
    return Block(found[1], int(found[2]), path, int(found[3] or 0), int(found[4] or 0))
