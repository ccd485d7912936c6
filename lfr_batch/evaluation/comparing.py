"""Two evaluations side by side, and picture by picture where both searched the same ones. Pure.

Of pictures that both searched the difference is paired: the exact test of Q. McNemar, "Note on the
sampling error of the difference between correlated proportions or percentages", Psychometrika 12
(1947), 153-157, and an interval for which people are drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import numpy as np

from lfr_batch.evaluation.curves import LEVELS
from lfr_batch.evaluation.figures import PROBE, EvaluationFigures, Figure
from lfr_batch.evaluation.intervals import drawn_ends, sums_by

MAIN = ("fpir", "fnir", "fnir_any_rank", "misidentified", "fte", "fta", "fmr", "fnmr")


@dataclass(frozen=True, slots=True)
class SideBySide:
    figure: str
    at: float | None
    own: Figure
    other: Figure
    difference: float
    are_apart: bool
    """Whether the two intervals have nothing in common."""


@dataclass(frozen=True, slots=True)
class Paired:
    side: str
    """'mated' or 'non-mated'."""
    pictures: int
    only_own: int
    """Went wrong in this evaluation alone."""
    only_other: int
    difference: float
    low: float
    high: float
    p: float


def side_by_side(own: EvaluationFigures, other: EvaluationFigures) -> Iterator[SideBySide]:
    wanted: list[tuple[str, float | None]] = [(name, None) for name in MAIN]
    wanted += [("fnir_at_fpir", level) for level in LEVELS]
    for name, at in wanted:
        pair = own.one(name, at), other.one(name, at)
        if all(each is not None and each.value is not None for each in pair):
            yield _compared(name, at, *pair)  # type: ignore[arg-type]


def _compared(name: str, at: float | None, own: Figure, other: Figure) -> SideBySide:
    assert own.value is not None
    assert other.value is not None
    ends = own.low, own.high, other.low, other.high
    apart = None not in ends and _are_apart(own, other)
    return SideBySide(name, at, own, other, own.value - other.value, apart)


def _are_apart(own: Figure, other: Figure) -> bool:
    return (own.low or 0.0) > (other.high or 0.0) or (own.high or 0.0) < (other.low or 0.0)


def paired(own: EvaluationFigures, other: EvaluationFigures) -> Iterator[Paired]:
    """Nothing of a side of which no picture was searched by both."""
    for side in ("mated", "non-mated"):
        before = _outcomes(other, side)
        both = [(f, before[f.probe_key]) for f in _probes(own, side) if f.probe_key in before]
        if both:
            yield _paired(side, both)


def _probes(figures: EvaluationFigures, side: str) -> list[Figure]:
    return [figure for figure in figures.many(PROBE) if figure.detail == side]


def _outcomes(figures: EvaluationFigures, side: str) -> dict[str | None, float]:
    return {figure.probe_key: figure.value or 0.0 for figure in _probes(figures, side)}


def _paired(side: str, both: list[tuple[Figure, float]]) -> Paired:
    now = np.array([figure.value or 0.0 for figure, _ in both])
    before = np.array([value for _, value in both])
    only_own, only_other = int(np.sum(now > before)), int(np.sum(now < before))
    names, whose = np.unique([str(f.person_key) for f, _ in both], return_inverse=True)
    low, high = drawn_ends(sums_by(whose, len(names), now - before, np.ones(len(now))))
    return Paired(
        side,
        len(both),
        only_own,
        only_other,
        float(np.mean(now - before)),
        low,
        high,
        mcnemar(only_own, only_other),
    )


def mcnemar(one: int, other: int) -> float:
    """Exact, of both sides: whether so many against so many may be chance."""
    n = one + other
    tail = sum(comb(n, k) for k in range(min(one, other) + 1))
    return min(1.0, float(2 * tail / 2**n))
