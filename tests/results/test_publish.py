from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from lfr_batch.records import SegmentOutcome
from lfr_batch.results import layout, publish
from lfr_batch.results.lake import open_lake
from lfr_batch.results.ledger import read_outcomes
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.shards import list_shards
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import append_outcomes, publish_run, record_run

from .crash import crash_report
from .roots import on_both
from .synthetic import FINISHED, RUN_ID, STARTED, Archive, request, searched_run

DATASETS = ("footage", "segments", "sightings", "candidates", "best_shots")


def bytes_of(store: Store, datasets: Sequence[str] = DATASETS) -> dict[str, bytes]:
    """By path, whoever the holder was. Two holders' parts would be one too many."""
    paths = [path for name in datasets for path in store.list(name)]
    found = {re.sub(layout.EPOCH, "E", path): store.read(path) for path in paths}
    assert len(found) == len(paths)
    return found


def publish_it(store: Store, made: Archive, run_id: str = RUN_ID) -> None:
    publish_run(
        store,
        request(run_id),
        made.assets,
        made.segments,
        made.outcomes,
        made.sightings,
        "complete_with_failures",
        at=FINISHED,
    )


BOX = {"left": 105.0, "top": 81.0, "right": 195.0, "bottom": 202.0}
ANOTHER_BOX = {"left": 100.25, "top": 80.5, "right": 190.0, "bottom": 200.0}


@on_both
def test_a_run_becomes_visible_with_its_final_row(store: Store, root: str) -> None:
    asked, made = searched_run(store)
    record_run(store, asked, "running", at=STARTED)
    publish_it(store, made)
    lake = open_lake(root)
    (run,) = run_query(lake, "SELECT * FROM runs").to_pylist()
    assert (run["run_id"], run["status"], run["exit_code"]) == (
        RUN_ID,
        "complete_with_failures",
        3,
    )
    assert (run["case_ref"], run["gallery_snapshot"]) == ("OP-LANTERN 12/26", "s-0007")
    assert (run["finished_at"], run["started_at"]) == (FINISHED, STARTED)
    assert (run["footage"], run["footage_damaged"], run["footage_failed"]) == (5, 1, 1)
    assert (run["segments_done"], run["segments_failed"], run["segments_quarantined"]) == (6, 1, 1)
    rows = run_query(lake, "SELECT * FROM sightings").to_pylist()
    assert [r["sighting_id"] for r in rows] == [s.sighting_id for s in made.sightings]
    assert rows[0]["run_id"] == RUN_ID
    assert rows[0]["box"] == BOX
    assert rows[0]["start_utc"].isoformat() == "2026-01-30T22:00:12.200000+00:00"
    assert rows[3]["start_utc"] is None
    shots = run_query(lake, "SELECT * FROM best_shots").to_pylist()
    pictures = {s.sighting_id: s.jpeg for s in made.sightings}
    assert [(s["sighting_id"], s["jpeg"]) for s in shots] == sorted(pictures.items())
    assert (shots[0]["width"], shots[0]["height"]) == (168, 168)
    further = {s.sighting_id: s.further for s in made.sightings}
    for row in shots:
        assert row["further"] == [
            {"media_s": f.pts_ns / 1e9, "quality": f.quality, "box": ANOTHER_BOX}
            for f in further[row["sighting_id"]]
        ]
        assert row["further_jpegs"] == [f.jpeg for f in further[row["sighting_id"]]]
    assert sorted(len(row["further"]) for row in shots) == [0, 2, 2, 2]
    ranks = run_query(lake, "SELECT rank FROM candidates").column(0).to_pylist()
    assert ranks == [1, 2, 3] * 4


def test_two_publications_give_the_same_bytes_and_two_runs_the_same_rows(store: Store) -> None:
    _, made = searched_run(store)
    publish_it(store, made)
    first = bytes_of(store)
    publish_it(store, made)
    assert bytes_of(store) == first
    searched_run(store, "20260201-000000-scan-0000")
    shuffled = replace(made, outcomes=dict(reversed(made.outcomes.items())))
    publish_it(store, shuffled, "20260201-000000-scan-0000")
    lake = open_lake(store.uri, getattr(store, "s3", None))
    rows = {
        run_id: [
            run_query(lake, f"SELECT * EXCLUDE (run_id) FROM {name} WHERE run_id = '{run_id}'")
            for name in PUBLISHED
        ]
        for run_id in (RUN_ID, "20260201-000000-scan-0000")
    }
    assert rows[RUN_ID] == rows["20260201-000000-scan-0000"]


def test_shards_go_when_a_run_is_complete_and_stay_when_it_can_be_resumed(disk: Store) -> None:
    _, made = searched_run(disk)
    publish_it(disk, made)
    assert len(list_shards(StoredRun(disk, RUN_ID))) == 4
    healed = {k: replace(o, status="done", error=None) for k, o in made.outcomes.items()}
    publish_run(disk, request(), made.assets, made.segments, healed, made.sightings, "complete")
    assert list_shards(StoredRun(disk, RUN_ID)) == frozenset()
    rows = run_query(open_lake(disk.uri), "SELECT status, segments_done FROM runs").to_pylist()
    assert rows == [{"status": "complete", "segments_done": 8}]


def test_a_complete_run_is_not_emptied_by_publishing_it_again(disk: Store) -> None:
    _, made = searched_run(disk)
    publish_run(
        disk, request(), made.assets, made.segments, made.outcomes, made.sightings, "complete"
    )
    before = bytes_of(disk, (*DATASETS, "runs"))
    publish_run(disk, request(), made.assets, made.segments, made.outcomes, (), "complete")
    assert bytes_of(disk, (*DATASETS, "runs")) == before


def test_a_run_without_any_sighting_is_published_too(disk: Store) -> None:
    _, made = searched_run(disk)
    nobody = {k: replace(outcome, sightings=0) for k, outcome in made.outcomes.items()}
    publish_run(disk, request(), made.assets, made.segments, nobody, (), "complete")
    lake = open_lake(disk.uri)
    assert run_query(lake, "SELECT * FROM sightings").num_rows == 0
    assert run_query(lake, "SELECT * FROM footage").num_rows == 5
    assert latest_row(StoredRun(disk, RUN_ID)) is not None


def test_what_was_never_tried_is_not_taken_for_searched(disk: Store) -> None:
    _, made = searched_run(disk)
    some: dict[str, SegmentOutcome] = {
        "f-gate-0000": replace(made.outcomes["f-gate-0000"], sightings=0)
    }
    publish_run(
        disk,
        request(),
        made.assets,
        made.segments,
        some,
        (),
        "complete_with_failures",
        error="the cluster went away",
    )
    lake = open_lake(disk.uri)
    footage = run_query(lake, "SELECT footage_id, status, error FROM footage").to_pylist()
    status = {row["footage_id"]: row["status"] for row in footage}
    assert status == {
        "f-gate": "damaged",
        "f-yard": "failed",
        "f-phone": "failed",
        "f-still": "failed",
        "f-broken": "failed",
    }
    assert footage[0]["error"] == "never searched: 2 of 3 segments"
    pending = run_query(lake, "SELECT count(*) FROM segments WHERE status = 'pending'")
    assert pending.column(0)[0].as_py() == 7
    assert run_query(lake, "SELECT error, exit_code FROM runs").to_pylist() == [
        {"error": "the cluster went away", "exit_code": 3}
    ]


def test_parts_are_of_bounded_length(disk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "PART_BYTES", 1)
    _, made = searched_run(disk)
    publish_it(disk, made)
    parts = disk.list(f"best_shots/run_id={RUN_ID}")
    assert [p[-18:] for p in parts] == [f"part-{n:05d}.parquet" for n in range(4)]
    lake = open_lake(disk.uri)
    assert run_query(lake, "SELECT DISTINCT sighting_id FROM best_shots").num_rows == 4
    assert pq.read_schema(f"{disk.uri}/{parts[0]}").names[:2] == ["run_id", "sighting_id"]


@pytest.mark.long
def test_a_kill_at_any_step_of_publishing_loses_nothing_and_shows_nothing_by_halves() -> None:
    steps = crash_report("publish")
    assert len(steps) > 15
    assert [step["killed"] for step in steps] == [True] * (len(steps) - 1) + [False]
    whole = {"footage": 5, "segments": 8, "sightings": 4, "candidates": 12, "best_shots": 4}
    for step in steps:
        seen = step["after_kill"]
        published = seen["status"] == ["complete"]
        assert {name: seen[name] for name in whole} == (
            whole if published else dict.fromkeys(whole, 0)
        )
    after, left = [step["after_retry"] for step in steps], {"holders": 1, "shards": 0}
    assert after == [steps[-1]["after_kill"]] * len(steps)
    assert after[0] == {**whole, "status": ["complete"], "sha256": after[0]["sha256"], "left": left}


def test_a_resumed_run_replaces_its_own_rows_only(disk: Store) -> None:
    other = "20250101-000000-scan-0000"
    for run_id in (other, RUN_ID):
        _, made = searched_run(disk, run_id)
        publish_it(disk, made, run_id)
    append_outcomes(disk, RUN_ID, [replace(made.outcomes["f-yard-0060"], status="done", attempt=2)])
    outcomes = {
        k: replace(o, sightings=0) for k, o in read_outcomes(StoredRun(disk, RUN_ID)).items()
    }
    outcomes["f-gate-0000"] = made.outcomes["f-gate-0000"]
    publish_run(
        disk,
        request(),
        made.assets,
        made.segments,
        outcomes,
        made.sightings[:1],
        "complete_with_failures",
    )
    counts = run_query(
        open_lake(disk.uri), "SELECT run_id, count(*) AS n FROM sightings GROUP BY ALL ORDER BY 1"
    ).to_pylist()
    assert counts == [{"run_id": other, "n": 4}, {"run_id": RUN_ID, "n": 1}]


def test_a_reader_with_an_open_lake_sees_what_is_published_later(disk: Store) -> None:
    _, made = searched_run(disk)
    publish_it(disk, made)
    lake = open_lake(open_store(disk.uri).uri)
    searched_run(disk, "20260201-000000-scan-0000")
    publish_it(disk, made, "20260201-000000-scan-0000")
    assert run_query(lake, "SELECT * FROM runs").num_rows == 2
