"""The pack's calibration, moved to where a gallery's own people score."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.gallery.fitted import (
    BETWEEN_SETS,
    Fitted,
    Likeness,
    fitted,
    relative_threshold_at,
    relative_usual_best,
)
from lfr_batch.gallery.thresholds import score_at
from lfr_batch.models.open_pack import RELATIVE

KNOTS = ((1e-1, 0.28), (1e-2, 0.33), (1e-3, 0.37))


@pytest.mark.parametrize(
    ("share", "score"),
    [(0.1, 0.28), (0.01, 0.33), (0.001, 0.37), (0.0316228, 0.305), (0.0001, 0.41), (1.0, 0.23)],
)
def test_scores_lie_on_a_line_in_the_logarithm_of_their_share(share: float, score: float) -> None:
    assert score_at(share, KNOTS) == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("subjects", [100, 300, 1000])
def test_measured_sizes_of_gallery_are_met(subjects: int) -> None:
    size = next(size for size in RELATIVE.sizes if size.subjects == subjects)
    at = relative_threshold_at(RELATIVE, subjects)
    assert [at(point.fpir) for point in size.points] == pytest.approx(
        [point.threshold for point in size.points]
    )
    assert relative_usual_best(RELATIVE, subjects) == pytest.approx(size.usual_best)


@given(st.integers(52, 10**7), st.floats(1e-6, 0.5), st.floats(1e-6, 0.5))
def test_a_stricter_target_never_lowers_the_threshold(n: int, one: float, other: float) -> None:
    at = relative_threshold_at(RELATIVE, n)
    assert at(max(one, other)) <= at(min(one, other)) + 1e-12


def likeness(usual: float, looked_for: int = 400, doubt: float = 0.004) -> Likeness:
    return Likeness(looked_for, usual, usual - doubt, usual + doubt)


def fit(own: Likeness | None, target: float = 0.01) -> Fitted:
    return fitted(target, lambda f: score_at(f, KNOTS), 0.227, own, strictest=1e-3)


def test_people_who_look_alike_raise_the_threshold_by_as_much_as_they_score_more() -> None:
    assert fit(None).value == pytest.approx(0.33)
    assert fit(likeness(0.227)).value == pytest.approx(0.33)
    alike = fit(likeness(0.267))
    assert alike.moved == pytest.approx(0.04, abs=0.003)
    assert alike.value == pytest.approx(0.33 + alike.moved)
    assert fit(likeness(0.217)).value < 0.33


def test_few_people_are_believed_less() -> None:
    few, many = fit(likeness(0.267, looked_for=20)), fit(likeness(0.267, looked_for=400))
    assert few.moved == pytest.approx(0.02)
    assert many.moved > 0.037


def test_what_is_expected_holds_the_target_and_grows_with_doubt() -> None:
    low, high = fit(likeness(0.227)).expected_fpir
    assert low < 0.01 / BETWEEN_SETS < 0.01 < 0.01 * BETWEEN_SETS < high < 0.02
    unsure_low, unsure_high = fit(likeness(0.227, doubt=0.04)).expected_fpir
    assert unsure_low < low < 0.01 < high < unsure_high


def test_below_what_was_measured_it_says_so() -> None:
    assert not fit(None, 0.001).extrapolated
    assert fit(None, 0.0001).extrapolated


@pytest.mark.parametrize(("looked_for", "higher"), [(10, 0.06), (20, 0.06), (40, 0.06)])
def test_what_is_not_believed_of_few_people_is_doubt(looked_for: int, higher: float) -> None:
    """If they are right all the same, what becomes of it lies within what was said."""
    few = fit(likeness(0.227 + higher, looked_for))
    short = higher - few.moved
    decade = score_at(0.001, KNOTS) - score_at(0.01, KNOTS)
    assert 0.01 * 10 ** (short / decade) < few.expected_fpir[1]


def test_nothing_known_is_more_doubt_than_something() -> None:
    assert fit(None).expected_fpir[1] > 4 * fit(likeness(0.227)).expected_fpir[1]


def test_beyond_what_was_measured_less_is_known() -> None:
    own = likeness(0.227)
    near, far = fit(own, 0.001).expected_fpir, fit(own, 0.00001).expected_fpir
    assert far[1] / far[0] > 3 * near[1] / near[0]
