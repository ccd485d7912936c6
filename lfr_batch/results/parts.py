"""Parquet parts: the same rows always give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.results.damage import damaged
from lfr_batch.results.store import Store

Row = Mapping[str, Any]


def table_bytes(rows: Sequence[Row], schema: pa.Schema) -> bytes:
    """``rows`` as one Parquet file, in the order given.

    Raises ValueError for a row whose columns are not the schema's.
    """
    _check_columns(rows, schema)
    sink = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist([dict(row) for row in rows], schema=schema),
        sink,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        row_group_size=20_000,
    )
    return sink.getvalue()


def write_part(store: Store, path: str, rows: Sequence[Row], schema: pa.Schema) -> None:
    """Write ``rows`` to ``path`` at once. Raises StoreFull, StoreUnreachable."""
    store.write_atomic(path, table_bytes(rows, schema))


def read_rows(data: bytes) -> list[dict[str, Any]]:
    """The rows of a part, plain Python values; maps are lists of pairs."""
    rows: list[dict[str, Any]] = pq.read_table(pa.BufferReader(data)).to_pylist()
    return rows


def read_part(store: Store, path: str, way_out: str) -> list[dict[str, Any]]:
    """The rows of the part ``path``.

    Raises FileNotFoundError, StoreUnreachable, and ResultsError, which names the file and
    ``way_out``, for a part that is cut off or altered.
    """
    try:
        return read_rows(store.read(path))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise damaged(f"{path} in {store.uri}", way_out) from error
    except OSError as error:
        if error.errno is not None or isinstance(error, FileNotFoundError):
            raise
        # pyarrow's own OSError, without errno, is of the bytes: the store raises its own errors.
        raise damaged(f"{path} in {store.uri}", way_out) from error


def _check_columns(rows: Sequence[Row], schema: pa.Schema) -> None:
    names = set(schema.names)
    for row in rows:
        if row.keys() != names:
            raise ValueError(f"columns {sorted(names ^ row.keys())} are not in both")
