"""Standing jobs on real footage: what was searched is not again, and nothing is left out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.front.listeners import RunListener
from lfr_batch.front.sifting import Sifted
from lfr_batch.results.store import open_store
from lfr_batch.results.ticks import list_jobs
from tests.casework import AUTHORITY, Casework

OLD_S = 100.0


@pytest.fixture
def settings(casework: Casework, tmp_path: Path) -> lfr.Settings:
    here = {"engine.kind": "in_process"}
    return lfr.Settings(changes=here, home=casework.home, results=tmp_path / "results")


@pytest.fixture
def archive(casework: Casework, tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    put(casework.played / "passing.mp4", folder / "passing.mp4")
    put(casework.footage / "empty.mp4", folder / "empty.mp4")
    return folder


def put(source: Path, target: Path, also: bytes = b"") -> None:
    """As a file that has been there for a while; ``also`` makes its bytes others."""
    free = (8 + len(also)).to_bytes(4, "big") + b"free" + also if also else b""
    target.write_bytes(source.read_bytes() + free)


def settle_down(folder: Path) -> None:
    """Until times of change tell: the product takes none that is younger than two seconds."""
    import time

    newest = max(path.stat().st_ctime for path in folder.rglob("*"))
    while time.time() - newest <= 2.1:
        time.sleep(0.05)


def searched(settings: lfr.Settings) -> list[tuple[str, str]]:
    with lfr.open_results(settings) as results:
        rows = results.arrow("SELECT run_id, uri FROM footage ORDER BY ALL").to_pylist()
    return [(row["run_id"], Path(row["uri"]).name) for row in rows]


def test_only_what_is_new_is_searched(
    casework: Casework, archive: Path, settings: lfr.Settings
) -> None:
    settle_down(archive)
    first = lfr.scan_new(archive, "people", AUTHORITY, settings=settings)
    assert first.run is not None
    assert (first.run.status, first.run.sightings, first.files) == ("complete", 1, 2)
    assert first.run.ask("new_sightings").num_rows == 1
    nothing = lfr.scan_new(archive, "people", AUTHORITY, settings=settings)
    assert (nothing.run, nothing.searched_before) == (None, {first.run.run_id: 2})
    put(casework.played / "passing.mp4", archive / "late.mp4", b"another")
    shutil.copy(archive / "passing.mp4", archive / "copy.mp4")
    second = lfr.scan_new(archive, "people", AUTHORITY, settings=settings)
    assert second.run is not None
    assert second.searched_before == {first.run.run_id: 2}
    assert second.run.result.request.searched_before == {first.run.run_id: 2}
    assert second.run.sightings == 1
    with lfr.open_results(settings) as results:
        asked = "SELECT uri, known_from, status, segments FROM footage WHERE run_id = $run"
        rows = results.arrow(f"{asked} ORDER BY uri", {"run": second.run.run_id}).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (str(archive / "copy.mp4"), first.run.run_id, "ok", 0),
        (str(archive / "late.mp4"), None, "ok", 1),
    ]
    (job,) = list_jobs(open_store(settings.results or ""))
    assert (job.ticks, job.runs, job.watches) == (3, 2, False)
    assert job.last is not None
    assert (job.last.run_id, job.last.files) == (second.run.run_id, 4)


def test_another_case_or_setting_searches_all_of_it(archive: Path, settings: lfr.Settings) -> None:
    settle_down(archive)
    assert lfr.scan_new(archive, "people", AUTHORITY, settings=settings).run
    other = replace(AUTHORITY, case_ref="CASE-2")
    tick = lfr.scan_new(archive, "people", other, settings=settings)
    assert tick.run is not None
    assert (tick.searched_before, tick.run.sightings) == ({}, 1)
    assert tick.run.ask("new_sightings").num_rows == 1
    told: list[Sifted] = []
    finer = replace(settings, changes={**settings.changes, "footage.sample_fps": 6})
    listener = RunListener(sifted=told.append)
    tick = lfr.scan_new(archive, "people", AUTHORITY, settings=finer, listener=listener)
    assert tick.run is not None
    assert tick.run.sightings == 1
    assert tick.run.ask("new_sightings").num_rows == 0
    (sifted,) = told
    assert sifted.again is not None
    assert (sifted.again.files, round(sifted.again.forecast.media_s)) == (2, 7)
