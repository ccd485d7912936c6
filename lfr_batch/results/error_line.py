"""On which line of a question DuckDB stumbled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb

from lfr_batch.results.sql import Lake

_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


def error_line(
    lake: Lake, sql: str, values: Mapping[str, Any], raised: BaseException
) -> int | None:
    """A line of ``sql``, from 1, for what ``run_query`` ``raised``; None where nobody says it.

    DuckDB counts the lines of one statement, without the comments before it, and tells them where
    a statement is only bound, which is done again for it.
    """
    cause = raised.__cause__
    if not isinstance(cause, duckdb.Error):
        return None
    try:
        statements = lake.connection.extract_statements(sql)
    except duckdb.ParserException as error:
        return _line(error)
    end = 0
    for statement in statements:
        begin = sql.find(statement.query, end)
        before, end = sql.count("\n", 0, max(begin, 0)), begin + len(statement.query)
        told = cause if len(statements) == 1 and _line(cause) else _bound(lake, statement, values)
        if (line := _line(told)) and begin >= 0:
            return before + line
    return None


def _bound(
    lake: Lake, statement: duckdb.Statement, values: Mapping[str, Any]
) -> duckdb.Error | None:
    given = {name: values[name] for name in statement.named_parameters if name in values}
    try:
        lake.connection.execute(f"EXPLAIN {statement.query}", given or None)
    except duckdb.Error as error:
        return error
    return None


def _line(error: duckdb.Error | None) -> int | None:
    found = _LINE.search(str(error)) if error else None
    return int(found[1]) if found else None
