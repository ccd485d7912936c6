from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from lfr_batch.results.lake import open_lake
from lfr_batch.results.ledger import pending, read_outcomes
from lfr_batch.results.report import write_report
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import load_run, read_plan
from lfr_batch.results.sql import run_query
from lfr_batch.results.status import run_progress, run_rows
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import publish_run, record_run

from .synthetic import FINISHED, RUN_ID, STARTED, request, searched_run

WHY = "the disk holding lake is full; free space and try again"


def test_a_run_that_ended_with_an_error_says_so(store: Store, root: str, tmp_path: Path) -> None:
    asked, _ = searched_run(store)
    record_run(store, asked, "running", at=STARTED)
    record_run(store, asked, "failed", error=WHY, at=STARTED + timedelta(seconds=90))
    (row,) = run_rows(open_lake(root), store)
    assert (row["run_id"], row["status"], row["error"]) == (RUN_ID, "failed", WHY)
    shown = run_progress(StoredRun(store, RUN_ID))
    assert (shown.status, shown.error, shown.elapsed_s) == ("failed", WHY, 90)
    (code,) = run_query(open_lake(root), "SELECT exit_code FROM runs").column(0).to_pylist()
    assert code == 1
    write_report(open_lake(root), StoredRun(store, RUN_ID), tmp_path / "report.html")
    assert "failed" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_failed_run_goes_on_and_its_latest_row_wins(store: Store, root: str) -> None:
    asked, made = searched_run(store)
    record_run(store, asked, "failed", error=WHY)
    assert load_run(StoredRun(store, RUN_ID)) == asked
    again = pending(read_plan(StoredRun(store, RUN_ID)), read_outcomes(StoredRun(store, RUN_ID)))
    assert [segment.segment_id for segment in again] == ["f-yard-0060"]
    record_run(store, asked, "running")
    assert run_rows(open_lake(root), store)[0]["status"] == "interrupted"
    publish_run(
        store,
        asked,
        made.assets,
        made.segments,
        made.outcomes,
        made.sightings,
        "complete",
        at=FINISHED,
    )
    (row,) = run_rows(open_lake(root), store)
    assert (row["status"], row["error"], row["sightings"]) == ("complete", None, 4)


def test_revisions_go_on_after_a_row_was_removed_and_past_a_thousand(disk: Store) -> None:
    asked = request()
    for revision in range(3):
        record_run(disk, asked, "failed", error=str(revision))
    first, _, last = disk.list(f"runs/run_id={RUN_ID}")
    disk.delete(first)
    disk.write_atomic(last.replace("-002-", "-999-"), disk.read(last))
    record_run(disk, asked, "failed", error="newest")
    record_run(disk, asked, "running")
    row = latest_row(StoredRun(disk, RUN_ID))
    assert row is not None
    assert (row["revision"], row["status"]) == (1001, "running")
