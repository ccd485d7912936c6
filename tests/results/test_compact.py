"""Finished runs put together: the same rows in fewer files, whatever happens meanwhile."""

from __future__ import annotations

import glob
import importlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from lfr_batch.errors import ResultsError, StoreUnreachable
from lfr_batch.results import layout
from lfr_batch.results.compact import compact, compact_if_it_pays
from lfr_batch.results.forget import forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.manifest import LakeManifest
from lfr_batch.results.manifest_log import KEPT, commit, read_manifest
from lfr_batch.results.parts import write_part
from lfr_batch.results.publish import tidy
from lfr_batch.results.remade import make_group, opened
from lfr_batch.results.retire import GRACE, retire
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.locks import open_lock, try_lock
from lfr_batch.storage.store import Store
from tests.holding import record_run

from .committing import added
from .crash import crash_report
from .publishing import publish, published
from .roots import on_both
from .synthetic import STARTED, request
from .test_lake import as_version_0_1_wrote_it

RUNS = tuple(f"202601{day:02d}-080000-scan-000{day}" for day in (3, 4, 5))
LATER = "20260228-080000-scan-0009"
VIEWS = ("runs", *PUBLISHED)
OF_SCANS = tuple(view for view in VIEWS if view != "evaluations")
"""Of which a scan has parts."""


def rows(root: str) -> Mapping[str, pa.Table]:
    lake = open_lake(root)
    return {view: run_query(lake, f"FROM {view} ORDER BY ALL") for view in VIEWS}


def publish_all(store: Store, *run_ids: str) -> None:
    for run_id in run_ids:
        published(store, run_id)


@on_both
def test_rows_stay_what_they_are(store: Store, root: str) -> None:
    publish_all(store, *RUNS, LATER)
    lake = open_lake(root)
    asked = "SELECT count(*), min(score) FROM sightings"
    before, answered = rows(root), run_query(lake, asked)
    done = compact(store)
    assert run_query(lake, asked) == answered
    assert (done.runs, done.groups, done.busy) == (4, 1, False)
    assert rows(root) == before
    manifest = read_manifest(store)
    assert not manifest.runs
    assert [(group.month, group.runs) for group in manifest.groups] == [("2026-01", 4)]
    assert manifest.retiring == ()
    for dataset in OF_SCANS:
        assert {path.split("/")[1][:6] for path in store.list(dataset)} == {"month="}
    again = compact(store)
    assert (again.runs, again.groups) == (0, 1)
    retire(store, datetime.now(UTC) + 2 * GRACE)
    assert run_query(lake, asked) == answered


def test_whoever_reads_by_globs_finds_the_same(store: Store, root: str) -> None:
    publish_all(store, *RUNS)
    plain, place = duckdb.connect(), glob.escape(root).replace("'", "''")
    found = f"read_parquet('{place}/sightings/*/*.parquet')"
    asked = f"SELECT run_id, sighting_id, box, score FROM {found} ORDER BY ALL"
    before = plain.sql(asked).to_arrow_table()
    compact(store)
    assert plain.sql(asked).to_arrow_table() == before
    publish_all(store, LATER)
    assert len(plain.sql(asked).to_arrow_table()) == len(before) * 4 // 3


class Unanswered(LocalStore):
    """Says of one manifest that it could not be reached, when that is written."""

    def write_new(self, path: str, data: bytes) -> bool:
        super().write_new(path, data)
        raise StoreUnreachable("it does not answer")


def test_where_the_answer_to_the_switch_is_lost_nothing_else_is(disk: Store) -> None:
    publish_all(disk, *RUNS)
    before = rows(disk.uri)
    assert compact(Unanswered(Path(disk.uri))).busy
    assert not read_manifest(disk).runs
    assert rows(disk.uri) == before


class HeldUp(LocalStore):
    """Others make more changes than are kept, after the first manifest is written."""

    def write_new(self, path: str, data: bytes) -> bool:
        written, store = super().write_new(path, data), LocalStore(Path(self.uri))
        if LATER not in read_manifest(store).runs:
            for number in range(KEPT + 5):
                commit(store, lambda m, n=number: added(m, f"{LATER}{n or ''}"))  # type: ignore[misc]
        return written


def test_a_switch_that_was_made_and_cannot_be_seen_is_one(disk: Store) -> None:
    publish_all(disk, *RUNS)
    before = rows(disk.uri)
    assert compact(HeldUp(Path(disk.uri))).groups == 1
    manifest = read_manifest(disk)
    assert len(manifest.runs) == KEPT + 5
    assert not manifest.retiring
    commit(disk, lambda m: replace(m, runs={}))
    assert rows(disk.uri) == before


def test_runs_of_before_become_runs_of_today(store: Store, root: str) -> None:
    publish_all(store, RUNS[0])
    as_version_0_1_wrote_it(store, RUNS[0])
    before = rows(root)
    publish_all(store, RUNS[1])
    compact(store)
    lake = open_lake(root)
    for view in OF_SCANS:
        found = run_query(lake, f"FROM {view} WHERE run_id = '{RUNS[0]}' ORDER BY ALL")
        assert found == before[view]


def test_a_run_is_taken_out_of_its_group_to_go_on(store: Store, root: str) -> None:
    publish_all(store, *RUNS)
    before = rows(root)
    compact(store)
    run = StoredRun(store, RUNS[1])
    row = latest_row(run)
    assert row is not None
    assert row["status"] == "complete"
    record_run(store, request(RUNS[1]), "running", at=STARTED)
    manifest = read_manifest(store)
    assert set(manifest.runs) == {RUNS[1]}
    assert [group.runs for group in manifest.groups] == [2]
    now = rows(root)
    assert {view: now[view] for view in PUBLISHED} == {view: before[view] for view in PUBLISHED}
    status = run_query(open_lake(root), "SELECT status FROM runs ORDER BY run_id").column(0)
    assert status.to_pylist() == ["complete", "running", "complete"]


def test_what_an_overtaken_holder_writes_of_it_late_is_not_shown(store: Store, root: str) -> None:
    publish_all(store, *RUNS)
    (late,) = (path for path in store.list(f"runs/run_id={RUNS[0]}") if "finished" in path)
    data = store.read(late)
    compact(store)
    before = rows(root)
    store.write_atomic(late.replace("-finished", "-failed"), data)
    with lock_run(StoredRun(store, RUNS[0])) as hold:
        tidy(hold)
    assert rows(root) == before
    row = latest_row(StoredRun(store, RUNS[0]))
    assert row is not None
    assert row["status"] == "complete"


def test_parts_of_a_run_that_is_taken_out_are_not_taken_for_old_ones(
    store: Store, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old files of its compaction had not left when its process was killed."""
    publish_all(store, *RUNS)
    before = rows(root)
    with monkeypatch.context() as killed:
        killed.setattr("lfr_batch.results.retire.commit", stopped)
        with pytest.raises(KeyboardInterrupt):
            compact(store)
    assert read_manifest(store).retiring
    record_run(store, request(RUNS[1]), "running", at=STARTED)
    retire(store)
    now = rows(root)
    assert {view: now[view] for view in PUBLISHED} == {view: before[view] for view in PUBLISHED}


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_is_put_into_a_group_while_it_gets_a_row_is_taken_out_again(
    store: Store, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_all(store, *RUNS)
    before = rows(root)

    def late(*args: Any) -> None:
        write_part(*args)
        compact(store)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("lfr_batch.results.run_log.write_part", late)
        record_run(store, request(RUNS[1]), "running", at=STARTED)
    now = rows(root)
    assert {view: now[view] for view in PUBLISHED} == {view: before[view] for view in PUBLISHED}
    assert sorted(now["runs"].column("run_id").to_pylist()) == sorted(RUNS)
    assert set(read_manifest(store).runs) == {RUNS[1]}


def test_a_run_that_is_resumed_with_nothing_to_do_stays_in_its_group(
    store: Store, root: str
) -> None:
    for run_id in RUNS:
        record_run(store, request(run_id), "planning", at=STARTED)
        record_run(store, request(run_id), "running", at=STARTED)
        publish(store, run_id)
    before = rows(root)
    compact(store)
    with lock_run(StoredRun(store, RUNS[1])) as hold:
        tidy(hold)
    assert not read_manifest(store).runs
    assert rows(root) == before


def test_old_files_stay_for_a_while_and_go(store: Store) -> None:
    publish_all(store, *RUNS)
    compact(store)
    assert len(store.list(layout.RETIRED)) == len(RUNS) * len(OF_SCANS)
    retire(store, datetime.now(UTC) + GRACE - timedelta(minutes=1))
    assert store.list(layout.RETIRED)
    retire(store, datetime.now(UTC) + GRACE + timedelta(minutes=1))
    assert not store.list(layout.RETIRED)


def test_it_is_done_by_itself_where_it_pays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_all(store, *RUNS)
    assert compact_if_it_pays(store) is None
    monkeypatch.setattr("lfr_batch.results.compaction.PAYS_RUNS", len(RUNS))
    done = compact_if_it_pays(store)
    assert done is not None
    assert done.runs == len(RUNS)


def test_what_goes_on_is_left_alone(store: Store, root: str) -> None:
    publish_all(store, *RUNS)
    record_run(store, request(RUNS[2]), "running", at=STARTED)
    assert compact(store).runs == 2
    assert set(read_manifest(store).runs) == {RUNS[2]}


def test_a_run_that_moves_meanwhile_is_not_put_together(
    store: Store, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_all(store, *RUNS)
    before = rows(root)

    def late(*args: Any) -> Any:
        made = make_group(*args)
        record_run(store, request(RUNS[0]), "running", at=STARTED)
        return made

    monkeypatch.setattr("lfr_batch.results.compact.make_group", late)
    done = compact(store)
    assert (done.runs, done.busy) == (0, True)
    assert not read_manifest(store).groups
    assert {view: t for view, t in rows(root).items() if view != "runs"} == {
        view: t for view, t in before.items() if view != "runs"
    }
    assert not [path for view in VIEWS for path in store.list(view) if "month=" in path]


@pytest.mark.parametrize(
    ("root", "late"),
    [
        ("disk", "batches"),
        ("disk", "require_fit"),
        ("bucket", "make_group"),
    ],
    indirect=["root"],
)
def test_what_is_forgotten_meanwhile_is_no_fault(
    store: Store, root: str, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """Before it is looked which parts there are, before they are read, and while they are."""
    publish_all(store, *RUNS)
    module = "remade" if late == "require_fit" else "compact"
    real = getattr(importlib.import_module(f"lfr_batch.results.{module}"), late)
    forgotten: list[str] = []

    def overtaken(*args: Any) -> Any:
        planned = real(*args) if late != "make_group" else None
        if not forgotten:
            forgotten.append(RUNS[0])
            forget(store, Forgetting("run", RUNS[0]))
        return real(*args) if late == "make_group" else planned

    monkeypatch.setattr(f"lfr_batch.results.{module}.{late}", overtaken)
    done = compact(store)
    assert (done.runs, done.busy) == (0, True)
    assert compact(store).runs == 2
    assert rows(root)["runs"].column("run_id").to_pylist() == list(RUNS[1:])


@on_both
def test_a_part_that_is_lost_is_named(store: Store) -> None:
    publish_all(store, *RUNS)
    (path,) = store.list(f"segments/run_id={RUNS[1]}")
    store.delete(path)
    with pytest.raises(StoreUnreachable, match=f"{re.escape(path)} is not there.*restore it"):
        compact(store)
    assert set(read_manifest(store).runs) == set(RUNS)


def test_a_group_that_another_compaction_takes_while_a_run_is_taken_out_of_it(
    store: Store, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_all(store, *RUNS)
    before = rows(root)
    compact(store)
    taken: list[str] = []

    def overtaken(store: Store, source: LakeManifest) -> Any:
        if not taken:
            taken.append(RUNS[0])
            forget(store, Forgetting("run", RUNS[0]))
        return opened(store, source)

    monkeypatch.setattr("lfr_batch.results.regroup.opened", overtaken)
    record_run(store, request(RUNS[1]), "running", at=STARTED)
    monkeypatch.undo()
    now = rows(root)
    for view in PUBLISHED:
        kept = [row for row in before[view].to_pylist() if row["run_id"] != RUNS[0]]
        assert now[view].to_pylist() == kept
    assert set(read_manifest(store).runs) == {RUNS[1]}


def test_a_damaged_part_is_named_and_nothing_is_changed(store: Store, root: str) -> None:
    publish_all(store, *RUNS)
    (path,) = store.list(f"segments/run_id={RUNS[1]}")
    store.write_atomic(path, store.read(path)[:-40])
    with pytest.raises(ResultsError, match=re.escape(path)):
        compact(store)
    assert set(read_manifest(store).runs) == set(RUNS)
    assert not read_manifest(store).groups


def test_two_at_once_do_not_get_in_each_others_way(disk: Store) -> None:
    publish_all(disk, *RUNS)
    with open_lock(Path(disk.uri) / "_lake/.compacting") as file:
        assert try_lock(file)
        assert compact(disk).busy
    assert compact(disk).runs == len(RUNS)


def test_nothing_there_is_nothing_done(tmp_path: Path) -> None:
    assert compact(open_store(tmp_path / "none")).groups == 0
    assert not (tmp_path / "none").exists()


@pytest.mark.long
def test_a_kill_changes_no_row() -> None:
    steps = crash_report("compact")
    assert len(steps) > 10
    assert [step["killed"] for step in steps] == [True] * (len(steps) - 1) + [False]
    whole = steps[-1]["after_kill"]
    assert whole["folders"] == ["month"]
    for step in steps:
        assert {**step["after_kill"], "folders": 0} == {**whole, "folders": 0}
        assert step["after_retry"] == whole
