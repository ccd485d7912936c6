"""An answer's rows as Python has them. Pure."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pyarrow as pa

Row = dict[str, Any]


def rows_of(table: pa.Table) -> list[Row]:
    """The rows as dicts; moments are of UTC.

    ``Table.to_pylist`` imports pandas for the first moment with a time zone, which takes longer
    than a small answer.
    """
    columns = {name: values_of(table.column(name)) for name in table.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether values of this type are bytes, as pictures are, or lists, structs or maps of some."""
    if kind.num_fields and not pa.types.is_union(kind):
        return any(holds_bytes(kind.field(number).type) for number in range(kind.num_fields))
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def values_of(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """The values of a column, moments of UTC."""
    if not (pa.types.is_timestamp(column.type) and column.type.tz):
        values: list[Any] = column.to_pylist()
        return values
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    # Seen as what it is, microseconds from 1970 in UTC: a cast would import pyarrow.compute.
    plain = pa.timestamp(column.type.unit)
    moments = (moment for chunk in chunks for moment in chunk.view(plain).to_pylist())
    return [moment and moment.replace(tzinfo=UTC) for moment in moments]
