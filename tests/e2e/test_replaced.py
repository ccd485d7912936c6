"""Footage that is another one when its turn comes: refused by name, and nothing of it counts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.schema import Config, EngineConfig, FootageConfig
from lfr_batch.engine.in_process import in_process
from lfr_batch.records import SegmentOutcome
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import create_run
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import Means, RunResult, execute_run
from lfr_batch.scanning.progress import Unheard
from tests.e2e.here import lfr
from tests.one_case import Casework
from tests.planned import make_plan
from tests.work_here import work_here

IN_PIECES = Config(
    engine=EngineConfig(kind="in_process"), footage=FootageConfig(segment_s=5.0)
)  # of a walk of nine seconds there are two


def padded(source: Path, place: Path, size: int) -> Path:
    """The video with a box behind it that no reader looks at: it shows the same in more bytes."""
    data = source.read_bytes()
    more = size - len(data)
    place.write_bytes(data + more.to_bytes(4, "big") + b"free" + bytes(more - 8))
    return place


def plan(casework: Casework, results: Path, *paths: Path) -> str:
    made = make_plan(casework.order(*map(str, paths), config=IN_PIECES))
    store = open_store(str(results), IN_PIECES.s3)
    create_run(store, made.request, made.assets, made.segments)
    return made.request.run_id


def footage(results: Path) -> dict[str, dict[str, Any]]:
    """Its rows by file."""
    found = run_query(open_lake(results), "SELECT * FROM footage").to_pylist()
    return {row["uri"]: row for row in found}


def replaced(path: Path, other: Path) -> None:
    shutil.copy(other, path)


def deleted(path: Path, _: Path) -> None:
    path.unlink()


SENTENCES = {
    replaced: "has changed since the run was planned (its size is the same",
    deleted: "is gone since the run was planned",
}


def test_other_files_than_the_planned_ones(casework: Casework, tmp_path: Path) -> None:
    """Nobody is in what was planned; the astronaut walks through what stands there later."""
    kept, other, results = tmp_path / "kept", tmp_path / "other", tmp_path / "results"
    nobody, somebody = casework.footage / "empty.mp4", casework.played / "passing.mp4"
    size = max(clip.stat().st_size for clip in (nobody, somebody)) + 100
    padded(nobody, kept, size)
    padded(somebody, other, size)
    paths = {change: tmp_path / f"{change.__name__}.mp4" for change in SENTENCES}
    for path in paths.values():
        shutil.copy(kept, path)
    run = plan(casework, results, *paths.values())
    for change, path in paths.items():
        change(path, other)

    resumed = lfr(casework.home, "resume", run, "--out", results)
    assert resumed.returncode == 3, resumed.stderr
    rows = footage(results)
    for change, sentence in SENTENCES.items():
        path = paths[change]
        assert f"{path} {sentence}" in " ".join(resumed.stderr.split())
        row = rows[str(path)]
        assert (row["status"], row["searched_s"], row["sightings"]) == ("failed", 0.0, 0)
        assert f"{path} {sentence}" in row["error"]
        assert row["content_id"] == row["sha256"]

    for path in paths.values():
        shutil.copy(kept, path)
    mended = lfr(casework.home, "resume", run, "--retry-failed", "--out", results)
    assert mended.returncode == 0, mended.stderr
    assert {row["status"] for row in footage(results).values()} == {"ok"}


@pytest.mark.parametrize("change", [replaced, deleted])
def test_a_file_that_goes_in_mid_run_counts_as_far_as_it_was_the_planned_one(
    casework: Casework, tmp_path: Path, change: Callable[[Path, Path], None]
) -> None:
    path, other, results = tmp_path / "cam.mp4", tmp_path / "other", tmp_path / "results"
    shutil.copy(casework.footage / "walk.mp4", path)
    other.write_bytes(path.read_bytes()[:-1] + b"?")
    run = plan(casework, results, path)

    def after_the_first(outcome: SegmentOutcome) -> None:
        if outcome.start_s == 0:
            change(path, other)

    result = execute(results, run, after_the_first)
    first, second = sorted(result.outcomes.values(), key=lambda outcome: outcome.start_s)
    assert (first.status, first.sightings) == ("done", 1)
    assert (second.status, second.sightings, second.media_s) == ("failed", 0, 0.0)
    row = footage(results)[str(path)]
    assert (row["status"], row["sightings"]) == ("damaged", 1)
    assert row["searched_s"] == first.media_s
    assert str(path) in row["error"]


class Telling(Unheard):
    """Says what has come."""

    def __init__(self, on_outcome: Callable[[SegmentOutcome], None]) -> None:
        self._on_outcome = on_outcome

    def take(self, outcome: SegmentOutcome) -> None:
        self._on_outcome(outcome)


def execute(results: Path, run: str, on_outcome: Callable[[SegmentOutcome], None]) -> RunResult:
    store = open_store(str(results), IN_PIECES.s3)
    with work_here():
        return execute_run(StoredRun(store, run), Means(in_process), Telling(on_outcome))
