"""An answer as text or bytes: for people, spreadsheets and programs. Pure."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import chain, count
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.errors import QueryError
from lfr_batch.results.answers import holds_bytes, values_of
from lfr_batch.results.csv_text import csv_text
from lfr_batch.visible import ornament, visible, visible_json, visible_lines

TABLE_ROWS = 1000
"""Longer answers are cut on a terminal, and say so."""
_CELL_WIDTH = 60
"""So are longer cells, with a mark."""
_DIGITS = 4
_PLAN = ["explain_key", "explain_value"]


def render(
    table: pa.Table,
    format: str,  # noqa: A002 - the option's name
    encoding: str = "utf-8",
    *,
    whole: bool = True,
) -> str | bytes:
    """``table`` as 'table', 'csv', 'json' (one array of objects) or 'parquet' (bytes).

    ``whole``: in 'table', too, every row and cell; else it is cut for a terminal, and says so. In
    csv and json, times are ISO 8601 and bytes are base64; for a terminal, how many they are, as
    in 'table'. What does not print, or not in ``encoding``, is an escape in 'table' and, with the
    same meaning, in 'json'; in 'csv' it is itself. Raises QueryError for another format.
    """
    if format not in FORMATS:
        raise QueryError(f"there is no format {format!r}: choose {', '.join(FORMATS)}")
    if format == "table" and not whole:
        return as_cut_table(table, encoding)
    if format in TEXTS and not whole:
        table = _without_bytes(table)
    return FORMATS[format](table, encoding)


def as_table(table: pa.Table, encoding: str) -> str:
    """Columns in line, all of them; a query's plan (EXPLAIN) as it was drawn."""
    return _drawn(table, table, encoding, lambda text: text)


def as_cut_table(table: pa.Table, encoding: str) -> str:
    """The same of the first rows, with long cells cut."""
    mark = ornament("…", "~", encoding)
    return _drawn(table, table.slice(0, TABLE_ROWS), encoding, lambda text: _shortened(text, mark))


def _drawn(table: pa.Table, shown: pa.Table, encoding: str, cut: Callable[[str], str]) -> str:
    if table.column_names == _PLAN:
        drawn = (text.rstrip() for text in table.column(1).to_pylist())
        return "".join(f"{visible_lines(text, encoding)}\n" for text in drawn)
    names = [visible(name, encoding) for name in table.column_names]
    cells = [
        [cut(_cell(value, encoding)) for value in values_of(column)] for column in shown.columns
    ]
    numeric = [_is_number(field.type) for field in table.schema]
    widths = [max(map(len, (name, *column))) for name, column in zip(names, cells, strict=True)]
    rule = ornament("─", "-", encoding)
    lines = [
        _line(names, widths, numeric),
        "  ".join(rule * width for width in widths),
        *(_line(row, widths, numeric) for row in zip(*cells, strict=True)),
        _footer(table.num_rows, shown.num_rows),
    ]
    return "\n".join(lines) + "\n"


def as_csv(table: pa.Table, encoding: str) -> str:  # noqa: ARG001 - one signature for all
    rows = ([csv_value(value) for value in row] for row in _rows(table))
    return csv_text(chain([table.column_names], rows))


def as_json(table: pa.Table, encoding: str) -> str:
    names = unique_names(table.column_names)
    rows = [
        json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False)
        for row in _rows(table)
    ]
    return visible_json("[" + ",\n ".join(rows) + "]\n", encoding)


def _without_bytes(table: pa.Table) -> pa.Table:
    """With the size of pictures and the like in place of them."""
    for number, field in enumerate(table.schema):
        if holds_bytes(field.type):
            values = [_sized(value) for value in values_of(table.column(number))]
            table = table.set_column(number, field.name, pa.array(values, _sized_type(field.type)))
    return table


def _sized(value: Any) -> Any:
    """With how many they are in place of bytes, wherever they are in it."""
    return _throughout(value, lambda v: f"<{len(v)} bytes>" if isinstance(v, bytes) else v)


def _throughout(value: Any, change: Callable[[Any], Any]) -> Any:
    """``change`` of whatever is in it that is no list, map or struct."""
    if isinstance(value, list):
        return [_throughout(item, change) for item in value]
    if isinstance(value, tuple):  # an entry of a map
        return tuple(_throughout(item, change) for item in value)
    if isinstance(value, dict):
        return {name: _throughout(item, change) for name, item in value.items()}
    return change(value)


def _sized_type(kind: pa.DataType) -> pa.DataType:
    if not holds_bytes(kind):
        return kind
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _sized_type(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_sized_type(kind.key_type), _sized_type(kind.item_type))
    return pa.list_(_sized_type(kind.value_type)) if kind.num_fields else pa.string()


def as_parquet(table: pa.Table, encoding: str) -> bytes:  # noqa: ARG001 - one signature for all
    sink = io.BytesIO()
    pq.write_table(table.rename_columns(unique_names(table.column_names)), sink)
    return sink.getvalue()


def unique_names(names: Sequence[str]) -> list[str]:
    """``a, a`` → ``a, a_2``: an object has no two keys of one name."""
    unique: list[str] = []
    for name in names:
        choices = chain([name], (f"{name}_{n}" for n in count(2)))
        unique.append(next(choice for choice in choices if choice not in unique))
    return unique


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=1000):
        yield from zip(*(values_of(column) for column in batch.columns), strict=True)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return _plain(dict(value)) if _is_map(value) else [_plain(v) for v in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> str | float | None:
    match value:
        case None | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
    return _text(value)


def _is_map(value: list[Any]) -> bool:
    """pyarrow gives a map as a list of pairs; its lists hold no tuples otherwise."""
    return bool(value) and all(isinstance(item, tuple) for item in value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _flat(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, str):
        return plain
    return json.dumps(plain, ensure_ascii=False)


def csv_value(value: Any) -> object:
    """A number as a number, all else as text."""
    plain = _plain(value)
    return plain if isinstance(plain, int | float) and not isinstance(plain, bool) else _flat(value)


def _cell(value: Any, encoding: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return visible(_flat(_throughout(_sized(value), _rounded)), encoding)


def _number(value: float) -> str:
    """To four places; below 1 to four digits that count, so that only nothing is 0."""
    if not math.isfinite(value) or abs(value) >= 1e12:
        return str(value)
    if abs(value) < 1:
        return f"{value:.{_DIGITS}g}"
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


def _rounded(value: Any) -> Any:
    """Of one value, no list, map or struct."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return float(_number(value))


def _shortened(text: str, mark: str) -> str:
    return text if len(text) <= _CELL_WIDTH else text[: _CELL_WIDTH - 1] + mark


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(test(kind) for test in tests)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _footer(rows: int, shown: int) -> str:
    if rows > shown:
        return f"({rows} rows, the first {shown} shown; a pipe or --format csv has them all)"
    return "(1 row)" if rows == 1 else f"({rows} rows)"


FORMATS: Mapping[str, Callable[[pa.Table, str], str | bytes]] = MappingProxyType(
    {"table": as_table, "csv": as_csv, "json": as_json, "parquet": as_parquet}
)
TEXTS = ("table", "csv", "json")
"""Those that a prompt can show."""
