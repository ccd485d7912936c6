from __future__ import annotations

from typing import Any

import duckdb
import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.lake import open_lake
from lfr_batch.results.queries import load_query, query_names
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import Store

from .synthetic import RUN_ID

NAMES = (
    "best",
    "candidates_of_run",
    "coverage",
    "first_last",
    "not_searched",
    "sightings_of_run",
    "subjects",
    "together",
)


def ask(lake: duckdb.DuckDBPyConnection, name: str, **given: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run_query(lake, load_query(name).sql, given).to_pylist()
    return rows


def test_each_says_what_it_answers() -> None:
    assert query_names() == NAMES
    assert all(load_query(name).summary.endswith(".") for name in NAMES)
    assert load_query("together").parameters == ("minutes", "run_id", "subject_a", "subject_b")
    with pytest.raises(QueryError, match="there are best, candidates_of_run"):
        load_query("../sql")


@pytest.mark.parametrize("name", NAMES)
def test_each_works_on_an_empty_lake(disk: Store, name: str) -> None:
    rows = ask(open_lake(disk.uri), name)
    assert all(row["amount"] == 0 for row in rows)


def test_subjects(lake: duckdb.DuckDBPyConnection) -> None:
    found = {r["subject_id"]: (r["sightings"], r["cameras"]) for r in ask(lake, "subjects")}
    assert found == {"S029": (2, 2), "S014": (2, 1)}
    assert ask(lake, "subjects", run_id="another") == []


def test_first_and_last(lake: duckdb.DuckDBPyConnection) -> None:
    (gate, yard) = ask(lake, "first_last", subject_id="S029")
    assert (gate["camera"], gate["site"]) == ("CAM-1", "Depot, north gate")
    assert gate["first_seen_utc"].isoformat() == "2026-01-30T22:00:12.200000+00:00"
    assert yard["last_seen_utc"].isoformat() == "2026-01-30T22:00:52.800000+00:00"


@pytest.mark.parametrize(("minutes", "times"), [(None, 1), (0.83, 1), (0.82, 0)])
def test_together(lake: duckdb.DuckDBPyConnection, minutes: float | None, times: int) -> None:
    rows = ask(lake, "together", minutes=minutes, subject_b="S014")
    assert len(rows) == times
    for row in rows:
        assert (row["subject_a"], row["subject_b"], row["camera_or_file"]) == (
            "S014",
            "S029",
            "CAM-1",
        )
        assert row["closest_s"] == pytest.approx(70.0 - 20.4)
    assert ask(lake, "together", subject_a="S999") == []


def test_not_searched(lake: duckdb.DuckDBPyConnection) -> None:
    broken, yard = ask(lake, "not_searched")
    assert (broken["status"], broken["error"]) == ("failed", "no video stream in it")
    assert (yard["status"], yard["segments_failed"], yard["searched_s"]) == ("damaged", 2, 60.0)


def test_coverage(lake: duckdb.DuckDBPyConnection) -> None:
    found = {row["what"]: row["amount"] for row in ask(lake, "coverage", run_id=RUN_ID)}
    assert (found["files"], found["files_failed"], found["files_damaged"]) == (5, 1, 1)
    assert found["seconds_searched"] == 300.0
    assert (found["refused: small"], found["refused: blurred"]) == (48, 24)


def test_best(lake: duckdb.DuckDBPyConnection) -> None:
    assert [r["score"] for r in ask(lake, "best", top=2)] == [0.7812, 0.664]
    assert len(ask(lake, "best")) == 4


def test_what_a_command_shows_of_its_run(lake: duckdb.DuckDBPyConnection) -> None:
    assert len(ask(lake, "sightings_of_run", run_id=RUN_ID)) == 4
    assert len(ask(lake, "sightings_of_run", top=None)) == 4
    strongest = ask(lake, "sightings_of_run", run_id=RUN_ID, top=2)
    assert [row["score"] for row in strongest] == [0.7812, 0.664]
    ranked = ask(lake, "candidates_of_run", run_id=RUN_ID)
    assert [row["rank"] for row in ranked] == [1, 2, 3] * 4
    assert ranked[0]["uri"] <= ranked[-1]["uri"]
