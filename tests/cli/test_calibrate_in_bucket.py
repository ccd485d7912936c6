"""A calibration of a gallery in a bucket: made on one node, searched with and undone on others."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.gallery.calibrated import FEWEST
from lfr_batch.storage.s3_store import S3Store
from tests.cli.here import lfr
from tests.cli.test_calibrate import HERE, PEOPLE, STATED, linked, row_of, threshold
from tests.e2e.cli import WHO
from tests.s3_servers import team_bucket

pytestmark = pytest.mark.long


@pytest.fixture
def place(tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """With pictures of 60 people, and of others, on this machine."""
    rows = list(csv.DictReader((shared_data / "faces.csv").read_text().splitlines()))
    known = [row for row in rows if row["role"] == "gallery"][:PEOPLE]
    others = [row for row in rows if row["role"] == "nonmated"][:FEWEST]
    linked(tmp_path / "custody", shared_data, known)
    linked(tmp_path / "strangers", shared_data, others)
    linked(tmp_path / "few", shared_data, others[:5])
    monkeypatch.chdir(tmp_path)
    with team_bucket("rclone", tmp_path, monkeypatch) as found:
        yield found


def test_every_node_searches_with_it_until_it_is_taken_back(
    place: str,
    open_pack_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def at(node: str) -> None:
        monkeypatch.setenv("LFR_CACHE", str(tmp_path / node))

    store = S3Store(f"{place}/home", S3Config())
    at("first")
    pictures = ("--images", "custody", "--pick", "largest", *STATED)
    assert lfr(capsys, "models", "add", str(open_pack_home / "models" / "open"))[0] == 0
    assert lfr(capsys, "gallery", "enrol", "custody", *pictures)[0] == 0
    at("second")
    before, _ = threshold(capsys)
    given = ("calibrate", "custody", "--impostors", "strangers", *STATED, *HERE)
    at("first")
    found = row_of(capsys, *given)
    assert len(store.list("galleries/custody/calibrated")) == 1
    for node in ("first", "second"):
        at(node)
        row, line = threshold(capsys)
        assert row["threshold"] == found["threshold"] != before["threshold"]
        assert f"over {found['faces']} searches for strangers" in line

    undone = row_of(capsys, "calibrate", "custody", "--undo", *STATED)
    assert undone["threshold"] == before["threshold"]
    assert not store.list("galleries/custody/calibrated")
    for node in ("first", "second"):
        at(node)
        row, line = threshold(capsys)
        assert row["threshold"] == before["threshold"]
        assert f"over {PEOPLE} people" in line

    row_of(capsys, *given)
    somebody = min(path.stem for path in Path("custody").iterdir())
    code, _, err = lfr(capsys, "gallery", "remove", "custody", somebody, *WHO, "--yes")
    assert code == 0
    assert "was calibrated on strangers, and this is another snapshot" in err
    assert not store.list("galleries/custody/calibrated")
    assert lfr(capsys, "audit", "verify")[0] == 0
