"""At which score `lfr gallery check` compares, whatever decides a search."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.config.schema import Config, DecideConfig
from lfr_batch.front import gallery_check
from lfr_batch.front.gallery_check import check_gallery
from lfr_batch.front.settings import Settings
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.store import Pack, load_pack
from tests.cli.here import lfr
from tests.gallery.conftest import people_of, publish_in
from tests.one_case import Casework


@pytest.fixture
def home(tmp_path: Path, casework: Casework, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(casework.home / "models")
    monkeypatch.setenv("LFR_HOME", str(home))
    identity = load_pack(home, "open").manifest.identity
    publish_in(home, people_of({"S1": 2, "S2": 1}), "g", pack_identity=identity)
    return home


def threshold(*overrides: str) -> float:
    found = check_gallery("g", settings=Settings(overrides=overrides))
    return found.health.limits.threshold


def test_a_relative_threshold_is_none_of_cosines(home: Path) -> None:
    derived = threshold()
    assert 0.2 < derived < 0.9
    assert threshold("decide.score=relative", "decide.threshold=0.05") == derived
    assert threshold("decide.score=cosine", "decide.threshold=0.55") == 0.55
    assert threshold("decide.threshold=0.55") == 0.55


def test_without_a_calibration_it_is_the_score_of_duplicates(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = load_pack(home, "open")
    bare = pack.manifest.model_copy(update={"calibration": (), "relative": None})
    monkeypatch.setattr(gallery_check, "pack_for", lambda *_: Pack(bare, pack.directory))
    said = load_snapshot(home, "g").pack_id
    code, out, err = lfr(capsys, "gallery", "check", "g", "--set", "enrol.duplicate_score=0.5")
    assert code in {0, 3}, err
    assert "at threshold 0.500" in out
    assert f"{said} is not calibrated: the threshold is enrol.duplicate_score" in out
    limits = gallery_check._limits(Config(), bare, load_snapshot(home, "g"), 10.0)[0]
    assert (limits.threshold, limits.is_calibrated) == (0.6, False)


def test_a_threshold_that_is_given_stands_without_a_calibration(home: Path) -> None:
    snapshot: Snapshot = load_snapshot(home, "g")
    bare = load_pack(home, "open").manifest.model_copy(update={"calibration": (), "relative": None})
    config = Config(decide=DecideConfig(threshold=0.45))
    limits, _ = gallery_check._limits(config, bare, snapshot, 10.0)
    assert (limits.threshold, limits.is_calibrated) == (0.45, True)
