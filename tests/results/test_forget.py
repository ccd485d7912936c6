"""Forgetting by command: what goes is gone from every file, what stays is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pytest

from lfr_batch.errors import RunBusy, RunNotFound, UsageError
from lfr_batch.results.compact import compact
from lfr_batch.results.forget import count, forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import load_run, require_open
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.traces import content

from .crash import crash_report
from .publishing import copy_lake, published
from .synthetic import RUN_ID, archive, searched_run

OTHER, THIRD = "20260203-080000-scan-0003", "20260204-080000-scan-0004"
VIEWS = ("runs", *PUBLISHED)
NOTE = "2026-11-27 of case OP-1"


def rows(root: str, view: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = run_query(
        open_lake(root), f"FROM {view} ORDER BY ALL"
    ).to_pylist()
    return found


def everything(root: str) -> Mapping[str, pa.Table]:
    lake = open_lake(root)
    tables = {view: run_query(lake, f"FROM {view} ORDER BY ALL") for view in VIEWS}
    lake.close()
    return MappingProxyType(tables)


Rows = dict[str, list[dict[str, Any]]]


def rows_of(tables: Mapping[str, pa.Table]) -> Rows:
    return {view: table.to_pylist() for view, table in tables.items()}


def bytes_anywhere(store: Store) -> bytes:
    paths = (path for path in store.list("") if not path.startswith("alerts"))
    return b"".join(content(path, store.read(path)) for path in paths)


def fill(store: Store, how: str) -> None:
    """Three runs; the last is published after the others were compacted, or none was."""
    for run_id in (RUN_ID, OTHER):
        published(store, run_id)
    if how != "apart":
        compact(store)
    published(store, THIRD)
    if how == "compacted":
        compact(store)


@dataclass(frozen=True, slots=True)
class FilledLake:
    folder: Path
    """Never changed."""
    rows: Mapping[str, pa.Table]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], FilledLake]:
    @cache
    def make(how: str) -> FilledLake:
        folder = tmp_path_factory.mktemp("filled") / "lake"
        fill(open_store(folder), how)
        return FilledLake(folder, everything(str(folder)))

    return make


HOW = ("apart", "compacted", "one of each")
ON_DISK = tuple(("disk", how) for how in HOW)
every_kind = pytest.mark.parametrize(("root", "how"), ON_DISK, indirect=True)
apart_and_mixed = pytest.mark.parametrize(("root", "how"), ON_DISK[::2], indirect=True)
the_last_in_a_bucket = pytest.mark.parametrize(
    ("root", "how"), [*ON_DISK[:2], ("bucket", HOW[-1])], indirect=True
)
of_the_mixed_kind = pytest.mark.parametrize(("root", "how"), ON_DISK[2:], indirect=True)
"""Where a run is, what is found of it is the same."""


@pytest.fixture
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def filled(store: Store, how: str, made: Callable[[str], FilledLake]) -> Store:
    copy_lake(made(how).folder, store)
    return store


@pytest.fixture
def before(how: str, made: Callable[[str], FilledLake]) -> Mapping[str, pa.Table]:
    return made(how).rows


@every_kind
def test_a_run_is_gone_and_the_others_are_as_they_were(
    filled: Store, root: str, before: Mapping[str, pa.Table]
) -> None:
    gone = forget(filled, Forgetting("run", OTHER, NOTE))
    assert gone.runs == (OTHER,)
    assert gone.rows["sightings"] == 4
    for view, table in everything(root).items():
        kept = [row for row in before[view].to_pylist() if row["run_id"] != OTHER]
        assert table.to_pylist() == kept
    assert not [
        path
        for path in filled.list("")
        if OTHER in path and "alerts" not in path and "reviews" not in path
    ]
    with pytest.raises(RunNotFound):
        load_run(StoredRun(filled, OTHER))
    assert count(filled, Forgetting("run", OTHER)).nothing


@the_last_in_a_bucket
def test_a_subject_is_gone_from_rows_rank_lists_and_pictures(
    filled: Store, root: str, before: Mapping[str, pa.Table]
) -> None:
    was = rows_of(before)
    subject = str(was["sightings"][0]["subject_id"])
    lost = {r["sighting_id"] for r in was["sightings"] if r["subject_id"] == subject}
    pictures = pictures_of(r for r in was["best_shots"] if r["sighting_id"] in lost)
    assert len(pictures) > sum(r["sighting_id"] in lost for r in was["best_shots"])
    there = bytes_anywhere(filled)
    assert all(picture in there for picture in pictures)
    asked = Forgetting("subject", subject, NOTE)
    foreseen = count(filled, asked)
    assert forget(filled, asked) == foreseen
    after = rows_of(everything(root))
    assert after["sightings"] == [r for r in was["sightings"] if r["subject_id"] != subject]
    assert after["best_shots"] == [r for r in was["best_shots"] if r["sighting_id"] not in lost]
    assert after["candidates"] == [
        r for r in was["candidates"] if r["sighting_id"] not in lost and r["subject_id"] != subject
    ]
    assert after["segments"] == was["segments"]
    require_counted(after)
    left = bytes_anywhere(filled)
    assert not [picture for picture in pictures if picture in left]
    assert not filled.list("_lake/retired")
    assert count(filled, asked).nothing


def pictures_of(shots: Iterable[Mapping[str, Any]]) -> list[bytes]:
    return [bytes(jpeg) for shot in shots for jpeg in (shot["jpeg"], *shot["further_jpegs"])]


def require_counted(after: Rows) -> None:
    """Runs and files have as many sightings as there are of them, and runs say why."""
    for row in after["runs"]:
        of_run = [r for r in after["sightings"] if r["run_id"] == row["run_id"]]
        assert (row["sightings"], row["forgotten"]) == (len(of_run), [NOTE])
    for row in after["footage"]:
        here = [
            r
            for r in after["sightings"]
            if (r["run_id"], r["footage_id"]) == (row["run_id"], row["footage_id"])
        ]
        assert row["sightings"] == len(here)


@apart_and_mixed
def test_footage_is_gone_from_rows_plan_and_request_and_its_runs_cannot_be_resumed(
    filled: Store, root: str, before: Mapping[str, pa.Table]
) -> None:
    uri, was = archive().assets[0].uri, rows_of(before)
    of_file = {r["footage_id"] for r in was["footage"] if r["uri"] == uri}
    forget(filled, Forgetting("footage", uri, NOTE))
    after = rows_of(everything(root))
    for view in ("footage", "segments", "sightings"):
        kept = [r for r in was[view] if r["footage_id"] not in of_file]
        assert after[view] == kept
        assert len(kept) < len(was[view])
    assert uri.encode() not in bytes_anywhere(filled)
    run = StoredRun(filled, RUN_ID)
    with pytest.raises(UsageError, match=r"taken out of run .* start a new run"):
        require_open(run)
    row = latest_row(run)
    assert row is not None
    assert row["forgotten"] == [NOTE]


def test_other_runs_of_the_same_group_say_nothing_of_it(store: Store, root: str) -> None:
    published(store, RUN_ID)
    published(store, OTHER, gallery="wanted")
    compact(store)
    before = {row["run_id"]: row for row in rows(root, "runs")}
    forget(store, Forgetting("subject", archive().sightings[0].subject_id, NOTE, "custody"))
    after = {row["run_id"]: row for row in rows(root, "runs")}
    assert after[OTHER] == before[OTHER]
    assert after[RUN_ID]["forgotten"] == [NOTE]


def test_shards_of_a_run_that_is_not_finished_go_too(store: Store, root: str) -> None:
    _, made = searched_run(store, RUN_ID)
    published(store, OTHER)
    subject = made.sightings[0].subject_id
    assert store.list(f"_state/run_id={RUN_ID}/shards")
    asked = Forgetting("subject", subject, NOTE)
    assert RUN_ID in count(store, asked).runs
    forget(store, asked)
    assert not store.list(f"_state/run_id={RUN_ID}/shards")
    with pytest.raises(UsageError, match="taken out"):
        require_open(StoredRun(store, RUN_ID))


@of_the_mixed_kind
def test_a_run_that_somebody_works_on_is_refused_by_name(
    filled: Store, root: str, before: Mapping[str, pa.Table]
) -> None:
    with lock_run(StoredRun(filled, OTHER)), pytest.raises(RunBusy, match=OTHER):
        forget(filled, Forgetting("run", OTHER, NOTE))
    assert everything(root) == before


@of_the_mixed_kind
def test_nobody_of_that_name_changes_nothing(
    filled: Store, root: str, before: Mapping[str, pa.Table]
) -> None:
    gone = forget(filled, Forgetting("subject", "nobody", NOTE))
    assert gone.nothing
    assert everything(root) == before


def test_it_is_nothing_in_a_lake_that_is_not_there(tmp_path: Path) -> None:
    assert count(open_store(tmp_path / "none"), Forgetting("run", RUN_ID)).nothing


@pytest.mark.long
@pytest.mark.parametrize(
    "scenario",
    ["forget", "forget footage, compacted"],
)
def test_a_kill_is_made_good_by_the_next(scenario: str) -> None:
    steps = crash_report(scenario)
    assert len(steps) > 10
    assert [step["killed"] for step in steps] == [True] * (len(steps) - 1) + [False]
    gone = steps[-1]["after_kill"]
    for step in steps:
        assert step["after_kill"]["runs"] == 3
        assert step["after_kill"]["sightings"] >= gone["sightings"]
        assert {**step["after_retry"], "sha256": 0} == {**gone, "sha256": 0}
