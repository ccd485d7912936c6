"""Misses against false alarms, at every threshold. Pure.

Terms of ISO/IEC 19795-1: FPIR is the share of searches by people who are not enrolled that bring up
anybody, FNIR the share of searches by people who are that do not bring them up first, each at a
threshold. Who could not be compared brings up nobody: that counts as a miss, and as no false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.evaluation.intervals import DRAWS, ENDS, SEED, Floats, Ints, drawn, numbered

LEVELS = (0.1, 0.01, 0.003, 0.0003)
"""Of FPIR, at which FNIR is said."""
RULE_OF_THREE = 3.0
"""That none was seen in n searches says no more than that the rate is below 3/n."""
NOBODY = -np.inf
"""The score of a search that brings up nobody."""
POINTS = 48


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
    fnir: float
    low: float
    high: float
    missed: int


def needed_for(fpir: float) -> int:
    """Non-matched searches without which ``fpir`` cannot be measured."""
    return int(np.ceil(round(RULE_OF_THREE / fpir, 6)))


def can_measure(fpir: float, searches: int) -> bool:
    return searches >= needed_for(fpir)


def threshold_for(fpir: float, unknown: Floats) -> float:
    """The lowest score that no more than that share of ``unknown`` (n,) scores reach."""
    ordered = np.sort(unknown)[::-1]
    allowed = int(np.floor(fpir * len(ordered) + 1e-9))
    if allowed >= len(ordered):
        return float(ordered[-1])
    return float(np.nextafter(ordered[allowed], np.inf))


def points(mated: Searches, unknown: Searches, levels: Sequence[float]) -> list[Point]:
    """FNIR at each level of FPIR, with its interval: people on both sides are drawn anew, so that
    the threshold is, too."""
    many = np.full((DRAWS, len(levels)), np.nan)
    filled = 0
    whose_m, count_m = numbered(mated.people)
    whose_u, count_u = numbered(unknown.people)
    order_m, order_u = (np.argsort(-each.scores, kind="stable") for each in (mated, unknown))
    high_m, high_u = mated.scores[order_m], unknown.scores[order_u]
    above = np.searchsorted(-high_m, -high_u, side="left")
    widest = max(len(mated), len(unknown))
    for times_m, times_u in zip(
        drawn(count_m, DRAWS, SEED, widest), drawn(count_u, DRAWS, SEED + 1, widest), strict=True
    ):
        own = np.cumsum(times_m[:, whose_m[order_m]], axis=1)
        false = np.cumsum(times_u[:, whose_u[order_u]], axis=1)
        rows = np.arange(len(own))
        for column, level in enumerate(levels):
            over = false > level * false[:, -1:] + 1e-9
            first = np.where(over.any(1), over.argmax(1), len(high_u) - 1)
            number = above[first]
            found = np.where(number > 0, own[rows, np.maximum(number - 1, 0)], 0.0)
            many[filled : filled + len(own), column] = 1.0 - found / own[:, -1]
        filled += len(own)
    ends = np.nanpercentile(many, ENDS, axis=0)
    return [
        _point(level, mated.scores, unknown.scores, float(low), float(high))
        for level, low, high in zip(levels, *ends, strict=True)
    ]


def _point(level: float, mated: Floats, unknown: Floats, low: float, high: float) -> Point:
    threshold = threshold_for(level, unknown)
    missed = int(np.count_nonzero(mated < threshold))
    return Point(level, threshold, missed / len(mated), low, high, missed)


def curve_levels(unknown: int) -> list[float]:
    """Of FPIR, from the least that so many searches can tell to 1, evenly on a logarithmic axis."""
    least = min(RULE_OF_THREE / unknown, 1.0)
    return [float(level) for level in np.geomspace(least, 1.0, POINTS)]


def found_by_rank(ranks: Ints, most: int) -> Floats:
    """(most,) share of searches whose own subject is among the first 1, 2 … ``most``; rank 0: not
    at all."""
    return np.array([np.mean((ranks > 0) & (ranks <= rank)) for rank in range(1, most + 1)])
