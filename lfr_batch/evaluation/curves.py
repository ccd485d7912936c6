"""Misses against false alarms, at every threshold. Pure.

Terms of ISO/IEC 19795-1: FPIR is the share of searches by people who are not enrolled that bring up
anybody, FNIR the share of searches by people who are that do not bring them up first, each at a
threshold. Who could not be compared brings up nobody: that counts as a miss, and as no false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_batch.evaluation.intervals import (
    BOOTSTRAP,
    DRAWS,
    ENDS,
    EXACT,
    SEED,
    Floats,
    Ints,
    drawn,
    draws_tell_nothing,
    ends_of_people,
    numbered,
)

LEVELS = (0.1, 0.01, 0.003, 0.0003)
"""Of FPIR, at which FNIR is said."""
RULE_OF_THREE = 3.0
"""That none was seen in n searches says no more than that the rate is below 3/n."""
NOBODY = -np.inf
"""The score of a search that brings up nobody."""
POINTS = 48
BY_DRAWS = f"{BOOTSTRAP}, threshold drawn anew"
BY_COUNT = f"{EXACT} over people, or {BY_DRAWS} where wider"
"""Where none was missed, or all, one person was searched, or draws are all alike: they tell too
little."""


@dataclass(frozen=True, slots=True)
class Searches:
    """Scores (n,) of searches, and the number of whose each is (n,)."""

    scores: Floats
    people: Ints

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class Point:
    """``fnir`` at the threshold that gives ``fpir`` at most."""

    fpir: float
    threshold: float
    """``NOBODY`` where none of the non-mated searches could be compared."""
    fnir: float
    low: float
    high: float
    missed: int
    method: str


def needed_for(fpir: float) -> int:
    """Non-matched searches without which ``fpir`` cannot be measured."""
    return int(np.ceil(round(RULE_OF_THREE / fpir, 6)))


def can_measure(fpir: float, searches: int) -> bool:
    return searches >= needed_for(fpir)


def threshold_for(fpir: float, unknown: Floats) -> float:
    """The lowest score that no more than that share of ``unknown`` (n,) scores reach, and not below
    all that were compared; ``NOBODY`` where none was."""
    compared = _compared(unknown)
    allowed = int(np.floor(fpir * len(unknown) + 1e-9))
    if allowed >= len(compared):
        return float(compared[-1]) if len(compared) else NOBODY
    return float(np.nextafter(compared[allowed], np.inf))


def is_found(scores: Floats, threshold: float) -> NDArray[np.bool_]:
    """(n,) whether each of ``scores`` (n,) reaches the threshold: who brings up nobody, never."""
    return np.asarray((scores >= threshold) & (scores > NOBODY))


def _compared(scores: Floats) -> Floats:
    """The highest first."""
    return np.sort(scores[scores > NOBODY])[::-1]


def points(mated: Searches, unknown: Searches, levels: Sequence[float]) -> list[Point]:
    """FNIR at each level of FPIR, with its interval: people on both sides are drawn anew, so that
    the threshold is, too."""
    many = np.full((DRAWS, len(levels)), np.nan)
    filled = 0
    whose_m, count_m = numbered(mated.people)
    whose_u, count_u = numbered(unknown.people)
    order_m, order_u = (np.argsort(-each.scores, kind="stable") for each in (mated, unknown))
    high_m, high_u = mated.scores[order_m], unknown.scores[order_u]
    above = _found_above(high_m, high_u)
    widest = max(len(mated), len(unknown))
    for times_m, times_u in zip(
        drawn(count_m, DRAWS, SEED, widest), drawn(count_u, DRAWS, SEED + 1, widest), strict=True
    ):
        own = np.cumsum(times_m[:, whose_m[order_m]], axis=1)
        false = np.cumsum(times_u[:, whose_u[order_u]], axis=1)
        rows = np.arange(len(own))
        for column, level in enumerate(levels):
            over = false[:, : len(above) - 1] > level * false[:, -1:] + 1e-9
            first = np.column_stack([over, np.ones(len(over), np.bool_)]).argmax(1)
            number = above[first]
            found = np.where(number > 0, own[rows, np.maximum(number - 1, 0)], 0.0)
            many[filled : filled + len(own), column] = 1.0 - found / own[:, -1]
        filled += len(own)
    ends = np.nanpercentile(many, ENDS, axis=0)
    return [
        _point(level, mated, unknown.scores, float(low), float(high))
        for level, low, high in zip(levels, *ends, strict=True)
    ]


def _found_above(mated: Floats, unknown: Floats) -> Ints:
    """(k + 1,) how many of ``mated`` score more than each of the k of ``unknown`` that were
    compared, then how many are found where all of these may reach the threshold. Both fall."""
    compared = _compared(unknown)
    each = np.searchsorted(-mated, -compared, side="left")
    return np.append(each, np.count_nonzero(is_found(mated, threshold_for(1.0, unknown))))


def _point(level: float, mated: Searches, unknown: Floats, low: float, high: float) -> Point:
    threshold = threshold_for(level, unknown)
    missed = int(np.count_nonzero(~is_found(mated.scores, threshold)))
    method = BY_DRAWS
    people = len(set(mated.people.tolist()))
    if low >= high or draws_tell_nothing(missed, len(mated), people):
        least, most = ends_of_people(missed, len(mated), people)
        low, high, method = min(low, least), max(high, most), BY_COUNT
    return Point(level, threshold, missed / len(mated), low, high, missed, method)


def curve_levels(unknown: int) -> list[float]:
    """Of FPIR, from the least that so many searches can tell to 1, evenly on a logarithmic axis."""
    least = min(RULE_OF_THREE / unknown, 1.0)
    return [float(level) for level in np.geomspace(least, 1.0, POINTS)]


def found_by_rank(ranks: Ints, most: int) -> Floats:
    """(most,) share of searches whose own subject is among the first 1, 2 … ``most``; rank 0: not
    at all."""
    return np.array([np.mean((ranks > 0) & (ranks <= rank)) for rank in range(1, most + 1)])
