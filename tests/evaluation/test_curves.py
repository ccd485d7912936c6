from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.evaluation.curves import (
    BY_COUNT,
    NOBODY,
    Searches,
    can_measure,
    curve_levels,
    found_by_rank,
    needed_for,
    points,
    threshold_for,
)

UNKNOWN = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, NOBODY])
"""Ten searches, one of which found no face."""


def searches(scores: np.ndarray) -> Searches:
    return Searches(np.asarray(scores, np.float64), np.arange(len(scores)))


@pytest.mark.parametrize(
    ("fpir", "reached_by"),
    [(0.0, 0), (0.05, 0), (0.1, 1), (0.19, 1), (0.2, 2), (0.5, 5), (0.9, 9), (1.0, 9)],
)
def test_no_more_than_the_wanted_share_reach_the_threshold(fpir: float, reached_by: int) -> None:
    threshold = threshold_for(fpir, UNKNOWN)
    assert np.count_nonzero(threshold <= UNKNOWN) == reached_by


def test_equal_scores_are_above_it_together_or_not_at_all() -> None:
    tied = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    assert np.count_nonzero(tied >= threshold_for(0.4, tied)) == 1


def test_points_by_hand() -> None:
    """Thresholds just above the second, and the sixth, of ten; who was not found is missed."""
    mated = searches(np.array([0.95, 0.85, 0.75, 0.45, NOBODY]))
    strict, loose = points(mated, searches(UNKNOWN), [0.1, 0.5])
    assert (strict.missed, loose.missed) == (3, 1)
    assert strict.fnir == 0.6
    assert strict.low <= strict.fnir <= strict.high
    assert 0.8 < strict.threshold < 0.8 + 1e-9


def test_who_could_not_be_compared_is_missed_at_every_threshold() -> None:
    """Also at the lowest, where nine of ten unknown searches bring up somebody."""
    mated = searches(np.array([0.9, 0.8, 0.7, NOBODY]))
    [point] = points(mated, searches(UNKNOWN), [1.0])
    assert (point.missed, point.fnir, point.threshold) == (1, 0.25, 0.1)
    assert point.low < 0.25 < point.high


def test_where_no_unknown_search_could_be_compared_any_threshold_does() -> None:
    mated = searches(np.array([0.9, 0.8, 0.7, NOBODY]))
    [point] = points(mated, searches(np.full(40, NOBODY)), [0.1])
    assert (point.missed, point.threshold) == (1, NOBODY)


@pytest.mark.parametrize(("score", "low", "high"), [(0.99, 0.0, 0.3085), (0.01, 0.6915, 1.0)])
def test_where_none_is_missed_or_all_the_interval_is_that_of_so_many_people(
    score: float, low: float, high: float
) -> None:
    mated = Searches(np.full(100, score), np.repeat(np.arange(10), 10))
    [point] = points(mated, searches(np.linspace(0.2, 0.8, 50)), [0.1])
    assert (point.low, point.high) == pytest.approx((low, high), abs=1e-4)
    assert point.method == BY_COUNT


def test_the_interval_knows_that_the_threshold_is_of_a_few_searches() -> None:
    generator = np.random.default_rng(1)
    mated = searches(generator.normal(0.6, 0.1, 500))
    few, many = (searches(generator.normal(0.2, 0.1, n)) for n in (50, 5000))
    [of_few], [of_many] = (points(mated, unknown, [0.1]) for unknown in (few, many))
    assert of_few.high - of_few.low > of_many.high - of_many.low


def test_people_with_many_pictures_widen_the_interval() -> None:
    generator = np.random.default_rng(1)
    scores = np.repeat(generator.normal(0.5, 0.15, 50), 10)
    unknown = searches(generator.normal(0.2, 0.1, 300))
    clustered = Searches(scores, np.repeat(np.arange(50), 10))
    [wide], [narrow] = (points(each, unknown, [0.1]) for each in (clustered, searches(scores)))
    assert wide.fnir == narrow.fnir
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


@pytest.mark.parametrize(
    ("fpir", "needed"), [(0.1, 30), (0.01, 300), (0.003, 1000), (0.0003, 10000)]
)
def test_the_rule_of_three(fpir: float, needed: int) -> None:
    assert needed_for(fpir) == needed
    assert can_measure(fpir, needed)
    assert not can_measure(fpir, needed - 1)


def test_a_curve_does_not_go_where_nothing_was_measured() -> None:
    levels = curve_levels(300)
    assert levels[0] == pytest.approx(0.01)
    assert levels[-1] == pytest.approx(1.0)


def test_found_by_rank() -> None:
    assert found_by_rank(np.array([1, 1, 2, 5, 0]), 3).tolist() == [0.4, 0.6, 0.6]
