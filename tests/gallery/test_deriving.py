"""Which score decides, from where on, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lfr_batch.config.schema import DecideConfig
from lfr_batch.errors import ConfigError
from lfr_batch.gallery.calibrated import Strangers, curve_of, keep_strangers
from lfr_batch.gallery.deriving import derive
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.gallery.thresholds import choose_threshold, explain, stricter
from lfr_batch.models.manifest import PackManifest
from lfr_batch.models.open_pack import CALIBRATION_OF_2, MANIFEST

BEFORE = MANIFEST.derivations()[1]
KNOTS_OF_2 = [(point.fmr, point.threshold) for point in CALIBRATION_OF_2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_people: Any) -> Path:
    from tests.gallery.conftest import publish_in

    home = tmp_path_factory.mktemp("home")
    publish_in(home, make_people({f"S{n:03d}": 1 for n in range(120)}), "large")
    publish_in(home, make_people({f"S{n:03d}": 2 for n in range(30)}), "small")
    return home


def derived(folder: Path, name: str, manifest: PackManifest, **decide: Any) -> Any:
    return derive(DecideConfig(**decide), manifest, load_snapshot(folder, name))


@pytest.mark.parametrize(("name", "templates"), [("large", 120), ("small", 60)])
def test_a_gallery_of_before_keeps_its_threshold(folder: Path, name: str, templates: int) -> None:
    choice = derived(folder, name, BEFORE)
    plain = choose_threshold(0.01, templates, KNOTS_OF_2)
    assert (choice.value, choice.score, choice.method) == (plain.value, "cosine", "pack")
    assert choice.lone == stricter(plain, KNOTS_OF_2, 0.1)
    assert choice.expected_fpir is None
    assert f"over {templates} templates needs FMR" in explain(choice)


def test_where_there_are_people_enough_the_relative_score_decides(folder: Path) -> None:
    choice = derived(folder, "large", MANIFEST)
    assert (choice.score, choice.method, choice.people) == ("relative", "gallery", 120)
    assert choice.lone > choice.value
    low, high = choice.expected_fpir
    assert low < 0.01 < high
    said = explain(choice)
    assert "of the relative score: target FPIR 0.01 over 120 people" in said
    assert "are expected to bring up somebody" in said
    assert f"a cosine of {choice.before:.3f}" in said
    assert choice == derived(folder, "large", MANIFEST)


def test_people_not_pictures_are_counted(folder: Path) -> None:
    choice = derived(folder, "small", MANIFEST)
    assert (choice.score, choice.method, choice.people) == ("cosine", "gallery", 30)
    assert choice.comparisons == 60


def test_random_people_are_unlike_each_other_and_lower_the_threshold(folder: Path) -> None:
    """Directions at random score less with each other than faces do."""
    choice = derived(folder, "small", MANIFEST)
    assert choice.value < choose_threshold(0.01, 30, _knots(MANIFEST)).value


def test_a_number_alone_is_a_cosine(folder: Path) -> None:
    choice = derived(folder, "large", MANIFEST, threshold=0.45)
    assert (choice.value, choice.score, choice.overridden) == (0.45, "cosine", True)
    assert explain(choice).startswith("threshold 0.450: given by the operator")


def test_a_relative_threshold_is_one_of_relative_scores(folder: Path) -> None:
    choice = derived(folder, "large", MANIFEST, threshold=0.3, score="relative")
    assert (choice.value, choice.score, choice.overridden) == (0.3, "relative", True)
    assert choice.lone == pytest.approx(0.3 + 0.045, abs=0.01)
    assert explain(choice).startswith("threshold 0.300 of the relative score: given by")


def test_the_cosine_can_be_asked_for(folder: Path) -> None:
    choice = derived(folder, "large", MANIFEST, score="cosine")
    assert (choice.score, choice.method) == ("cosine", "gallery")


@pytest.mark.parametrize("threshold", [None, 0.3])
def test_a_relative_score_that_cannot_be_had_is_refused(
    folder: Path, threshold: float | None
) -> None:
    with pytest.raises(ConfigError, match="it takes 52 people, and gallery 'small' has 30") as said:
        derived(folder, "small", MANIFEST, score="relative", threshold=threshold)
    assert "--threshold cosine:NUMBER" in str(said.value)
    if threshold is None:
        with pytest.raises(ConfigError, match="open@2, with which gallery 'large' was enrolled"):
            derived(folder, "large", BEFORE, score="relative")


def _knots(manifest: PackManifest) -> list[tuple[float, float]]:
    return [(point.fmr, point.threshold) for point in manifest.calibration]


def test_strangers_who_were_searched_for_decide(folder: Path) -> None:
    snapshot = load_snapshot(folder, "large")
    scores = np.random.default_rng(2).normal(0.2, 0.04, 2000)
    keep_strangers(snapshot.path, strangers(snapshot, "relative", scores))
    try:
        for manifest in (MANIFEST, BEFORE):
            choice = derived(folder, "large", manifest)
            assert (choice.score, choice.method) == ("relative", "impostors")
            assert choice.value == pytest.approx(np.quantile(scores, 0.99), abs=0.004)
            assert choice.lone > choice.value
            assert "over 2,000 searches for strangers" in explain(choice)
        assert derived(folder, "large", MANIFEST, score="cosine").method == "gallery"
        assert derived(folder, "large", MANIFEST, threshold=0.5).overridden
    finally:
        keep_strangers(snapshot.path, strangers(snapshot, "relative", scores, "0" * 64))
    assert derived(folder, "large", MANIFEST).method == "gallery"  # of other templates


def strangers(snapshot: Any, score: Any, scores: Any, identity: str | None = None) -> Strangers:
    return Strangers(
        score=score,
        probes=len(scores),
        people=len(scores),
        points=curve_of(scores),
        calibrated_utc=datetime(2026, 5, 4, tzinfo=UTC),
        case_ref="OP-1",
        authority="Insp. A",
        pack_identity=identity or snapshot.pack_identity,
    )
