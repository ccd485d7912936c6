"""Which cells of a detector come down from a device, and how they are laid out then. Pure.

A detector says of every cell of a picture a few numbers; one *head* are the outputs that say the
same of all *levels* (one for each stride). Hardly any cell holds a face, and to bring all of them
down takes longer than to find out which do. So a graph of one shape ranks them (see
``selecting_graph``), and the best come down as *rows*:

    (pictures, most, DIGITS + channels) float32: the cell's number, then what each head says of it

in any order. A cell's number counts level by level, row by row of the level's cells, and is written
in two digits to the base ``RADIX``: each is exact in half precision too, which TensorRT may choose
for anything.

Nothing is lost by this. A picture in which more than ``MOST`` cells may hold a face gets a row for
every cell there is, from the full heads (``is_whole`` tells, on both sides). Rows that are NaN are
no cell's: they make the pictures of an answer equally long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lfr_batch.models.ladder import Size
from lfr_batch.models.manifest import DetectorKind
from lfr_batch.records import FloatArray

MOST = 1024
"""Cells that come down: 74 kB of YuNet's, where all of 832 x 480 pixels are 524. 127 small
faces in one such picture have 618 cells that score 0.5."""
RADIX = 2048
"""The largest number up to which half precision knows all integers."""
DIGITS = 2
ROUNDING = 0.99
"""Half precision ranks values that differ by less than a thousandth as it likes."""

Layout = Literal["rows", "maps"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What one kind of detector says. Its outputs are in the order of heads, then of strides."""

    strides: tuple[int, ...]
    channels: tuple[int, ...]
    """Of each head."""
    ranked_by: int
    """The first so many heads have one channel each, a probability; the score of a cell is their
    geometric mean, and its *rank* their product."""
    layout: Layout
    """Of an output: (pictures, cells, channels), or (pictures, channels, height, width)."""

    @property
    def columns(self) -> int:
        """Of a row."""
        return DIGITS + sum(self.channels)

    @property
    def borders(self) -> tuple[int, ...]:
        """Where, in the values of a cell, one head ends and the next begins."""
        return tuple(accumulate(self.channels[:-1]))

    def cells(self, size_wh: Size) -> int:
        """All there are of a picture. Raises ValueError where two digits cannot count them."""
        count = sum(across * down for across, down in self._grids(size_wh))
        if count > RADIX**2:
            raise ValueError(f"{size_wh} has {count} cells, more than {RADIX**2} cannot be told")
        return count

    def most(self, size_wh: Size) -> int:
        """Those of a picture that come down."""
        return min(self.cells(size_wh), MOST)

    def ranks(self, rows: FloatArray) -> FloatArray:
        """(..., n) of (..., n, columns)"""
        return reduce(np.multiply, [rows[..., DIGITS + i] for i in range(self.ranked_by)])

    def all_rows(self, heads: Sequence[FloatArray]) -> FloatArray:
        """(pictures, cells, columns): every cell of full heads, in the order of their numbers."""
        levels = len(self.strides)
        by_head = [heads[i : i + levels] for i in range(0, len(heads), levels)]
        joined = [np.concatenate([self._as_rows(o) for o in head], axis=1) for head in by_head]
        pictures, cells, _ = joined[0].shape
        numbers = np.broadcast_to(digits(cells), (pictures, cells, DIGITS))
        return np.concatenate([numbers, *joined], axis=2)

    def is_whole(self, rows: FloatArray, min_score: float, size_wh: Size) -> bool:
        """Whether no cell that scores more than ``min_score`` can be missing in the (n, columns) of
        a picture: all are there, or the last of them is below."""
        return self._is_whole(self.ranks(rows), min_score, size_wh)

    def over(
        self, rows: FloatArray, min_score: float, size_wh: Size
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Numbers (n,) and values (n, channels) of the cells of a picture that score more, in the
        order in which full heads have them.

        Raises ValueError where some may be missing, which no session lets happen that was opened
        for this ``min_score``.
        """
        ranks = self.ranks(rows)
        if not self._is_whole(ranks, min_score, size_wh):
            raise ValueError(f"cells that score more than {min_score} may have been left out")
        rows = rows[ranks > min_score**self.ranked_by]
        numbers = numbers_of(rows)
        order = np.argsort(numbers)
        return numbers[order], rows[order, DIGITS:]

    def places(self, numbers: NDArray[np.int64], size_wh: Size) -> tuple[FloatArray, FloatArray]:
        """Columns and rows of cells (n, 2) in their level, and its stride (n, 1)."""
        grids = np.array(self._grids(size_wh))
        ends = np.cumsum(grids.prod(axis=1))
        levels = np.searchsorted(ends, numbers, side="right")
        within = numbers - np.concatenate([[0], ends])[levels]
        rows, columns = np.divmod(within, grids[levels, 0])
        cells_xy = np.stack([columns, rows], axis=1).astype(np.float32)
        return cells_xy, np.array(self.strides, np.float32)[levels, None]

    def _is_whole(self, ranks: FloatArray, min_score: float, size_wh: Size) -> bool:
        weakest = np.fmin.reduce(ranks, initial=np.inf)
        all_there = np.count_nonzero(~np.isnan(ranks)) == self.cells(size_wh)
        return bool(all_there or weakest <= ROUNDING * min_score**self.ranked_by)

    def _grids(self, size_wh: Size) -> list[Size]:
        return [(size_wh[0] // stride, size_wh[1] // stride) for stride in self.strides]

    def _as_rows(self, output: FloatArray) -> FloatArray:
        if self.layout == "rows":
            return output
        return output.reshape(*output.shape[:2], -1).transpose(0, 2, 1)


SELECTIONS: Mapping[DetectorKind, Selection] = {
    "yunet": Selection((8, 16, 32), (1, 1, 4, 10), ranked_by=2, layout="rows"),
    "centerface": Selection((4,), (1, 2, 2, 10), ranked_by=1, layout="maps"),
}
"""All heads of what is not here come down: SCRFD's have no axis of the pictures."""


def digits(cells: int) -> FloatArray:
    """(cells, DIGITS): the numbers from 0 on."""
    return np.stack(np.divmod(np.arange(cells), RADIX), axis=1).astype(np.float32)


def numbers_of(rows: FloatArray) -> NDArray[np.int64]:
    """(n,) of (n, columns) that are cells."""
    written = rows[:, :DIGITS].astype(np.int64)
    return np.asarray(written[:, 0] * RADIX + written[:, 1])


def together(answers: Sequence[FloatArray]) -> FloatArray:
    """The rows of several pictures in one array, as long as the longest."""
    most = max(rows.shape[1] for rows in answers)
    return np.concatenate([_filled_up(rows, most) for rows in answers])


def _filled_up(rows: FloatArray, most: int) -> FloatArray:
    missing = ((0, 0), (0, most - rows.shape[1]), (0, 0))
    return np.pad(rows, missing, constant_values=np.nan)
