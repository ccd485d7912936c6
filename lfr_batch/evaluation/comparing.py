"""Two evaluations side by side, and picture by picture where both searched the same ones. Pure.

Of pictures that both searched the difference is paired, and people are the unit, as in intervals:
one person's pictures go together. Tested is whether the two evaluations may be swapped person by
person (the randomization test of R. A. Fisher, "The Design of Experiments", 1935, exactly); where
each has one picture, that is the exact test of Q. McNemar, "Note on the sampling error of the
difference between correlated proportions or percentages", Psychometrika 12 (1947), 153-157.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lfr_batch.evaluation.curves import LEVELS
from lfr_batch.evaluation.figures import PROBE, EvaluationFigures, Figure
from lfr_batch.evaluation.intervals import Floats, drawn_ends, ends_of_people, sums_by

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
    people: int
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
    sums = sums_by(whose, len(names), now - before, np.ones(len(now)))
    ends = _paired_ends(sums)
    p = swapped(sums[:, 0])
    shift = float(np.mean(now - before))
    return Paired(side, len(both), len(names), only_own, only_other, shift, *ends, p)


def _paired_ends(sums: Floats) -> tuple[float, float]:
    """Of ``sums`` (people, 2): by how many pictures each person's went wrong more often, and of how
    many. Where it is none of anybody's, or all of everybody's, no draw tells anything: the ends are
    those of so many people."""
    changed, people = np.abs(sums[:, 0]), len(sums)
    direction = np.sign(sums[:, 0].sum())
    if not changed.any():
        _, most = ends_of_people(0, 1, people)
        return -most, most
    if (sums[:, 0] * direction == sums[:, 1]).all():
        least, _ = ends_of_people(1, 1, people)
        ends = sorted((direction * (2 * least - 1), direction))
        return float(ends[0]), float(ends[1])
    return drawn_ends(sums) if people > 1 else (-1.0, 1.0)


def swapped(nets: Floats) -> float:
    """Exact, of both sides: how often the sum of ``nets`` (people,), whole numbers, is as far from
    0 as it is where each person's sign is tossed for."""
    sizes, numbers = np.unique(np.abs(np.rint(nets)).astype(np.int64), return_counts=True)
    of_sum, furthest = np.ones(1), 0
    for size, number in zip(sizes.tolist(), numbers.tolist(), strict=True):
        if size:
            of_sum = np.convolve(of_sum, _tossed(size, number))
            furthest += size * number
    seen = abs(round(float(nets.sum())))
    far = np.abs(np.arange(-furthest, furthest + 1)) >= seen
    return min(1.0, float(of_sum[far].sum()))


def _tossed(size: int, number: int) -> Floats:
    """(2 * size * number + 1,) how probable each sum is of so many nets of that size, from the
    least."""
    chances = np.zeros(2 * size * number + 1)
    ways, tosses = 1, 2**number
    for heads in range(number + 1):
        chances[2 * size * heads] = ways / tosses
        ways = ways * (number - heads) // (heads + 1)
    return chances
