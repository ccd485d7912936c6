"""What is exported: rows of views, of a run, a case or all, or the answer to a ready question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from lfr_batch.errors import QueryError
from lfr_batch.results.answers import Row, holds_bytes, rows_of
from lfr_batch.results.ask import about, values_for
from lfr_batch.results.queries import load_query
from lfr_batch.results.render import unique_names
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.sql import Lake, parts_explained, run_query, view_names
from lfr_batch.results.views import quoted

BATCH_ROWS, PICTURES_BATCH_ROWS = 32_768, 256
"""Rows that are in memory at once; fewer where they hold pictures."""
ALL_VIEWS = tuple(DATASETS)
_OF_PEOPLE = ("subject", "image_id", "jpeg", "thumbnail", "further")
"""In the name of a column that tells or shows who somebody is."""

_RUNS = """
SELECT run_id, case_ref, kind FROM runs
WHERE ($run_id::VARCHAR IS NULL OR run_id = $run_id)
  AND ($case_ref::VARCHAR IS NULL OR case_ref = $case_ref)
ORDER BY run_id
"""
_ABOUT_COLUMNS = 'SELECT * FROM columns WHERE "view" = $view'
_ABOUT_VIEWS = "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"


@dataclass(frozen=True, slots=True)
class ExportScope:
    """Whose rows: of one run, of a case where that is None, of all where both are."""

    run_id: str | None = None
    case_ref: str | None = None

    @property
    def given(self) -> dict[str, str | None]:
        return {"run_id": self.run_id, "case_ref": self.case_ref}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows yet to be read."""

    name: str
    sql: str
    schema: pa.Schema
    """Columns, each with its meaning as ``comment``."""
    given: Mapping[str, Any] = field(default_factory=dict)
    comment: str = ""

    @property
    def shows_people(self) -> bool:
        return any(part in name for name in self.schema.names for part in _OF_PEOPLE)


def runs_selected(lake: Lake, selection: ExportScope) -> list[Row]:
    """Run, case and kind of each. Raises QueryError where there is none."""
    found = rows_of(run_query(lake, _RUNS, selection.given))
    if not found:
        what = (
            f"run {selection.run_id}"
            if selection.run_id
            else f"run of case {selection.case_ref}"
            if selection.case_ref
            else "run"
        )
        raise QueryError(f"there is no {what}; `lfr runs` lists them")
    return found


def view_tables(
    lake: Lake, names: Sequence[str], selection: ExportScope, run_ids: Sequence[str]
) -> list[Table]:
    """The rows of these views that are of these runs.

    Raises QueryError for a view there is not, and for one whose rows cannot be told apart by what
    was selected.
    """
    there = view_names(lake)
    comments = {r["view_name"]: r["comment"] for r in rows_of(run_query(lake, _ABOUT_VIEWS))}
    tables = []
    for name in dict.fromkeys(names):
        if name not in there:
            raise QueryError(f"there is no view {name!r}; there are {', '.join(there)}")
        schema = run_query(lake, f"SELECT * FROM {name} LIMIT 0").schema
        where = _where(name, schema.names, selection, run_ids)
        columns = rows_of(run_query(lake, _ABOUT_COLUMNS, {"view": name}))
        documented = _commented(schema, {c["column"]: c["comment"] for c in columns})
        about_it = with_key(comments.get(name) or "", columns)
        tables.append(Table(name, f"SELECT * FROM {name}{where}", documented, comment=about_it))
    return tables


def question_table(lake: Lake, name: str, given: Mapping[str, Any]) -> tuple[Table, str]:
    """A ready question's answer, and of which runs it is, in words. Raises QueryError."""
    query = load_query(name)
    said = about(lake, name, given)
    values = values_for(lake, query, given)
    inner = query.sql.rstrip().removesuffix(";")
    schema = run_query(lake, f"FROM (\n{inner}\n) LIMIT 0", values).schema
    return Table(name, query.sql, schema, values, query.summary), said


def stream(lake: Lake, table: Table) -> Iterator[pa.RecordBatch]:
    """The rows, a batch at a time, with columns of different names.

    Nothing else may be asked of ``lake`` meanwhile. Raises ResultsError for a damaged part,
    QueryError for what else DuckDB refuses.
    """
    rows = PICTURES_BATCH_ROWS if _has_pictures(table.schema) else BATCH_ROWS
    names = unique_names(table.schema.names)
    try:
        with parts_explained():
            (statement,) = lake.connection.extract_statements(table.sql)
            wanted = {name: table.given[name] for name in statement.named_parameters}
            relation = lake.connection.sql(statement.query, params=wanted or None)
            for batch in relation.to_arrow_reader(rows):
                yield batch.rename_columns(names)
    except duckdb.Error as error:
        raise QueryError(f"{table.name} cannot be read: {str(error).splitlines()[0]}") from error


def _has_pictures(schema: pa.Schema) -> bool:
    return any(holds_bytes(column.type) for column in schema)


def _where(
    view: str, columns: Sequence[str], selection: ExportScope, run_ids: Sequence[str]
) -> str:
    if selection == ExportScope() or view == "columns":
        return ""
    if "run_id" in columns:
        return f" WHERE run_id IN ({', '.join(map(quoted, run_ids))})"
    if "case_ref" in columns and selection.run_id is None:
        return f" WHERE case_ref = {quoted(selection.case_ref or '')}"
    raise QueryError(
        f"the rows of {view} are not of one run{'' if selection.run_id else ' or case'}: "
        "export another view or a question, or --all"
    )


def with_key(comment: str, columns: Sequence[Row]) -> str:
    """A view's comment, with its key where the view ``columns`` says which columns are it."""
    key = ", ".join(column["column"] for column in columns if column.get("key"))
    return f"{comment} Key: {key}.".strip() if key else comment


def _commented(schema: pa.Schema, comments: Mapping[str, str]) -> pa.Schema:
    return pa.schema(
        [
            column.with_metadata({"comment": comments[column.name]})
            if column.name in comments
            else column
            for column in schema
        ]
    )
