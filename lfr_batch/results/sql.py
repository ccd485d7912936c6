"""Questions in SQL: run one, show its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

import duckdb
import pyarrow as pa

from lfr_batch.errors import QueryError, ResultsError, StoreUnreachable
from lfr_batch.results.damage import about_part, is_gone
from lfr_batch.unexpected import is_stopped_query

_TRIES = 5
_READING = frozenset({"SELECT", "EXPLAIN", "MULTI"})
"""DuckDB's statement types; MULTI is what it makes of PIVOT."""
_ONLY_VIEWS = "only the views of the results are read here; the view `columns` documents them"
_PROPOSES = ("Candidate ", "Did you mean")
_PROPOSALS = 3
"""Of functions it might have been, each on a line of its own, so many are told."""
_COLUMNS = """
SELECT
  c."view", c."column", c."type", c."comment",
  CASE WHEN c."key" THEN 'key' WHEN c.never_null THEN 'not null' ELSE '' END AS holds,
  v.comment AS about
FROM columns c
LEFT JOIN duckdb_views() v ON v.view_name = c."view" AND NOT v.internal
"""
_RUNS_WHAT_IT_EXPLAINS = re.compile(r"^\W*explain\W+analy[sz]e\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lake:
    """Views over the results, of ``lake.open_lake``; whoever opens it closes it."""

    connection: duckdb.DuckDBPyConnection
    refresh: Callable[[], bool]
    """Look for what has been published since; whether there was anything."""
    misfit: Callable[[], ResultsError | StoreUnreachable | None] = lambda: None
    """Look for a part whose columns are not those of its schema: what readers say names none."""
    misread: Callable[[], ResultsError | None] = lambda: None
    """A part read by now that lacks a column, and gave no values instead of an error."""
    looks_first: bool = True
    """Whether that costs so little that each question begins with it."""

    def close(self) -> None:
        self.connection.close()


def run_query(
    lake: Lake,
    sql: str,
    parameters: Mapping[str, Any] | None = None,
) -> pa.Table:
    """The answer of the last statement of ``sql``; ``$name`` in it is taken from ``parameters``.

    Only reading is possible. Raises QueryError with what DuckDB says and proposes, and for a
    parameter without a value, by name; ResultsError for a damaged part and StoreUnreachable for one
    that cannot be opened.
    """
    try:
        with parts_explained():
            if lake.looks_first:
                lake.refresh()
            answer = _run_again(lake, sql, parameters or {})
    except duckdb.Error as error:
        if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException):
            told = lake.misfit()
            if told is not None:
                raise told from error
        raise QueryError(_told(error)) from error
    if told := lake.misread():
        raise told
    return answer


def _run_again(lake: Lake, sql: str, parameters: Mapping[str, Any]) -> pa.Table:
    """Once more, of what is published now, where a part was compacted or forgotten meanwhile."""
    for _ in range(_TRIES):
        try:
            return _run(lake, sql, parameters)
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            if not is_gone(str(error)) or not lake.refresh():
                raise
    return _run(lake, sql, parameters)


@contextmanager
def parts_explained() -> Iterator[None]:
    """What a Parquet reader says of one part of the lake as an error that names the part; Ctrl-C
    as what it is."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        told = about_part(str(error))
        if told is None:
            raise
        raise told from error
    except RuntimeError as error:
        if is_stopped_query(error):
            raise KeyboardInterrupt from error
        raise


def _run(lake: Lake, sql: str, parameters: Mapping[str, Any]) -> pa.Table:
    statements = lake.connection.extract_statements(sql)
    for statement in statements:
        _check_reads(statement)
    if not statements:
        raise QueryError("there is no query; try: SELECT * FROM runs")
    return [_answer(lake, s, parameters) for s in statements][-1]


def columns_text(lake: Lake, view: str | None = None) -> str:
    """Name, type, meaning and constraints of every column, of one view or of all, for people."""
    rows = [row for row in run_query(lake, _COLUMNS).to_pylist() if view in (None, row["view"])]
    if not rows:
        raise QueryError(f"there is no view {view!r}; there are {', '.join(view_names(lake))}")
    widths = {name: max(len(row[name]) for row in rows) for name in ("column", "type", "holds")}
    lines: list[str] = []
    for at, row in enumerate(rows):
        if at == 0 or rows[at - 1]["view"] != row["view"]:
            lines += ["", f"{row['view']}: {row['about']}" if row["about"] else row["view"]]
        told = "  ".join(f"{row[name]:{width}}" for name, width in widths.items())
        lines.append(f"  {told}  {row['comment']}")
    return "\n".join(lines[1:])


def view_names(lake: Lake) -> list[str]:
    found = run_query(lake, "SELECT view_name FROM duckdb_views() WHERE NOT internal")
    return sorted(row["view_name"] for row in found.to_pylist())


def _check_reads(statement: duckdb.Statement) -> None:
    if statement.type.name not in _READING or _RUNS_WHAT_IT_EXPLAINS.match(statement.query):
        raise QueryError(
            f"{statement.query.split(maxsplit=1)[0].upper()} is refused: results are only read "
            "here; to save an answer use --format csv, json or parquet"
        )


def _answer(lake: Lake, statement: duckdb.Statement, given: Mapping[str, Any]) -> pa.Table:
    wanted = sorted(statement.named_parameters)
    without = [name for name in wanted if name not in given]
    if without:
        raise QueryError(_no_value(without))
    values = {name: given[name] for name in wanted}
    return lake.connection.sql(statement.query, params=values or None).to_arrow_table()


def _no_value(names: list[str]) -> str:
    """An answer to a question that nobody has asked in full would read as "nobody"."""
    which = ", ".join(f"${name}" for name in names)
    ways = " ".join(f"--param {name}=VALUE" for name in names)
    return f"{which} has no value: give {ways} (in the prompt: .param {names[0]}=VALUE)"


def _told(error: duckdb.Error) -> str:
    """What is wrong, and what DuckDB proposes instead, in one line; not where in the query."""
    first, *more = str(error).strip().splitlines()
    told = " ".join([first, *_proposals(line.strip() for line in more)])
    return f"{told}; {_ONLY_VIEWS}" if isinstance(error, duckdb.PermissionException) else told


def _proposals(lines: Iterable[str]) -> Iterator[str]:
    """What begins like a proposal, to its end: of a list that follows its first lines."""
    listed = _PROPOSALS
    for line in dropwhile(lambda line: not line.startswith(_PROPOSES), lines):
        if line.startswith(_PROPOSES):
            yield line
        elif line and listed:
            listed -= 1
            yield f"{line};" if listed else line
        else:
            return
