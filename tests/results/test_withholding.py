"""Runs that nobody may read for now: gone from every view and from the folders of the lake, kept
whole, and put back as they were."""

from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.results import layout
from lfr_batch.results.checked import faults
from lfr_batch.results.compact import compact
from lfr_batch.results.forget import forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.manifest_log import manifest_path, newest_number, read_manifest
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.rebuilt import rebuild
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.sql import run_query
from lfr_batch.results.status import run_progress
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.withheld import withheld_sentences
from lfr_batch.results.withholding import is_withheld, put_back, require_shown, withhold
from lfr_batch.storage.store import Store
from tests.holding import record_run
from tests.traces import content

from .publishing import published
from .synthetic import LEFT_RUN_ID, RUN_ID, STARTED, searched_run

OTHER = "20260203-080000-scan-0003"
WHY = "AUTH-20260203-0001 was not decided"
VIEWS = ("runs", *PUBLISHED)


@pytest.fixture
def run(store: Store) -> StoredRun:
    for run_id in (RUN_ID, OTHER):
        published(store, run_id)
    for dataset in ("alerts", "reviews"):
        store.delete(dataset)
    return StoredRun(store, RUN_ID)


def rows(root: str) -> dict[str, list[dict[str, Any]]]:
    lake = open_lake(root)
    try:
        found = {view: run_query(lake, f"FROM {view} ORDER BY ALL").to_pylist() for view in VIEWS}
    finally:
        lake.close()
    return {view: [{**row, "revision": None} for row in found[view]] for view in VIEWS}


def taken_out(run: StoredRun) -> None:
    with lock_run(run) as hold:
        withhold(hold, WHY)


def put_in(run: StoredRun) -> None:
    with lock_run(run) as hold:
        put_back(hold)


@pytest.mark.parametrize(
    ("root", "compacted"), [("disk", False), ("disk", True), ("bucket", False)], indirect=["root"]
)
def test_nobody_reads_it_and_then_it_is_as_it_was(
    run: StoredRun, root: str, compacted: bool
) -> None:
    before = rows(root)
    if compacted:
        assert compact(run.store).groups == 1
    taken_out(run)
    veiled = rows(root)
    for dataset in PUBLISHED:
        others = [row for row in before[dataset] if row["run_id"] != RUN_ID]
        assert veiled[dataset] == others, dataset
    (row,) = (row for row in veiled["runs"] if row["run_id"] == RUN_ID)
    assert (row["status"], row["error"], row["sightings"]) == ("withheld", WHY, None)
    assert list(faults(run.store)) == []
    assert (is_withheld(run), is_withheld(StoredRun(run.store, OTHER))) == (True, False)
    with pytest.raises(UsageError, match=WHY):
        require_shown(run)
    put_in(run)
    assert rows(root) == before
    assert list(faults(run.store)) == []
    require_shown(run)


def test_files_that_anybody_can_glob_have_nothing_of_it(run: StoredRun, root: str) -> None:
    (path,) = run.store.list(run.directory("sightings"))
    taken_out(run)
    assert not any(run.store.list(run.directory(dataset)) for dataset in PUBLISHED)
    assert path not in {part.path for part in read_manifest(run.store).parts()}
    kept = [path for path in run.store.list(layout.WITHHELD) if "/sightings/" in path]
    assert len(kept) == 1


def test_doing_it_again_changes_nothing(run: StoredRun, root: str) -> None:
    put_in(run)
    before = rows(root)
    taken_out(run)
    number = newest_number(run.store)
    taken_out(run)
    assert newest_number(run.store) == number
    compact(run.store)
    assert is_withheld(run)
    put_in(run)
    taken_out(run)
    put_in(run)
    put_in(run)
    assert rows(root) == before


def test_whoever_asks_is_told(run: StoredRun, root: str) -> None:
    taken_out(run)
    lake = open_lake(root)
    (said,) = withheld_sentences(lake)
    assert RUN_ID in said
    assert WHY in said
    assert withheld_sentences(lake, [OTHER]) == []
    lake.close()
    shown = run_progress(run)
    assert (shown.status, shown.error, shown.sightings) == ("withheld", WHY, None)
    assert shown.progress.pending == 0


def test_who_is_forgotten_does_not_come_back(run: StoredRun, root: str) -> None:
    taken_out(run)
    found = forget(run.store, Forgetting("subject", "S029", "a note"))
    assert found.runs == (RUN_ID, OTHER)
    assert is_withheld(run)
    (row,) = (row for row in rows(root)["runs"] if row["run_id"] == RUN_ID)
    assert (row["status"], row["error"], row["forgotten"]) == ("withheld", WHY, ["a note"])
    paths = [path for path in run.store.list("") if path.endswith(".parquet")]
    assert not [p for p in paths if b"S029" in content(p, run.store.read(p))]
    put_in(run)
    after = rows(root)
    assert {row["run_id"] for row in after["sightings"]} == {RUN_ID, OTHER}
    assert "S029" not in {row["subject_id"] for row in after["candidates"]}
    assert list(faults(run.store)) == []


def test_it_is_forgotten_as_a_whole(run: StoredRun, root: str) -> None:
    taken_out(run)
    found = forget(run.store, Forgetting("run", RUN_ID))
    assert found.rows["sightings"] == 4
    assert not [path for path in run.store.list("") if RUN_ID in path]
    assert run.store.list(layout.WITHHELD) == ()
    assert {row["run_id"] for row in rows(root)["runs"]} == {OTHER}


def test_a_manifest_that_is_made_anew_knows_it(run: StoredRun, root: str) -> None:
    before = rows(root)
    taken_out(run)
    veiled = rows(root)
    run.store.write_atomic(manifest_path(newest_number(run.store)), b"{")
    assert rebuild(run.store) is not None
    assert rows(root) == veiled
    assert is_withheld(run)
    put_in(run)
    assert rows(root) == before


def test_what_lacks_is_a_fault(run: StoredRun) -> None:
    taken_out(run)
    lost = next(path for path in run.store.list(layout.WITHHELD) if "/best_shots/" in path)
    run.store.delete(lost)
    assert [(fault.path, fault.what) for fault in faults(run.store)] == [(lost, "missing")]


def test_a_run_that_is_under_way_can_be_withheld_and_goes_on_later(disk: Store) -> None:
    asked, _ = searched_run(disk, LEFT_RUN_ID)
    record_run(disk, asked, "running", at=STARTED)
    run = StoredRun(disk, LEFT_RUN_ID)
    taken_out(run)
    assert (latest_row(run) or {})["status"] == "withheld"
    put_in(run)
    assert (latest_row(run) or {})["status"] == "running"


def test_what_was_decided_about_it_is_not_read_either(run: StoredRun, root: str) -> None:
    for run_id in (RUN_ID, OTHER):
        path = layout.review_of_sighting(run_id, "beef", "1")
        row = {**dict.fromkeys(part_schema("reviews").names), "review_id": run_id}
        write_part(run.store, path, [row], part_schema("reviews"))

    def reviewed() -> list[str]:
        lake = open_lake(root)
        asked = "SELECT review_id FROM reviews ORDER BY review_id"
        found: list[str] = run_query(lake, asked).column(0).to_pylist()
        lake.close()
        return found

    assert reviewed() == [RUN_ID, OTHER]
    taken_out(run)
    assert reviewed() == [OTHER]
    put_in(run)
    assert reviewed() == [RUN_ID, OTHER]
