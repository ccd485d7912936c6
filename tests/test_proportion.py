from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.proportion import clopper_pearson, proportion


@pytest.mark.parametrize(
    ("count", "among", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),  # Newcombe 1998, table I, method 5
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
        (29, 29, 0.8806, 1.0),  # from here on by the equation: (0.05 / 2) ** (1 / n)
        (1, 1, 0.025, 1.0),
        (0, 1, 0.0, 0.975),
    ],
)
def test_values_that_are_known(count: int, among: int, low: float, high: float) -> None:
    assert clopper_pearson(count, among) == pytest.approx((low, high), abs=0.00005)


def test_a_thousand_faces_without_a_false_alert_say_three_or_four_in_a_thousand() -> None:
    found = proportion(0, 1000)
    assert found is not None
    assert (found.share, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 1000))


def at_least(count: int, among: int, share: float) -> float:
    """The probability of so many or more, by the binomial distribution itself."""
    ways = range(count, among + 1)
    return sum(comb(among, k) * share**k * (1 - share) ** (among - k) for k in ways)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_beyond_its_ends_the_count_would_be_one_of_the_rarest_in_forty(
    counted: tuple[int, int],
) -> None:
    count, among = counted
    low, high = clopper_pearson(count, among)
    if count:
        assert at_least(count, among, low) == pytest.approx(0.025, rel=1e-6)
    if count < among:
        assert 1 - at_least(count + 1, among, high) == pytest.approx(0.025, rel=1e-6)


COUNTED = st.integers(1, 10**8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTED)
def test_it_holds_the_rate_and_stays_between_nothing_and_all(counted: tuple[int, int]) -> None:
    found = proportion(*counted)
    assert found is not None
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert found.low < found.high


@given(st.tuples(st.integers(0, 1000), st.integers(1, 1000)), st.integers(2, 50))
def test_it_narrows_with_what_was_counted(counted: tuple[int, int], times: int) -> None:
    count, among = min(counted), max(counted)
    low, high = clopper_pearson(count, among)
    lower, higher = clopper_pearson(count * times, among * times)
    assert higher - lower < high - low


@given(COUNTED)
def test_both_ways_of_counting_agree(counted: tuple[int, int]) -> None:
    count, among = counted
    low, high = clopper_pearson(among - count, among)
    assert clopper_pearson(count, among) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize(("count", "among"), [(0, 0), (1, 0), (3, 2)])
def test_there_is_no_rate_of_nothing_nor_of_more_than_there_were(count: int, among: int) -> None:
    assert proportion(count, among) is None
