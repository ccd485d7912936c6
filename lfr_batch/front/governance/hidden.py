"""Which counts are of so few that they are not printed, and which others would give those away.
Pure.

Counts stand in sums: a whole and its parts. Where one number of a sum is hidden it follows from the
others; so a second one is, too, and more until those that are hidden are together not too few. The
same holds across strata, whose counts add up to those of all. What follows from several sums
together is looked for, too, by the least and the most that a cell may be (linear programmes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

Matrix = npt.NDArray[np.float64]
WIDTH = 0.9
"""Between the least and the most that a count may be; less leaves one number."""
Cell = tuple[str, ...]
"""What a count is called by."""


@dataclass(frozen=True, slots=True)
class Addends:
    """``whole`` is the sum of ``parts``."""

    whole: Cell
    parts: tuple[Cell, ...]

    @property
    def cells(self) -> frozenset[Cell]:
        return frozenset((self.whole, *self.parts))


def hidden_cells(
    counts: Mapping[Cell, int],
    sums: Sequence[Addends],
    fewest: int,
    also: AbstractSet[Cell] = frozenset(),
) -> frozenset[Cell]:
    """Cells from 1 to ``fewest`` - 1, those of ``also`` (but nothing, of nobody, is no secret), and
    what would tell any of them."""
    few = {cell for cell, n in counts.items() if 0 < n < fewest or (n and cell in also)}
    hidden, wholes = set(few), {each.whole for each in sums}
    while more := (
        {cell for each in sums if (cell := _gives_away(counts, each, hidden, fewest, wholes))}
        or _beside_known(counts, sums, hidden, few)
    ):
        hidden |= more
    return frozenset(hidden)


def _beside_known(
    counts: Mapping[Cell, int],
    sums: Sequence[Addends],
    hidden: set[Cell],
    few: AbstractSet[Cell],
) -> set[Cell]:
    """Cells to be hidden beside those of ``few`` that are known from all sums together."""
    unknown = sorted(hidden)
    left, right = _equations(counts, sums, unknown)
    more = set[Cell]()
    for cell in sorted(few):
        if _is_known(cell, unknown, left, right):
            more |= _smallest_shown(counts, [each for each in sums if cell in each.cells], hidden)
    if few and not more and any(_is_known(cell, unknown, left, right) for cell in few):
        more = _smallest_shown(counts, [e for e in sums if hidden.intersection(e.cells)], hidden)
    return more


def _smallest_shown(
    counts: Mapping[Cell, int], sums: Sequence[Addends], hidden: AbstractSet[Cell]
) -> set[Cell]:
    """Of what stands in any of these sums; none where all of it is hidden or nothing."""
    cells = {cell for each in sums for cell in each.cells} - hidden
    return set(sorted((c for c in cells if counts[c]), key=lambda c: (counts[c], c))[:1])


def _equations(
    counts: Mapping[Cell, int], sums: Sequence[Addends], unknown: Sequence[Cell]
) -> tuple[Matrix, Matrix]:
    """What every sum says of the hidden cells: coefficients, and what they come to."""
    place = {cell: n for n, cell in enumerate(unknown)}
    left, right = np.zeros((len(sums), len(unknown))), np.zeros(len(sums))
    for row, each in enumerate(sums):
        for cell, sign in ((each.whole, -1), *((part, 1) for part in each.parts)):
            if cell in place:
                left[row, place[cell]] += sign
            else:
                right[row] -= sign * counts[cell]
    return left, right


def _is_known(cell: Cell, unknown: Sequence[Cell], left: Matrix, right: Matrix) -> bool:
    """Whether it can be but one number."""
    goal = np.zeros(len(unknown))
    goal[unknown.index(cell)] = 1
    least, most = (
        linprog(sign * goal, A_eq=left, b_eq=right, bounds=(0, None)) for sign in (1, -1)
    )
    return bool(least.status == most.status == 0 and -most.fun - least.fun < WIDTH)


def _gives_away(
    counts: Mapping[Cell, int],
    each: Addends,
    hidden: AbstractSet[Cell],
    fewest: int,
    wholes: AbstractSet[Cell],
) -> Cell | None:
    """The next cell to be hidden for the sake of others in this sum; None: there is no need."""
    secret = [cell for cell in each.parts if cell in hidden]
    shown = sorted(
        (cell for cell in each.parts if cell not in hidden and counts[cell]),
        key=lambda cell: (cell in wholes, counts[cell]),  # a whole would take its own parts along
    )
    if each.whole in hidden:
        return shown[0] if shown and not secret else None
    enough = len(secret) > 1 and sum(counts[cell] for cell in secret) >= fewest
    if not secret or enough:
        return None
    return shown[0] if shown else each.whole
