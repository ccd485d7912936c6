from __future__ import annotations

import pyarrow as pa
import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.export_rows import (
    ExportScope,
    Table,
    question_table,
    runs_selected,
    stream,
    view_tables,
    with_key,
)
from lfr_batch.results.sql import Lake

from .exported import OTHER_CASE
from .runs_asked import EARLIER, LATER
from .synthetic import RUN_ID

CASE = "OP-LANTERN 12/26"


@pytest.mark.parametrize(
    ("selection", "runs"),
    [
        (ExportScope(EARLIER), [EARLIER]),
        (ExportScope(case_ref=CASE), [EARLIER, LATER]),
        (ExportScope(case_ref=OTHER_CASE), [RUN_ID]),
        (ExportScope(), [RUN_ID, EARLIER, LATER]),
    ],
)
def test_rows_are_of_the_runs_that_were_selected(
    three: Lake, selection: ExportScope, runs: list[str]
) -> None:
    found = [run["run_id"] for run in runs_selected(three, selection)]
    assert found == runs
    tables = view_tables(three, ("sightings", "runs", "finished_runs"), selection, found)
    for table, rows_a_run in zip(tables, (4, 1, 1), strict=True):
        rows = pa.Table.from_batches(stream(three, table))
        assert rows.num_rows == rows_a_run * len(runs)
        assert set(rows.column("run_id").to_pylist()) == set(runs)


def test_columns_say_what_they_mean(three: Lake) -> None:
    (table,) = view_tables(three, ("sightings",), ExportScope(), ())
    assert table.comment.startswith("One track in which a gallery subject is a candidate.")
    comments = {c.name: (c.metadata or {})[b"comment"].decode() for c in table.schema}
    assert comments["score"] == "Cosine score of the first candidate, -1 to 1."
    assert table.shows_people
    (table,) = view_tables(three, ("segments",), ExportScope(), ())
    assert not table.shows_people


def test_pictures_come_in_small_batches(three: Lake) -> None:
    (table,) = view_tables(three, ("best_shots",), ExportScope(), ())
    many = Table("many", f"SELECT b.* FROM ({table.sql}) b, range(100)", table.schema)
    sizes = [batch.num_rows for batch in stream(three, many)]
    assert sum(sizes) == 1200
    assert max(sizes) <= 256


def test_a_question_has_its_parameters_and_says_of_which_runs_it_is(three: Lake) -> None:
    given = {"run_id": EARLIER, "case_ref": None, "top": "1"}
    table, said = question_table(three, "best", given)
    rows = pa.Table.from_batches(stream(three, table))
    assert rows.column("subject_id").to_pylist() == ["S029"]
    assert said == f"of run {EARLIER}, case {CASE}; key: run_id, sighting_id"


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (ExportScope("nope"), "there is no run nope; `lfr runs` lists them"),
        (ExportScope(case_ref="OP-3"), "there is no run of case OP-3"),
    ],
)
def test_nothing_selected_is_said(three: Lake, selection: ExportScope, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        runs_selected(three, selection)


def test_views_that_cannot_be_told_apart_by_runs_are_refused(three: Lake) -> None:
    with pytest.raises(QueryError, match="there is no view 'nobody'; there are alerts"):
        view_tables(three, ("nobody",), ExportScope(), ())
    assert view_tables(three, ("columns",), ExportScope(EARLIER), ())


def test_a_column_that_is_twice_in_a_question_has_two_names(three: Lake) -> None:
    schema = pa.schema([("a", pa.int32()), ("a", pa.int32())])
    (batch,) = stream(three, Table("twice", "SELECT 1 AS a, 2 AS a", schema))
    assert batch.to_pylist() == [{"a": 1, "a_2": 2}]


def test_a_table_says_its_key_where_it_is_known() -> None:
    columns = [
        {"column": "run_id", "key": True},
        {"column": "sighting_id", "key": True},
        {"column": "score", "key": False},
    ]
    assert with_key("One track.", columns) == "One track. Key: run_id, sighting_id."
    assert with_key("One track.", [{"column": "run_id"}]) == "One track."
