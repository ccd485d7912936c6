"""Rows as one file for other programs: Parquet, CSV or a DuckDB database, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.errors import LfrError, StoreFull, StoreUnreachable, UsageError
from lfr_batch.results.csv_text import csv_text
from lfr_batch.results.export_rows import Table, stream
from lfr_batch.results.render import csv_value, unique_names
from lfr_batch.results.sql import Lake
from lfr_batch.results.views import quoted
from lfr_batch.storage.files import OWN_FILE, own

Provenance = Mapping[str, Any]
"""Who exported what, for which case: kept in the file where it has room for it."""
Writer = Callable[[Path, Lake, Sequence[Table], Provenance], dict[str, int]]
"""Fills a path and says how many rows each table has."""

_MEMORY = "1GB"
"""Of DuckDB while it writes; it spills beyond."""
_NO_ROOM = ("no space left", "disk quota", "file too large")


def writer_for(path: Path, tables: int) -> Writer:
    """By the file's ending. Raises UsageError for another, and for more than it can hold."""
    ending = path.suffix.lower()
    if ending not in _WRITERS:
        raise UsageError(_no_such_kind(path))
    if tables != 1 and ending != ".duckdb":
        raise UsageError(
            f"{path.name} holds one table: choose it with --view or --question, or export to "
            "FILE.duckdb, which holds them all"
        )
    return _WRITERS[ending]


def _no_such_kind(path: Path) -> str:
    if path.suffix.lower() in {"", ".ducklake"}:
        return (
            f"{path} would be a DuckLake catalogue, and DuckDB's extension for these cannot be "
            "loaded here: export to FILE.duckdb, and where DuckDB has the extension `COPY FROM "
            "DATABASE` copies it into a catalogue"
        )
    return f"nothing is exported as {path.suffix}: name FILE.parquet, FILE.csv or FILE.duckdb"


def write_parquet(
    path: Path, lake: Lake, tables: Sequence[Table], provenance: Provenance
) -> dict[str, int]:
    """Columns have their meaning as ``comment``, the file has ``provenance`` as JSON."""
    (table,) = tables
    about = {"lfr_batch": json.dumps(provenance, ensure_ascii=False)}
    columns = [
        column.with_name(name)
        for column, name in zip(table.schema, unique_names(table.schema.names), strict=True)
    ]
    schema, rows = pa.schema(columns, metadata=about), 0
    with open(path, "xb", opener=own) as file, pq.ParquetWriter(file, schema) as writer:
        for batch in stream(lake, table):
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
    return {table.name: rows}


def write_csv(
    path: Path,
    lake: Lake,
    tables: Sequence[Table],
    provenance: Provenance,  # noqa: ARG001
) -> dict[str, int]:
    """Names of the columns and rows, which no spreadsheet takes for formulas (``csv_text``)."""
    (table,) = tables
    rows = 0
    with open(path, "x", encoding="utf-8", newline="", opener=own) as file:
        file.write(csv_text([unique_names(table.schema.names)]))
        for batch in stream(lake, table):
            file.write(csv_text(zip(*map(_cells, batch.columns), strict=True)))
            rows += batch.num_rows
    return {table.name: rows}


def _cells(column: pa.Array) -> list[Any]:
    """As ``csv_value`` has them: texts and numbers, which are the most, without asking each."""
    values: list[Any] = column.to_pylist()
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_integer(kind):
        return values
    if pa.types.is_floating(kind):
        return [value if value is None or isfinite(value) else None for value in values]
    return list(map(csv_value, values))


def write_duckdb(
    path: Path, lake: Lake, tables: Sequence[Table], provenance: Provenance
) -> dict[str, int]:
    """A table for each, with comments; ``exported`` says who exported it, and for what."""
    counts = {}
    with _database(path) as database:
        for table in tables:
            _fill(database, lake, table)
            _comment(database, table)
            found = database.execute(f'SELECT count(*) FROM "{table.name}"').fetchall()
            counts[table.name] = int(found[0][0])
        _say_who(database, provenance)
    return counts


def _fill(database: duckdb.DuckDBPyConnection, lake: Lake, table: Table) -> None:
    """What ends the reading is raised as it was: DuckDB would make a text of it."""
    ended_by: list[LfrError] = []

    def rows() -> Iterator[pa.RecordBatch]:
        try:
            yield from stream(lake, table)
        except LfrError as error:
            ended_by.append(error)
            raise

    database.register("_rows", pa.RecordBatchReader.from_batches(_renamed(table.schema), rows()))
    try:
        database.execute(f'CREATE TABLE "{table.name}" AS FROM _rows')
    except duckdb.Error as error:
        if ended_by:
            raise ended_by[0] from error
        raise
    database.unregister("_rows")


def _renamed(schema: pa.Schema) -> pa.Schema:
    names = unique_names(schema.names)
    return pa.schema([c.with_name(name) for c, name in zip(schema, names, strict=True)])


@contextmanager
def _database(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Its owner's alone, whole in one file; what DuckDB says of the disk is a StoreError."""
    beside = path.with_name(f"{path.name}.wal"), path.with_name(f"{path.name}.tmp")
    try:
        with duckdb.connect(str(path)) as database:
            path.chmod(OWN_FILE)
            for setting in ("TimeZone = 'UTC'", f"memory_limit = '{_MEMORY}'"):
                database.execute(f"SET {setting}")
            database.execute(f"SET temp_directory = {quoted(str(beside[1]))}")
            database.execute("SET preserve_insertion_order = false")
            yield database
    except duckdb.Error as error:
        raise _refusal(error, path) from error
    finally:
        for leftover in beside:
            with suppress(OSError):
                leftover.rmdir() if leftover.is_dir() else leftover.unlink(missing_ok=True)


def _refusal(error: duckdb.Error, path: Path) -> Exception:
    """What DuckDB says of the disk, as one error with one sentence."""
    said = str(error).splitlines()[0]
    elsewhere = "name another file with --to"
    if any(words in said.lower() for words in _NO_ROOM):
        return StoreFull(f"the disk holding {path.parent} is full; free space or {elsewhere}")
    if isinstance(error, duckdb.IOException) or "Could not write" in said:
        return StoreUnreachable(f"cannot write {path}: {said}; {elsewhere}")
    return error


def _comment(database: duckdb.DuckDBPyConnection, table: Table) -> None:
    database.execute(f'COMMENT ON TABLE "{table.name}" IS {quoted(table.comment)}')
    for column in _renamed(table.schema):
        said = (column.metadata or {}).get(b"comment", b"").decode()
        if said:
            where = f'"{table.name}"."{column.name.replace(chr(34), chr(34) * 2)}"'
            database.execute(f"COMMENT ON COLUMN {where} IS {quoted(said)}")


def _say_who(database: duckdb.DuckDBPyConnection, provenance: Provenance) -> None:
    database.execute("CREATE TABLE exported (what VARCHAR, said VARCHAR)")
    database.execute("COMMENT ON TABLE exported IS 'Who exported this file, and for what.'")
    said = [(k, v if isinstance(v, str) else json.dumps(v)) for k, v in provenance.items()]
    database.executemany("INSERT INTO exported VALUES (?, ?)", said)


_WRITERS: Mapping[str, Writer] = MappingProxyType(
    {".parquet": write_parquet, ".csv": write_csv, ".duckdb": write_duckdb}
)
