from __future__ import annotations

import re
from pathlib import Path

import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_views import DERIVED_VIEWS
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.sql import Lake, columns_text, parts_explained, run_query, view_names
from lfr_batch.storage.store import Store

VIEWS = sorted((*DATASETS, *DERIVED_VIEWS, "columns"))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT subject_id, count(*) AS n FROM sightings GROUP BY 1 ORDER BY 1", [2, 2]),
        ("FROM sightings SELECT 1 AS n LIMIT 1;", [1]),
        ("SELECT 1 AS n; SELECT 2 AS n", [2]),
        ("-- a comment\nWITH t AS (SELECT 7 AS n) SELECT * FROM t", [7]),
        ("PIVOT (SELECT 1 AS a, 3 AS b) ON a USING sum(b)", None),
        ("DESCRIBE runs", None),
        ("SUMMARIZE runs", None),
        ("EXPLAIN SELECT * FROM runs", None),
    ],
)
def test_reading_is_possible(lake: Lake, sql: str, expected: list[int] | None) -> None:
    answer = run_query(lake, sql)
    assert answer.num_rows > 0
    if expected is not None:
        assert answer.column("n").to_pylist() == expected


@pytest.mark.parametrize(
    "sql",
    [
        "COPY runs TO '{root}/runs/run_id=x/part.parquet'",
        "COPY (SELECT 1) TO '{root}/runs/run_id=20260131-104502-scan-3f2a/000-finished.parquet'",
        "EXPLAIN ANALYZE COPY runs TO '{root}/x.csv'",
        "explain (analyze) COPY runs TO '{root}/x.csv'",
        "/* x */ EXPLAIN ANALYZE COPY runs TO '{root}/x.csv'",
        "EXPORT DATABASE '{root}/x'",
        "ATTACH '{root}/x.db'",
        "SELECT 1; DROP VIEW runs",
        "CREATE TABLE t AS SELECT 1",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "PRAGMA database_size",
        "CALL pragma_version()",
    ],
)
def test_nothing_else_is(finished: Store, sql: str) -> None:
    before = {path: finished.read(path) for path in finished.list("")}
    lake = open_lake(finished.uri)
    with pytest.raises(QueryError, match=r"is refused: results are only read here|syntax error"):
        run_query(lake, sql.format(root=finished.uri))
    assert {path: finished.read(path) for path in finished.list("")} == before
    assert view_names(lake) == VIEWS


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("selec 1", 'Parser Error: syntax error at or near "selec"'),
        ("SELECT nope FROM runs", 'Binder Error: Referenced column "nope" not found'),
        ("SELECT scor FROM sightings", 'Binder Error: Referenced column "scor" not found'),
        ("SELECT * FROM sighting", "Catalog Error: Table with name sighting does not exist"),
        ("SELECT 'x'::INTEGER", "Conversion Error"),
        ("", "there is no query"),
        (" ; ", "there is no query"),
    ],
)
def test_a_mistake_is_told_in_one_line(lake: Lake, sql: str, says: str) -> None:
    with pytest.raises(QueryError) as told:
        run_query(lake, sql)
    assert str(told.value).startswith(says)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("sql", "proposed"),
    [
        ("SELECT scor FROM sightings", r"Candidate bindings: .*score"),
        ("SELECT * FROM sighting", 'Did you mean "sightings'),
        ("SELECT lowr('x')", 'Did you mean "lower"'),
        ("SELECT * EXCLUDE (scor) FROM sightings", r"Candidate bindings: .*score"),
        ("SELECT lower(1, 2)", r"Candidate functions: \"?lower\"?\(.*VARCHAR\) -> VARCHAR"),
        ("SELECT timezone('Europe/Londn', now())", "Candidate time zones: .*London"),
    ],
)
def test_what_duckdb_proposes_is_told(lake: Lake, sql: str, proposed: str) -> None:
    with pytest.raises(QueryError, match=proposed) as told:
        run_query(lake, sql)
    assert "\n" not in str(told.value)


def test_other_files_of_the_machine_cannot_be_read(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "private.csv").write_text("a\n1\n")
    with pytest.raises(QueryError, match="Permission Error"):
        run_query(lake, f"SELECT * FROM read_csv('{tmp_path}/private.csv')")


def test_parameters_are_values(lake: Lake) -> None:
    sql = "SELECT coalesce($who::VARCHAR, 'nobody') AS who"
    assert run_query(lake, sql, {"who": "O'Neill", "unused": 1}).to_pylist() == [{"who": "O'Neill"}]
    assert run_query(lake, sql, {"who": None}).to_pylist() == [{"who": "nobody"}]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "SELECT * FROM sightings WHERE run_id = $RUN",
            "$RUN has no value: give --param RUN=VALUE",
        ),
        ("SELECT $b, $a", "$a, $b has no value: give --param a=VALUE --param b=VALUE"),
        ("SELECT ?", "$1 has no value: give --param 1=VALUE"),
    ],
)
def test_a_parameter_without_a_value_is_refused_by_name(lake: Lake, sql: str, told: str) -> None:
    with pytest.raises(QueryError, match=re.escape(told)):
        run_query(lake, sql, {"other": "x"})


def test_the_schema_is_explained_to_people(lake: Lake) -> None:
    lines = columns_text(lake, "candidates").splitlines()
    about = "Sighting × rank: the subjects proposed. Key: run_id, sighting_id, rank."
    assert lines[0] == f"candidates: {about}"
    assert lines[3].split(maxsplit=3) == ["rank", "INTEGER", "key", "1 is the best candidate."]
    assert lines[6].split(maxsplit=2)[:2] == ["score", "DOUBLE"]
    heads = (line for line in columns_text(lake).splitlines() if line and line[0] != " ")
    assert {head.partition(":")[0] for head in heads} == {*VIEWS} - {"columns"}
    with pytest.raises(QueryError, match="there is no view 'x'; there are alerts, best_shots"):
        columns_text(lake, "x")


def test_ctrl_c_in_a_query_is_ctrl_c() -> None:
    """DuckDB, which has taken it, says so in an error of its own."""
    with pytest.raises(KeyboardInterrupt), parts_explained():
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="another"), parts_explained():
        raise RuntimeError("another")
