from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.evaluation.differences import (
    Units,
    holm,
    largest,
    p_value,
    units_of,
    vanishes_from,
)


def units(*groups: tuple[int, int]) -> Units:
    """Groups of so many people with a single search each: found, among."""
    group = np.repeat(np.arange(len(groups)), [among for _, among in groups])
    hits = np.concatenate([np.arange(among) < found for found, among in groups])
    return units_of(group, np.arange(len(group)), hits.astype(np.float64))


@pytest.mark.parametrize(
    ("groups", "lowest", "highest"),
    [
        (((5, 100), (5, 100)), 1.0, 1.0),
        (((6, 100), (5, 100)), 0.7, 1.0),
        # Fisher's exact test says 0.0047
        (((10, 100), (1, 100)), 0.0025, 0.02),
        (((30, 100), (1, 100)), 0.0, 0.0006),
        (((30, 100), (1, 100), (2, 100)), 0.0, 0.0006),
    ],
)
def test_p_is_how_often_chance_differs_as_much(
    groups: tuple[tuple[int, int], ...], lowest: float, highest: float
) -> None:
    assert lowest <= p_value(units(*groups), len(groups)) <= highest


def test_pictures_of_one_person_are_dealt_together() -> None:
    """Twenty hits of one person are as likely chance as one hit is."""
    group = np.repeat([0, 1], 200)
    people = np.repeat(np.arange(20), 20)
    hits = (people == 0).astype(np.float64)
    assert p_value(units_of(group, people, hits), 2) > 0.9


def test_the_largest_difference_and_between_whom() -> None:
    found = largest(units((4, 100), (20, 100), (10, 100)), 3)
    assert (found.highest, found.lowest) == (1, 0)
    assert found.difference == pytest.approx(0.16)
    assert found.ratio == pytest.approx(20.5 / 4.5)
    assert found.ratio_low is not None
    assert found.ratio_high is not None
    assert 1.5 < found.ratio_low < 20.5 / 4.5 < found.ratio_high
    assert found.difference_low > 0.05
    assert found.p < 0.01


def test_a_ratio_to_none_is_no_infinity_and_has_no_upper_end() -> None:
    found = largest(units((0, 100), (10, 100)), 2)
    assert found.ratio == pytest.approx(21.0)
    assert found.ratio_high is None
    assert found.ratio_low is not None
    assert 1.0 < found.ratio_low < 3.0
    assert -0.01 < found.difference_low < 0.1 < found.difference_high < 0.2


def test_of_none_in_either_group_there_is_no_ratio_and_a_wide_difference() -> None:
    found = largest(units((0, 40), (0, 40)), 2)
    assert found.highest != found.lowest
    assert (found.ratio, found.difference, found.p) == (None, 0.0, 1.0)
    assert found.difference_high == -found.difference_low == pytest.approx(0.0881, abs=1e-4)


@pytest.mark.parametrize(
    ("given", "corrected"),
    [
        ([0.01], [0.01]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([], []),
    ],
)
def test_holm(given: list[float], corrected: list[float]) -> None:
    assert holm(given) == pytest.approx(corrected)


@pytest.mark.parametrize(
    ("p_of", "found"),
    [
        ([0.5, 0.5, 0.5], 0.4),
        ([0.01, 0.2, 0.3], 0.5),
        ([0.2, 0.01, 0.3], 0.6),
        ([0.2, 0.2, 0.01], None),
    ],
)
def test_from_which_threshold_on_it_vanishes(p_of: list[float], found: float | None) -> None:
    assert vanishes_from([0.4, 0.5, 0.6], p_of) == found
