"""`lfr du`: what is said to lie there is what lies there."""

from __future__ import annotations

from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.front.disk_use import DiskUse, disk_use
from lfr_batch.results.compact import compact
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.store import open_store
from tests.front.forgotten import OTHER, fill
from tests.gallery.conftest import people_of
from tests.gallery.grown import grow
from tests.results.synthetic import RUN_ID


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "cache"))


def of_kind(uses: list[DiskUse], kind: str) -> dict[str, int]:
    return {use.name: use.bytes for use in uses if use.kind == kind}


def bytes_in(*folders: Path) -> int:
    files = {
        p.stat().st_ino: p.stat().st_size for f in folders for p in f.rglob("*") if p.is_file()
    }
    return sum(files.values())


def test_of_a_home_every_byte_once(tmp_path: Path) -> None:
    settings = fill(tmp_path / "home")
    grow(tmp_path / "home", people_of({"S901": 3}))
    page = lfr.report(tmp_path / "r.html", run=OTHER, settings=settings).path
    uses = disk_use(settings)
    root = tmp_path / "home" / "results"
    datasets = of_kind(uses, "dataset")
    assert datasets == {name: bytes_in(root / name) for name in datasets}
    assert {*datasets} == {*DATASETS} - {"evaluations"}  # none was made
    runs = of_kind(uses, "run")
    assert {*runs} == {RUN_ID, OTHER}
    assert sum(runs.values()) == sum(of_kind(uses, "case").values()) == sum(datasets.values())
    gallery = of_kind(uses, "gallery")
    assert len(gallery) == 4, "two snapshots, what they share, and notes"
    assert sum(gallery.values()) == bytes_in(tmp_path / "home" / "galleries")
    (report,) = of_kind(uses, "report").values()
    assert report == page.stat().st_size


def test_of_groups_by_month_and_case(tmp_path: Path) -> None:
    settings = fill(tmp_path / "home")
    compact(open_store(tmp_path / "home" / "results"))
    uses = disk_use(settings)
    assert of_kind(uses, "run") == {}
    assert [name.split("/")[0] for name in of_kind(uses, "group")] == ["2026-01"]
    whole = sum(of_kind(uses, "dataset").values())
    assert sum(of_kind(uses, "case").values()) == whole
    assert of_kind(uses, "state")["retired"] > 0


def test_where_there_is_nothing(tmp_path: Path) -> None:
    uses = disk_use(lfr.Settings(home=tmp_path / "home", results=tmp_path / "results"))
    assert sum(use.bytes for use in uses) == 0
    assert not (tmp_path / "results").exists()
