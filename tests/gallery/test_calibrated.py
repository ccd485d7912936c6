"""Curves of strangers: what is told by how many, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.gallery.calibrated import (
    FEWEST_ABOVE,
    Strangers,
    curve_of,
    drop_strangers,
    is_calibrated,
    keep_strangers,
    lost_with,
    strangers_of,
)
from lfr_batch.records import FloatArray

SCORES = np.random.default_rng(1).gumbel(0.22, 0.03, 5000).astype(np.float32)


def found(people: int = 5000, scores: FloatArray = SCORES) -> Strangers:
    return Strangers(
        score="relative",
        probes=len(scores),
        people=people,
        points=curve_of(scores),
        calibrated_utc=datetime(2026, 5, 4, tzinfo=UTC),
        case_ref="OP-1",
        authority="Insp. A",
        pack_identity="f" * 16,
    )


def test_points_go_as_far_as_ten_strangers_do() -> None:
    assert curve_of(SCORES)[-1][0] == FEWEST_ABOVE / 5000
    assert curve_of(SCORES[:100])[-1][0] == 0.1


@pytest.mark.parametrize("fpir", [0.1, 0.03, 0.01, 0.004])
def test_a_threshold_lets_through_what_is_expected_of_it(fpir: float) -> None:
    fresh = np.random.default_rng(2).gumbel(0.22, 0.03, 200_000)
    low, high = found().expected_fpir(fpir)
    assert low < (fresh >= found().threshold_at(fpir)).mean() < high


def test_beyond_the_last_point_the_line_goes_on_and_less_is_known() -> None:
    few = found(200, SCORES[:200])
    low, high = few.expected_fpir(0.001)
    assert few.threshold_at(0.001) > few.threshold_at(few.strictest)
    assert low < 0.001 < high
    known_low, known_high = few.expected_fpir(0.05)
    assert high / low > known_high / known_low


def test_several_pictures_of_one_person_are_not_as_good_as_several_people() -> None:
    low, high = found(people=500).expected_fpir(0.01)
    all_low, all_high = found().expected_fpir(0.01)
    assert low < all_low < 0.01 < all_high < high


def test_it_is_kept_beside_the_snapshot_and_read_for_its_templates_alone(tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    assert strangers_of(snapshot, "f" * 16) is None
    keep_strangers(snapshot, found())
    assert strangers_of(snapshot, "f" * 16) == found()
    assert strangers_of(snapshot, "0" * 16) is None
    (tmp_path / "calibrated" / "abc.json").write_text("{")
    assert strangers_of(snapshot, "f" * 16) is None


@pytest.mark.parametrize(("strangers", "target", "share"), [(300, 0.01, 0.9), (1000, 0.001, 0.85)])
def test_what_is_expected_holds_as_often_as_it_says_beyond_what_was_measured(
    strangers: int, target: float, share: float
) -> None:
    rng, held = np.random.default_rng(4), 0
    for _ in range(200):
        few = found(strangers, rng.gumbel(0.22, 0.03, strangers).astype(np.float32))
        low, high = few.expected_fpir(target)
        above = 1 - np.exp(-np.exp(-(few.threshold_at(target) - 0.22) / 0.03))
        held += low <= above <= high
    assert held / 200 >= share


def test_it_is_known_whether_a_calibration_was_lost(tmp_path: Path) -> None:
    before, after = tmp_path / "snapshots" / "abc", tmp_path / "snapshots" / "def"
    assert not lost_with(before, after)
    keep_strangers(before, found())
    assert lost_with(before, after)
    keep_strangers(after, found())
    assert not lost_with(before, after)


def test_what_was_kept_can_be_taken_back(tmp_path: Path) -> None:
    snapshot, other = (tmp_path / "snapshots" / each for each in ("a" * 12, "b" * 12))
    for each in (snapshot, other):
        each.mkdir(parents=True)
        keep_strangers(each, found())
    assert drop_strangers(snapshot) == tmp_path / "calibrated" / f"{'a' * 12}.json"
    assert (is_calibrated(snapshot), is_calibrated(other)) == (False, True)
    assert drop_strangers(snapshot) is None
