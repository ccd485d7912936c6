"""No count of so few is printed, and none follows from those that are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from lfr_batch.front.governance.hidden import Addends, Cell, hidden_cells

FEWEST = 5


def table(seed: int) -> tuple[dict[Cell, int], list[Addends]]:
    """Three strata of a whole and three parts, and the sums of both."""
    rng = np.random.default_rng(seed)
    strata, parts = ("a", "b", "c"), ("x", "y", "z")
    counts: dict[Cell, int] = {
        (s, p): int(rng.choice([0, 1, 3, 4, 5, 9, 40])) for s, p in product(strata, parts)
    }
    counts |= {("all", p): sum(counts[s, p] for s in strata) for p in parts}
    every = ("all", *strata)
    counts |= {(s, "n"): sum(counts[s, p] for p in parts) for s in every}
    sums = [Addends((s, "n"), tuple((s, p) for p in parts)) for s in every]
    sums += [Addends(("all", p), tuple((s, p) for s in strata)) for p in (*parts, "n")]
    return counts, sums


def could_be(
    cell: Cell, counts: dict[Cell, int], sums: list[Addends], hidden: frozenset[Cell]
) -> tuple[float, float]:
    """The least and the most that it may be by all that is printed."""
    unknown = sorted(hidden)
    place = {each: n for n, each in enumerate(unknown)}
    rows, ends = [], []
    for each in sums:
        row, end = np.zeros(len(unknown)), 0.0
        for part, sign in ((each.whole, -1), *((part, 1) for part in each.parts)):
            if part in place:
                row[place[part]] += sign
            else:
                end -= sign * counts[part]
        rows.append(row)
        ends.append(end)
    found = []
    for sign in (1, -1):
        goal = np.zeros(len(unknown))
        goal[place[cell]] = sign
        done = linprog(goal, A_eq=np.array(rows), b_eq=ends, bounds=(0, None))
        found.append(sign * done.fun if done.status == 0 else np.inf)
    return found[0], found[1]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_of_few_follows_from_what_is_printed(seed: int) -> None:
    counts, sums = table(seed)
    hidden = hidden_cells(counts, sums, FEWEST)
    for cell, n in counts.items():
        if 0 < n < FEWEST:
            assert cell in hidden
            least, most = could_be(cell, counts, sums, hidden)
            assert most - least > 0.5, (cell, n)


@pytest.mark.parametrize(
    ("parts", "hidden"),
    [
        ((40, 30, 20), ""),
        ((40, 30, 2), "bc"),
        ((40, 0, 2), "ac"),
        ((40, 4, 4), "bc"),
        ((0, 0, 3), "cn"),
        ((0, 0, 7), ""),
    ],
)
def test_the_next_smallest_goes_with_it(parts: tuple[int, ...], hidden: str) -> None:
    counts: dict[Cell, int] = {(name,): n for name, n in zip("abc", parts, strict=True)}
    counts["n",] = sum(parts)
    found = hidden_cells(counts, [Addends(("n",), (("a",), ("b",), ("c",)))], FEWEST)
    assert "".join(sorted(name for (name,) in found)) == hidden
