"""The threshold that fits a gallery: the pack's calibration, moved to where its people are. Pure.

A calibration says from which score on strangers are rare in galleries of one size, of the people it
was measured on. In another gallery the whole distribution of a stranger's best score lies higher or
lower; by how much, its own people say (``gallery.likeness``). How fast it falls towards high scores
is the pack's: a gallery has too few people to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lfr_batch.gallery.thresholds import Knot, score_at
from lfr_batch.models.calibration import RelativeCalibration, SizeCalibration

BETWEEN_SETS = 1.5
"""A calibration's FPIR is taken to be off by so much, up or down, on other sets of pictures, with
95 % confidence: an assumption, since one set alone was at hand (docs/performance.md)."""
FEW_PEOPLE = 20
"""With so many to look for, a gallery's own word counts half."""
BETWEEN_GALLERIES = 0.05
"""How far galleries of one group lie from mixed ones, at most of eight (docs/performance.md): the
doubt where a gallery says nothing."""
PER_DECADE = 1.5
"""An FPIR that is a tenth of what was measured is off by so much more, up or down."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What ``looked_for`` of a gallery's people score at best with any other of them."""

    looked_for: int
    usual_best: float
    """The median."""
    low: float
    high: float
    """95 % interval of the median, from the order of the values."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A threshold, and what it will do."""

    value: float
    expected_fpir: tuple[float, float]
    """95 % interval."""
    moved: float
    """By how much the gallery's own people moved it."""
    extrapolated: bool = False


def fitted(
    target_fpir: float,
    threshold_at: Callable[[float], float],
    usual_best: float,
    likeness: Likeness | None,
    strictest: float,
) -> Fitted:
    """``threshold_at``: the pack's threshold for an FPIR, in a gallery of that size, whose usual
    best score it expects at ``usual_best``; ``strictest``: the lowest FPIR that was measured."""
    moved, doubt = _moved(usual_best, likeness)
    decade = threshold_at(target_fpir / 10) - threshold_at(target_fpir)
    beyond = max(math.log10(strictest / target_fpir), 0.0) * math.log10(PER_DECADE)
    between = math.log10(BETWEEN_SETS) + beyond
    spread = 10 ** math.hypot(between, doubt / decade if decade > 0 else 0.0)
    expected = target_fpir / spread, min(target_fpir * spread, 1.0)
    value = threshold_at(target_fpir) + moved
    return Fitted(value, expected, moved, target_fpir < strictest)


def _moved(usual_best: float, likeness: Likeness | None) -> tuple[float, float]:
    """How far, and half the width of its 95 % interval."""
    if likeness is None:
        return 0.0, BETWEEN_GALLERIES
    trusted = likeness.looked_for / (likeness.looked_for + FEW_PEOPLE)
    wholly = likeness.usual_best - usual_best
    left_out = (1 - trusted) * max(abs(wholly), BETWEEN_GALLERIES / 2)
    return trusted * wholly, math.hypot(left_out, (likeness.high - likeness.low) / 2)


def relative_threshold_at(
    calibration: RelativeCalibration, subjects: int
) -> Callable[[float], float]:
    """Between two sizes of gallery by the logarithm of their people; beyond them, as the last."""
    low, high, share = _sizes_around(calibration.sizes, subjects)
    of_low, of_high = _knots(low), _knots(high)

    def at(fpir: float) -> float:
        return (1 - share) * score_at(fpir, of_low) + share * score_at(fpir, of_high)

    return at


def relative_usual_best(calibration: RelativeCalibration, subjects: int) -> float:
    low, high, share = _sizes_around(calibration.sizes, subjects)
    return (1 - share) * low.usual_best + share * high.usual_best


def strictest_of(calibration: RelativeCalibration) -> float:
    return max(size.points[-1].fpir for size in calibration.sizes)


def _sizes_around(
    sizes: Sequence[SizeCalibration], subjects: int
) -> tuple[SizeCalibration, SizeCalibration, float]:
    for low, high in pairwise(sizes):
        if low.subjects <= subjects <= high.subjects:
            whole = math.log(high.subjects / low.subjects)
            return low, high, math.log(subjects / low.subjects) / whole
    end = sizes[0] if subjects < sizes[0].subjects else sizes[-1]
    return end, end, 0.0


def _knots(size: SizeCalibration) -> list[Knot]:
    return [(point.fpir, point.threshold) for point in size.points]
