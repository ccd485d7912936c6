from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.evaluation.intervals import (
    BOOTSTRAP,
    EXACT,
    drawn,
    drawn_ends,
    rate_of,
    sums_by,
)


@pytest.mark.parametrize(
    ("found", "among", "low", "high"),
    [
        # R's binom.test
        (0, 100, 0.0, 0.036217),
        (1, 100, 0.000253, 0.054459),
        (8, 1000, 0.003459, 0.015702),
        (100, 100, 0.963783, 1.0),
    ],
)
def test_where_everybody_has_one_it_is_that_of_clopper_and_pearson(
    found: int, among: int, low: float, high: float
) -> None:
    rate = rate_of(np.arange(among) < found, np.arange(among))
    assert rate is not None
    assert (rate.found, rate.among, rate.people, rate.method) == (found, among, among, EXACT)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-5)


def test_pictures_of_one_person_are_no_independent_trials() -> None:
    """All twenty misses are of two people: that says less than twenty misses of twenty."""
    people = np.repeat(np.arange(50), 10)
    clustered = rate_of(people < 2, people)
    spread = rate_of(np.arange(500) % 25 == 0, people)
    assert clustered is not None
    assert spread is not None
    assert clustered.value == spread.value == 0.04
    assert clustered.method == BOOTSTRAP
    assert clustered.low == 0.0
    assert clustered.high > spread.high + 0.02


@pytest.mark.parametrize(("hit", "low", "high"), [(False, 0.0, 0.3085), (True, 0.6915, 1.0)])
def test_none_of_many_pictures_counts_as_none_of_their_people(
    hit: bool, low: float, high: float
) -> None:
    rate = rate_of(np.full(100, hit), np.repeat(np.arange(10), 10))
    assert rate is not None
    assert (rate.people, rate.method) == (10, EXACT)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-4)


def test_of_one_person_who_is_sometimes_found_nothing_is_known() -> None:
    rate = rate_of(np.array([True, False, True]), np.zeros(3, np.int64))
    assert rate is not None
    assert (rate.found, rate.low, rate.high, rate.method) == (2, 0.0, 1.0, EXACT)


def test_of_nothing_there_is_no_rate() -> None:
    assert rate_of(np.array([]), np.array([], np.int64)) is None


def test_draws_are_the_same_every_time_and_as_many_as_people() -> None:
    first, again = (np.concatenate(list(drawn(7, 50, widest=10**6))) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == (50, 7)
    assert (first.sum(1) == 7).all()


def test_the_interval_of_a_ratio_of_equals_is_a_point() -> None:
    whose = np.repeat(np.arange(5), 2)
    sums = sums_by(whose, 5, np.full(10, 0.5), np.ones(10))
    assert drawn_ends(sums) == (0.5, 0.5)
