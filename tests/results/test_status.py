from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest

from lfr_batch.errors import RunNotFound
from lfr_batch.results.lock import lock_run
from lfr_batch.results.status import run_progress, run_rows
from lfr_batch.results.store import Store

from .synthetic import LEFT_RUN_ID, RUN_ID, STARTED


def test_runs_newest_first_and_the_one_nobody_works_on_is_interrupted(
    lake: duckdb.DuckDBPyConnection, finished: Store
) -> None:
    rows = run_rows(lake, finished)
    assert [(r["run_id"], r["status"], r["sightings"]) for r in rows] == [
        (RUN_ID, "complete_with_failures", 4),
        (LEFT_RUN_ID, "interrupted", None),
    ]
    with lock_run(finished, LEFT_RUN_ID):
        assert run_rows(lake, finished)[1]["status"] == "running"


def test_progress_of_a_finished_run(finished: Store) -> None:
    status = run_progress(finished, RUN_ID)
    assert (status.status, status.sightings, status.elapsed_s) == ("complete_with_failures", 4, 458)
    assert (status.progress.done, status.progress.failed, status.progress.quarantined) == (6, 1, 1)
    assert status.progress.errors == {"its worker was killed twice": 1, "cut off after 121.4 s": 1}
    assert status.speed == pytest.approx(300 / 458)


def test_progress_of_a_run_that_is_under_way(finished: Store) -> None:
    status = run_progress(finished, LEFT_RUN_ID, now=STARTED + timedelta(seconds=100))
    assert (status.status, status.elapsed_s, status.sightings) == ("interrupted", 100, 4)
    assert status.speed == pytest.approx(3.0)


def test_an_unknown_run(finished: Store) -> None:
    with pytest.raises(RunNotFound, match=f"recent runs are {RUN_ID}, {LEFT_RUN_ID}"):
        run_progress(finished, "20260131")
