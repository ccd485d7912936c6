"""`lfr gallery enrol` of a watchlist that has not changed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lfr_batch.cli.app import main
from lfr_batch.config.live import WatchlistConfig
from lfr_batch.errors import UsageError
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.deployment.order import make_deployment
from tests.deploying import deployable, order, own_home
from tests.one_case import Casework


def test_enrolled_again_unchanged_a_watchlist_is_good_again(
    casework: Casework,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = own_home(casework, tmp_path)
    (home / "galleries").unlink()
    shutil.copytree(casework.home / "galleries", home / "galleries")
    day = WatchlistConfig(gallery="people", max_age_h=24.0)
    asked = order(deployable(casework, {"north": "walk.mp4"}, watchlist=day), home)
    with pytest.raises(UsageError, match="Watchlist 'people' expired"):
        make_deployment(asked, datetime.now(UTC))
    before = load_snapshot(home, "people")

    monkeypatch.setenv("LFR_HOME", str(home))
    images = str(casework.home.parent / "people")
    stated = ["--case", "CASE-1", "--authority", "ref 2"]
    with pytest.raises(SystemExit) as ended:
        main(["gallery", "enrol", "people", "--images", images, *stated])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "unchanged: the same snapshot as before, confirmed today" in said

    made = make_deployment(asked, datetime.now(UTC))
    assert made.record.snapshot_id == before.snapshot_id
    assert made.snapshot.created_utc == before.created_utc
    assert made.term.ends_by == "window"
