from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lfr_batch.errors import RunNotFound
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import RunStatus
from lfr_batch.results.sql import Lake
from lfr_batch.results.status import FileState, not_whole, run_progress, run_rows
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import record_run

from .synthetic import LEFT_RUN_ID, RUN_ID, STARTED, archive, searched_run


def test_runs_newest_first_and_the_one_nobody_works_on_is_interrupted(
    lake: Lake, finished: Store
) -> None:
    rows = run_rows(lake, finished)
    assert [(r["run_id"], r["status"], r["sightings"]) for r in rows] == [
        (RUN_ID, "complete_with_failures", 4),
        (LEFT_RUN_ID, "interrupted", None),
    ]
    with lock_run(StoredRun(finished, LEFT_RUN_ID)):
        assert run_rows(lake, finished)[1]["status"] == "running"


def test_progress_of_a_finished_run(finished: Store) -> None:
    status = run_progress(StoredRun(finished, RUN_ID))
    assert (status.status, status.sightings, status.elapsed_s) == ("complete_with_failures", 4, 458)
    assert (status.progress.done, status.progress.failed, status.progress.quarantined) == (6, 1, 1)
    assert status.progress.errors == {"its worker was killed twice": 1, "cut off after 121.4 s": 1}
    assert status.speed == pytest.approx(300 / 458)


def test_progress_of_a_run_that_is_under_way(finished: Store) -> None:
    status = run_progress(StoredRun(finished, LEFT_RUN_ID), now=STARTED + timedelta(seconds=100))
    assert (status.status, status.elapsed_s, status.sightings) == ("interrupted", 100, 4)
    assert status.speed == pytest.approx(3.0)


def test_an_unknown_run(finished: Store) -> None:
    with pytest.raises(RunNotFound, match=f"recent runs are {RUN_ID}, {LEFT_RUN_ID}"):
        run_progress(StoredRun(finished, "20260131"))


def test_files_that_are_not_whole_are_told_apart(disk: Store) -> None:
    """As they are now, while the run goes on and after it."""
    made = archive()
    gate, yard, phone, still, broken = made.assets
    partly = replace(gate, status="partly", unsearched="a depth stream", unsearched_share=0.5)
    assets = (partly, yard, phone, still, broken)
    outcomes = {
        **made.outcomes,
        "f-phone-0000": replace(
            made.outcomes["f-phone-0000"], unsearched="too dark at night", unsearched_s=20.0
        ),
    }
    under_way = {key: made for key, made in outcomes.items() if key != "f-phone-0000"}
    before = {f.uri: (f.status, f.error) for f in not_whole(assets, made.segments, under_way)}
    assert before == {
        gate.uri: ("partly", "a depth stream"),
        yard.uri: ("damaged", "its worker was killed twice; cut off after 121.4 s"),
        broken.uri: ("failed", "no video stream in it"),
    }
    after = {f.uri: f for f in not_whole(assets, made.segments, outcomes)}
    assert after[phone.uri] == FileState(phone.uri, "partly", 0.25, "too dark at night")
    assert after[gate.uri].unsearched_share == 0.5
    assert after[broken.uri].unsearched_share == 1.0


def test_streams_of_one_file_that_are_not_whole_are_told_apart() -> None:
    gate, yard, *_ = archive().assets
    failed = {"uri": gate.uri, "status": "failed"}
    two = (
        replace(gate, stream=0, error=f"{gate.uri}: no keyframe", **failed),  # type: ignore[arg-type]
        replace(yard, stream=1, error="no picture", **failed),  # type: ignore[arg-type]
    )
    assert [state.sentence for state in not_whole(two, (), {})] == [
        f"{gate.uri} (video stream 1): no keyframe",
        f"{gate.uri} (video stream 2): no picture",
    ]


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        ("running", False),
        ("failed", False),
        ("complete", True),
        ("complete_partly", True),
        ("complete_with_failures", True),
    ],
)
def test_a_run_that_was_searched_partly_is_finished(
    disk: Store, status: RunStatus, finished: bool
) -> None:
    asked, _ = searched_run(disk)
    record_run(disk, asked, status)
    assert run_progress(StoredRun(disk, RUN_ID)).finished == finished
