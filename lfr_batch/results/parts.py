"""Parquet parts: the same rows always give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.results.answers import rows_of
from lfr_batch.results.damage import damaged
from lfr_batch.storage.store import Store

Row = Mapping[str, Any]

GROUP_ROWS = 20_000
"""Rows that are in memory as Python objects at a time, in writing and in reading."""
_PICTURE_ROWS = 128
"""Rows of a group in datasets with pictures: whoever wants one reads as many."""
_SOUGHT = {"run_id": {"ndv": 256, "fpp": 0.02}}
_SOUGHT_PICTURES = {"sighting_id": {"ndv": _PICTURE_ROWS, "fpp": 0.001}}
"""Bloom filters of a few hundred bytes, by which groups of rows are passed over that lack a run or,
of pictures, a sighting."""


def table_bytes(rows: Iterable[Row], schema: pa.Schema) -> bytes:
    """``rows`` as one Parquet file, in the order given.

    Raises ValueError for a row whose columns are not the schema's.
    """
    return _parquet((table_of(group, schema) for group in _groups(rows)), schema)


def write_part(store: Store, path: str, rows: Iterable[Row], schema: pa.Schema) -> None:
    """Write ``rows`` to ``path`` at once. Raises StoreFull, StoreUnreachable."""
    store.write_atomic(path, table_bytes(rows, schema))


def merge_parts(
    store: Store,
    paths: Sequence[str],
    target: str,
    schema: pa.Schema,
    way_out: str,
    sorted_by: str | None = None,
) -> None:
    """Write the rows of all ``paths``, in that order or sorted by a column, to ``target``.

    Raises as ``read_part``.
    """
    tables = [_read_table(store, path, way_out).select(schema.names) for path in paths]
    whole = pa.concat_tables(tables).cast(schema)
    whole = whole.sort_by(sorted_by) if sorted_by else whole
    store.write_atomic(target, _parquet([whole], schema))


def read_part(store: Store, path: str, way_out: str) -> list[dict[str, Any]]:
    """The rows of the part ``path``, plain Python values; maps are lists of pairs.

    Raises FileNotFoundError, StoreUnreachable, and ResultsError, which names the file and
    ``way_out``, for a part that is cut off or altered.
    """
    return list(iterate_part(store, path, way_out))


def iterate_part(
    store: Store,
    path: str,
    way_out: str,
    columns: Sequence[str] | None = None,
    group_rows: int = GROUP_ROWS,
) -> Iterator[dict[str, Any]]:
    """As ``read_part``, but a group of rows at a time; ``columns``: those alone."""
    with _damage_named(store, path, way_out):
        part = _open(store.read(path))
        for batch in part.iter_batches(group_rows, columns=columns and list(columns)):
            yield from rows_of(pa.Table.from_batches([batch]))


def group_rows(dataset: str) -> int:
    """How many rows of a dataset are read together."""
    return _PICTURE_ROWS if dataset == "best_shots" else GROUP_ROWS


def table_rows(dataset: str) -> int:
    """How many rows of a dataset are in memory together while parts are made of others."""
    return 4 * _PICTURE_ROWS if dataset == "best_shots" else GROUP_ROWS


class Filling:
    """A Parquet file that is filled a table at a time, until it is long enough."""

    def __init__(self, schema: pa.Schema, group_rows: int, most_bytes: int) -> None:
        self._schema, self._group_rows, self._most_bytes = schema, group_rows, most_bytes
        self._begin()

    def _begin(self) -> None:
        self._sink = io.BytesIO()
        self._writer = _writer(self._sink, self._schema)
        self.rows = 0

    def add(self, table: pa.Table) -> bytes | None:
        """The file, once it is as long as it may be; a little longer, by what was added last."""
        self._writer.write_table(table.cast(self._schema), row_group_size=self._group_rows)
        self.rows += table.num_rows
        return self.end() if self._sink.tell() >= self._most_bytes else None

    def end(self) -> bytes:
        """The file as it is; the next one begins."""
        self._writer.close()
        data = self._sink.getvalue()
        self._begin()
        return data


def rolled(
    tables: Iterable[pa.Table], schema: pa.Schema, group_rows: int, most_bytes: int
) -> Iterator[bytes]:
    """``tables`` one after the other as files; none where there are no rows."""
    filling = Filling(schema, group_rows, most_bytes)
    for table in tables:
        if table.num_rows and (data := filling.add(table)) is not None:
            yield data
    if filling.rows:
        yield filling.end()


def _read_table(store: Store, path: str, way_out: str) -> pa.Table:
    with _damage_named(store, path, way_out):
        return _open(store.read(path)).read()


def _open(data: bytes) -> pq.ParquetFile:
    # Not pq.read_table: it imports pandas.
    return pq.ParquetFile(pa.BufferReader(data))


def _parquet(tables: Iterable[pa.Table], schema: pa.Schema, group_rows: int = GROUP_ROWS) -> bytes:
    sink = io.BytesIO()
    with _writer(sink, schema) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=group_rows)
    return sink.getvalue()


def _writer(sink: io.BytesIO, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        sink,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        bloom_filter_options=_sought(schema),
    )


def _sought(schema: pa.Schema) -> dict[str, dict[str, float]] | None:
    if "run_id" not in schema.names:
        return None
    return {**_SOUGHT, **(_SOUGHT_PICTURES if "jpeg" in schema.names else {})}


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while group := list(islice(waiting, GROUP_ROWS)):
        yield group


def table_of(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Raises ValueError for a row whose columns are not the schema's."""
    names = set(schema.names)
    for row in rows:
        if row.keys() != names:
            raise ValueError(f"columns {sorted(names ^ row.keys())} are not in both")
    return pa.Table.from_pylist(rows, schema=schema)


@contextmanager
def _damage_named(store: Store, path: str, way_out: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise damaged(f"{path} in {store.uri}", way_out) from error
    except OSError as error:
        if error.errno is not None or isinstance(error, FileNotFoundError):
            raise
        # pyarrow's own OSError, without errno, is of the bytes: the store raises its own errors.
        raise damaged(f"{path} in {store.uri}", way_out) from error
