"""Whether groups differ, by how much, and whether that may be chance. Pure.

Terms of ISO/IEC 19795-10: a differential is a rate that differs between demographic groups. Tested
is the largest difference of all groups of a column: group labels are dealt anew to people (a
permutation test; R. A. Fisher, "The Design of Experiments", 1935), so that pictures of one person
stay together. Of many tests the p-values are corrected by S. Holm, "A simple sequentially rejective
multiple test procedure", Scandinavian Journal of Statistics 6 (1979), 65-70.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.evaluation.intervals import DRAWS, ENDS, SEED, Floats, Ints, drawn_sums, sums_by
from lfr_batch.proportion import clopper_pearson

DEALT = 2000
SIGNIFICANT = 0.05
_HALF = 0.5
"""Added to what was counted, and to what it was not of, where a ratio would else have no end."""


@dataclass(frozen=True, slots=True)
class Units:
    """People within their groups: each is one unit, or several where pictures of one person are of
    several groups."""

    group: Ints
    """(n,) number of the group."""
    found: Floats
    """(n,)"""
    among: Floats
    """(n,)"""


@dataclass(frozen=True, slots=True)
class Largest:
    """Between the groups with the highest and the lowest rate."""

    highest: int
    lowest: int
    ratio: float | None
    """None where none was counted in either."""
    ratio_low: float | None
    ratio_high: float | None
    """None: as high as can be."""
    difference_low: float
    difference_high: float
    difference: float
    p: float


def units_of(group: Ints, people: Ints, hits: Floats) -> Units:
    """``group``, ``people`` and ``hits``: (n,) of each search."""
    pairs = np.stack([group, people], 1)
    names, which = np.unique(pairs, axis=0, return_inverse=True)
    sums = sums_by(which.ravel().astype(np.int64), len(names), hits, np.ones(len(hits)))
    return Units(names[:, 0].astype(np.int64), sums[:, 0], sums[:, 1])


def largest(units: Units, groups: int) -> Largest:
    """``groups``: how many there are, at least two, each with a unit at least."""
    rates = _rates(units, units.group, groups)
    order = np.argsort(-rates, kind="stable")
    highest, lowest = int(order[0]), int(order[-1])
    sums = _sums(units, highest), _sums(units, lowest)
    some = all(0 < found < among for found, among in sums)
    ends = _drawn_ends if some else _exact_ends
    p = p_value(units, groups)
    smooth = [float(_smooth(*each)) for each in sums]
    ratio = smooth[0] / smooth[1] if any(found for found, _ in sums) else None
    apart = float(rates[highest] - rates[lowest])
    return Largest(highest, lowest, ratio, *ends(units, highest, lowest), difference=apart, p=p)


Ends = tuple[float | None, float | None, float, float]
"""Of the ratio, which may have none, and of the difference."""


def _drawn_ends(units: Units, highest: int, lowest: int) -> Ends:
    sides = [_drawn_side(units, which, seed) for seed, which in enumerate((highest, lowest))]
    ratio = np.percentile(sides[0][0] / sides[1][0], ENDS)
    apart = np.percentile(sides[0][1] - sides[1][1], ENDS)
    return float(ratio[0]), float(ratio[1]), float(apart[0]), float(apart[1])


def _exact_ends(units: Units, highest: int, lowest: int) -> Ends:
    """Where none of a group was counted, or all, drawing its people anew tells nothing: the ends of
    the two rates' own intervals, which are wider than those of a difference."""
    high, low = (_rate_ends(units, which) for which in (highest, lowest))
    least = high[0] / low[1] if high[0] else None
    return least, None, high[0] - low[1], high[1] - low[0]


def _rate_ends(units: Units, which: int) -> tuple[float, float]:
    """Of people in place of searches where none was counted, or all."""
    found, among = _sums(units, which)
    people = int(np.count_nonzero(units.group == which))
    if found in (0.0, among):
        return clopper_pearson(people if found else 0, people)
    rates = _drawn_side(units, which, 0)[1]
    low, high = np.percentile(rates, ENDS)
    return float(low), float(high)


def p_value(units: Units, groups: int, dealt: int = DEALT) -> float:
    """How often labels that are dealt anew differ by as much."""
    seen = np.ptp(_rates(units, units.group, groups))
    if seen == 0.0:
        return 1.0
    generator = np.random.default_rng(SEED)
    as_much = 0
    for _ in range(dealt):
        rates = _rates(units, generator.permutation(units.group), groups)
        as_much += bool(np.ptp(rates) >= seen - 1e-12)
    return (1 + as_much) / (1 + dealt)


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected for how many there are, in their order."""
    order = np.argsort(p_values, kind="stable")
    corrected = np.zeros(len(p_values))
    highest = 0.0
    for place, which in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[which]))
        corrected[which] = highest
    return [float(each) for each in corrected]


def vanishes_from(
    thresholds: Sequence[float], p_of: Sequence[float], significant: float = SIGNIFICANT
) -> float | None:
    """The lowest of rising ``thresholds`` from which on no difference is significant; None where
    there is one at the highest."""
    clear = None
    for threshold, p in reversed(list(zip(thresholds, p_of, strict=True))):
        if p < significant:
            break
        clear = threshold
    return clear


def _rates(units: Units, group: Ints, groups: int) -> Floats:
    found = np.bincount(group, units.found, groups)
    among = np.bincount(group, units.among, groups)
    return found / np.maximum(among, 1.0)


def _sums(units: Units, which: int) -> tuple[float, float]:
    theirs = units.group == which
    return float(units.found[theirs].sum()), float(units.among[theirs].sum())


def _smooth(found: float | Floats, among: float | Floats) -> Floats:
    return np.asarray((found + _HALF) / (among + 2 * _HALF))


def _drawn_side(units: Units, which: int, seed: int) -> tuple[Floats, Floats]:
    """Of as many people of a group, drawn anew: rates that are never 0, and rates as they are."""
    theirs = units.group == which
    sums = drawn_sums(np.stack([units.found[theirs], units.among[theirs]], 1), DRAWS, SEED + seed)
    return _smooth(sums[:, 0], sums[:, 1]), sums[:, 0] / np.maximum(sums[:, 1], 1.0)
