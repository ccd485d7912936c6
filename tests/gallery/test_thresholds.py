from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.errors import ConfigError
from lfr_batch.gallery.thresholds import (
    ThresholdChoice,
    choose_threshold,
    explain,
    required_fmr,
    stricter,
    threshold_at,
)

# LFW, all pairs, of the open pack.
CALIBRATION = ((1e-3, 0.363), (1e-4, 0.426), (1e-5, 0.495))

targets = st.floats(1e-9, 0.999)
sizes = st.integers(1, 10**9)


@given(targets, sizes)
def test_required_fmr_gives_the_target_back(target: float, n: int) -> None:
    fmr = required_fmr(target, n)
    assert 0.0 < fmr <= target * (1 + 1e-12)
    assert -math.expm1(n * math.log1p(-fmr)) == pytest.approx(target, rel=1e-9)


@given(st.tuples(targets, targets), st.tuples(sizes, sizes))
def test_stricter_target_or_larger_gallery_never_lowers_the_threshold(
    target: tuple[float, float], n: tuple[int, int]
) -> None:
    loose = choose_threshold(max(target), min(n), CALIBRATION)
    strict = choose_threshold(min(target), max(n), CALIBRATION)
    assert 0.363 <= loose.value <= strict.value <= 1.0


@pytest.mark.parametrize(("fmr", "threshold"), CALIBRATION)
def test_calibrated_points_are_met(fmr: float, threshold: float) -> None:
    choice = threshold_at(fmr, CALIBRATION)
    assert choice == ThresholdChoice(choice.value, fmr)
    assert choice.value == pytest.approx(threshold)


@pytest.mark.parametrize(
    ("fmr", "threshold", "extrapolated"),
    [
        (math.sqrt(1e-3 * 1e-4), (0.363 + 0.426) / 2, False),
        (1e-6, 0.495 + 0.069, True),
        (1e-7, 0.495 + 2 * 0.069, True),
        (1e-30, 1.0, True),
        (0.5, 0.363, False),
    ],
)
def test_between_and_beyond(fmr: float, threshold: float, extrapolated: bool) -> None:
    choice = threshold_at(fmr, CALIBRATION)
    assert choice.value == pytest.approx(threshold)
    assert choice.extrapolated is extrapolated


def test_explanation_of_a_derived_threshold() -> None:
    choice = choose_threshold(0.01, 113, CALIBRATION)
    assert choice.fmr == pytest.approx(8.9e-5, rel=0.01)
    assert explain(choice) == (
        "threshold 0.430: target FPIR 0.01 over 113 templates needs FMR 8.9e-05 or lower"
    )
    large = choose_threshold(0.01, 1_000_000, CALIBRATION)
    assert explain(large).endswith(
        "over 1,000,000 templates needs FMR 1e-08 or lower, beyond the calibrated range"
    )


def test_override_needs_no_calibration() -> None:
    choice = choose_threshold(0.01, 1, (), override=0.5)
    assert choice == ThresholdChoice(
        0.5, required_fmr(0.01, 1), target_fpir=0.01, comparisons=1, overridden=True
    )
    assert explain(choice) == (
        "threshold 0.500: given by the operator, in place of the one that target FPIR 0.01 over "
        "1 template asks for"
    )


@pytest.mark.parametrize(
    ("calibration", "says"),
    [
        ((), "calibrate the gallery with `lfr calibrate`"),
        (((1e-3, 0.4),), "calibrated at FMR 0.001 only"),
        (((1e-4, 0.4), (1e-3, 0.3)), "does not fall"),
        (((1e-3, 0.4), (1e-4, 0.4)), "does not fall"),
        (((1e-3, 0.4), (0.0, 0.5)), "cannot be"),
        (((1e-3, math.nan), (1e-5, 0.5)), "cannot be"),
    ],
)
def test_useless_calibrations(calibration: tuple[tuple[float, float], ...], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        choose_threshold(0.01, 1000, calibration)


@pytest.mark.parametrize("target", [0.0, 1.0, -1.0, math.nan])
def test_targets_that_cannot_be(target: float) -> None:
    with pytest.raises(ConfigError, match="target_fpir"):
        required_fmr(target, 10)


def test_a_share_of_the_fmr_asks_for_a_higher_score() -> None:
    choice = choose_threshold(0.01, 113, CALIBRATION)
    tenth = stricter(choice, CALIBRATION, 0.1)
    assert tenth == pytest.approx(choose_threshold(0.001, 113, CALIBRATION).value, abs=0.001)
    assert stricter(choice, CALIBRATION, 1.0) == pytest.approx(choice.value)


@pytest.mark.parametrize("calibration", [CALIBRATION, ()], ids=["calibrated", "not calibrated"])
def test_an_operators_threshold_is_raised_too(calibration: list[tuple[float, float]]) -> None:
    choice = choose_threshold(0.01, 113, calibration, override=0.5)
    assert 0.53 < stricter(choice, calibration, 0.1) < 0.6


def test_no_threshold_is_raised_beyond_any_score() -> None:
    choice = choose_threshold(0.01, 113, CALIBRATION, override=0.99)
    assert stricter(choice, CALIBRATION, 1e-6) == 1.0
