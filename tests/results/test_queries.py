from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from lfr_batch.errors import QueryError, ResultsError
from lfr_batch.results.ask import about
from lfr_batch.results.lake import open_lake
from lfr_batch.results.queries import load_query, query_names
from lfr_batch.results.sql import Lake
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store
from tests.holding import record_run
from tests.results.runs_asked import EARLIER, LATER, NEWEST, asked, of, publish

from .synthetic import (
    LEFT_RUN_ID,
    RUN_ID,
    archive,
    request,
    searched_run,
)

NAMES = (
    "best",
    "candidates_of_run",
    "coverage",
    "coverage_by_hour",
    "first_last",
    "new_sightings",
    "not_searched",
    "refusals",
    "sightings_of_run",
    "subjects",
    "timeline",
    "together",
    "visits",
)
OF_ONE_RUN = (
    "best",
    "candidates_of_run",
    "coverage",
    "new_sightings",
    "not_searched",
    "refusals",
    "sightings_of_run",
)


def test_each_says_what_it_answers() -> None:
    assert query_names() == NAMES
    assert all(load_query(name).summary.endswith(".") for name in NAMES)
    assert load_query("together").parameters == (
        "run_id",
        "case_ref",
        "minutes",
        "per",
        "subject_a",
        "subject_b",
    )
    with pytest.raises(QueryError, match="there are best, candidates_of_run"):
        load_query("../sql")


def test_each_works_on_an_empty_lake(disk: Store) -> None:
    lake = open_lake(disk.uri)
    assert [asked(lake, name) for name in NAMES] == [[]] * len(NAMES)


def test_subjects(lake: Lake) -> None:
    found = {r["subject_id"]: (r["sightings"], r["cameras"]) for r in asked(lake, "subjects")}
    assert found == {"S029": (2, 2), "S014": (2, 1)}


def test_first_and_last(lake: Lake) -> None:
    (gate, yard) = asked(lake, "first_last", subject_id="S029")
    assert (gate["camera"], gate["site"]) == ("CAM-1", "Depot, north gate")
    assert gate["first_seen_utc"].isoformat() == "2026-01-30T22:00:12.200000+00:00"
    assert yard["last_seen_utc"].isoformat() == "2026-01-30T22:00:52.800000+00:00"


@pytest.mark.parametrize(("minutes", "times"), [(None, 1), (0.83, 1), (0.82, 0)])
def test_together(lake: Lake, minutes: float | None, times: int) -> None:
    rows = asked(lake, "together", minutes=minutes, subject_b="S014")
    assert len(rows) == times
    for row in rows:
        assert (row["subject_a"], row["subject_b"], row["camera_or_file"]) == (
            "S014",
            "S029",
            "CAM-1",
        )
        assert row["closest_s"] == pytest.approx(70.0 - 20.4)
    assert asked(lake, "together", subject_a="S999") == []


def test_not_searched(lake: Lake) -> None:
    broken, yard = asked(lake, "not_searched")
    assert (broken["status"], broken["error"]) == ("failed", "no video stream in it")
    assert (yard["status"], yard["segments_failed"], yard["searched_s"]) == ("damaged", 2, 60.0)


def test_coverage(lake: Lake) -> None:
    found = {row["what"]: row["amount"] for row in asked(lake, "coverage", run_id=RUN_ID)}
    assert (found["files"], found["files_failed"], found["files_damaged"]) == (5, 1, 1)
    assert found["seconds_searched"] == 300.0
    assert (found["refused: small"], found["refused: blurred"]) == (48, 24)


def test_coverage_leaves_out_lengths_that_nobody_knows(disk: Store) -> None:
    gate, yard, phone, *rest = archive().assets
    assets = (
        replace(gate, duration_s=1.0),
        replace(yard, duration_s=2e9),
        replace(phone, duration_s=None),
        *rest,
    )
    publish(disk, EARLIER, assets=assets)
    found = {row["what"]: row["amount"] for row in asked(open_lake(disk.uri), "coverage")}
    assert found["files_of_unknown_length"] == 3.0
    assert found["seconds_of_footage"] == found["seconds_searched"] == 300.0


def test_coverage_counts_a_file_once_however_many_streams_it_has(disk: Store) -> None:
    gate, yard, *rest = archive().assets
    publish(
        disk,
        EARLIER,
        assets=(replace(gate, stream=0), replace(yard, uri=gate.uri, stream=1), *rest),
    )
    found = {row["what"]: row["amount"] for row in asked(open_lake(disk.uri), "coverage")}
    counts = [found[f"files{which}"] for which in ("", "_ok", "_damaged", "_failed")]
    assert counts == [4, 2, 1, 1]


def test_best(lake: Lake) -> None:
    assert [r["score"] for r in asked(lake, "best", top=2)] == [0.7812, 0.664]
    assert len(asked(lake, "best")) == 4


def test_what_a_command_shows_of_its_run(lake: Lake) -> None:
    assert len(asked(lake, "sightings_of_run", run_id=RUN_ID)) == 4
    assert len(asked(lake, "sightings_of_run", top=None)) == 4
    strongest = asked(lake, "sightings_of_run", run_id=RUN_ID, top=2)
    assert [row["score"] for row in strongest] == [0.7812, 0.664]
    ranked = asked(lake, "candidates_of_run", run_id=RUN_ID)
    assert [row["rank"] for row in ranked] == [1, 2, 3] * 4
    assert ranked[0]["uri"] <= ranked[-1]["uri"]


@pytest.fixture(scope="module")
def of_one_run(tmp_path_factory: pytest.TempPathFactory) -> Store:
    disk = open_store(tmp_path_factory.mktemp("one-run") / "lake")
    publish(disk, EARLIER, case_ref="OP-1")
    return disk


@pytest.fixture(scope="module")
def one_run(of_one_run: Store) -> Lake:
    return open_lake(of_one_run.uri)


@pytest.fixture(scope="module")
def alone(of_one_run: Store) -> duckdb.DuckDBPyConnection:
    plain = duckdb.connect()
    plain.execute(Path(of_one_run.uri, "views.sql").read_text(encoding="utf-8"))
    return plain


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_names_its_run_and_case(one_run: Lake, name: str) -> None:
    rows = asked(one_run, name)
    assert {(row["run_id"], row["case_ref"]) for row in rows} == {(EARLIER, "OP-1")}


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_says_of_which_runs_it_answers(name: str) -> None:
    about_one = "-- About one run, the latest that has finished: or of $run_id, of all of $case_ref"
    about_all = "-- About every run that has finished, case by case: of $case_ref alone where given"
    assert (about_one if name in OF_ONE_RUN else about_all) in load_query(name).sql
    macro = "asked_run($run_id" if name in OF_ONE_RUN else "asked_runs($run_id"
    assert str(load_query(name).asks).startswith(macro)


@pytest.fixture(scope="module")
def of_two_cases(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Runs with the same settings, whose sightings have the same ids."""
    disk = open_store(tmp_path_factory.mktemp("two-cases") / "lake")
    publish(disk, EARLIER, case_ref="OP-1")
    publish(disk, LATER, day=1, case_ref="OP-1")
    publish(disk, NEWEST, day=2, case_ref="OP-2")
    return open_lake(disk.uri)


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_says_what_tells_the_rows_apart(of_two_cases: Lake, name: str) -> None:
    rows = asked(of_two_cases, name, all="true")
    key = load_query(name).key
    assert set(key) <= set(rows[0])
    assert len({tuple(row[column] for column in key) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_asked_for_a_run_a_case_and_all(of_two_cases: Lake, name: str) -> None:
    def runs(**given: str) -> set[str]:
        return {row["run_id"] for row in asked(of_two_cases, name, **given)}

    once = name not in OF_ONE_RUN  # of a case the last run stands for what both have seen
    assert runs(run_id=EARLIER) == {EARLIER}
    assert runs(case_ref="OP-1") == ({LATER} if once else {EARLIER, LATER})
    assert runs(all="true") == ({LATER, NEWEST} if once else {EARLIER, LATER, NEWEST})
    assert runs() == ({LATER, NEWEST} if once else {NEWEST})
    assert runs(run_id="latest") == {NEWEST}
    assert runs(run_id="latest", case_ref="OP-1") == {LATER}
    assert runs(run_id=EARLIER[:8]) == {EARLIER}


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_alone_answers_them(
    one_run: Lake, alone: duckdb.DuckDBPyConnection, name: str
) -> None:
    query = load_query(name)
    answer = alone.sql(query.sql, params=dict.fromkeys(query.parameters)).to_arrow_table()
    assert answer.num_rows > 0
    assert answer.to_pylist() == asked(one_run, name)


def test_where_a_sighting_is_says_stream_recording_and_picture(disk: Store) -> None:
    gate, *rest = archive().assets
    publish(disk, EARLIER, of("S029"), (replace(gate, stream=1, recording=2), *rest))
    lake = open_lake(disk.uri)
    for name in ("best", "candidates_of_run", "sightings_of_run"):
        row = next(r for r in asked(lake, name) if r["uri"] == gate.uri)
        assert (row["stream"], row["recording"], row["picture"]) == (1, 2, None)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The last run that finished found nobody; after it one began, one failed, and one was live."""
    disk = open_store(tmp_path_factory.mktemp("crowded") / "lake")
    publish(disk, LATER, (), day=2)
    publish(disk, NEWEST, of("S014"), day=1)
    searched_run(disk, "20260204-080000-scan-0001")
    record_run(disk, request("20260204-080000-scan-0001"), "running")
    record_run(disk, request("20260205-080000-scan-0001"), "failed", error="no room")
    record_run(disk, request("20260206-080000-live-0001", kind="live"), "complete")
    return disk


@pytest.fixture(scope="module")
def crowded_lake(crowded: Store) -> Lake:
    return open_lake(crowded.uri)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("best", 0),
        ("candidates_of_run", 0),
        ("coverage", 14),
        ("not_searched", 2),
        ("refusals", 16),
        ("sightings_of_run", 0),
    ],
)
def test_one_run_is_the_last_that_finished_for_every_question(
    crowded_lake: Lake, name: str, rows: int
) -> None:
    found = asked(crowded_lake, name)
    assert len(found) == rows
    assert {row["run_id"] for row in found} <= {LATER}
    assert about(crowded_lake, name).startswith(
        f"of run {LATER}, case OP-LANTERN 12/26; key: run_id, "
    )


@pytest.mark.parametrize("name", OF_ONE_RUN)
def test_a_run_that_was_named_is_that_run(crowded_lake: Lake, name: str) -> None:
    found = asked(crowded_lake, name, run_id=NEWEST)
    assert {row["run_id"] for row in found} == {NEWEST}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"run_id": "20990101-000000-scan-0000"}, "there is no run 20990101-000000-scan-0000"),
        ({"run_id": "20260204-080000-scan-0001"}, "is not finished, so nothing of it can be asked"),
        ({"run_id": "20260205-080000-scan-0001"}, "is not finished, so nothing of it can be asked"),
        ({"run_id": "20260206-080000-live-0001"}, "is a deployment: its views are alerts"),
        ({"case_ref": "OP-NONE"}, "no finished run is of case OP-NONE"),
        (
            {"run_id": LATER, "case_ref": "OP-NONE"},
            f"run {LATER} is of case OP-LANTERN 12/26, not of OP-NONE",
        ),
        ({"runid": LATER}, "has no parameter 'runid'; it has run_id, case_ref"),
        ({"run_id": "2026"}, r"\d runs begin with 2026: 2026020\d"),
        ({"run_id": ""}, "there is no run ; `lfr runs` lists them"),
        ({"run_id": "latest", "case_ref": "OP-NONE"}, "no run of case OP-NONE has finished yet"),
        ({"run_id": LATER, "all": "true"}, f"ask for run {LATER} or for all, not for both"),
        ({"all": "yes"}, "all is true or false, not 'yes'"),
    ],
)
def test_what_can_have_no_answer_is_refused_by_name(
    crowded_lake: Lake, name: str, given: dict[str, str], told: str
) -> None:
    with pytest.raises(QueryError, match=told):
        asked(crowded_lake, name, **given)


def test_results_that_have_a_run_twice_are_not_asked_about_it(disk: Store) -> None:
    publish(disk, LATER, of("S029"))
    lake = open_lake(disk.uri)
    lake.connection.execute(
        "CREATE TEMP VIEW runs AS FROM memory.main.runs UNION ALL FROM memory.main.runs"
    )
    with pytest.raises(ResultsError, match=f"have run {LATER} 2 times.*`lfr lake check`"):
        asked(lake, "best", run_id=LATER)


def test_nothing_has_finished_yet(disk: Store) -> None:
    searched_run(disk, LEFT_RUN_ID)
    record_run(disk, request(LEFT_RUN_ID), "running")
    lake = open_lake(disk.uri)
    for name in NAMES:
        assert about(lake, name).startswith("no run has finished yet; key: ")


def test_a_case_has_its_own_latest_run_and_sightings(disk: Store) -> None:
    publish(disk, EARLIER, of("S029"), case_ref="OP-1")
    publish(disk, LATER, of("S014"), day=1, case_ref="OP-2")
    lake = open_lake(disk.uri)
    for name in ("best", "subjects"):
        assert {r["subject_id"] for r in asked(lake, name, case_ref="OP-1")} == {"S029"}
    both = asked(lake, "subjects")
    assert {(row["case_ref"], row["subject_id"]) for row in both} == {
        ("OP-1", "S029"),
        ("OP-2", "S014"),
    }
