"""How a column of the results lake is said: its type, and what it means. Pure."""

from __future__ import annotations

import pyarrow as pa

from lfr_batch.results.constraints import ENUMS

SCHEMA_VERSION = 3
"""Programs refuse a lake whose version is higher than their own."""

MOMENT = pa.timestamp("us", tz="UTC")
FLOATS = pa.list_(pa.float32())
BOX = pa.struct([(side, pa.float32()) for side in ("left", "top", "right", "bottom")])
FURTHER = pa.list_(pa.struct([("media_s", pa.float64()), ("quality", pa.float64()), ("box", BOX)]))
PICTURES = pa.list_(pa.binary())
STRINGS = pa.list_(pa.string())
COUNTS = pa.map_(pa.string(), pa.int32())
DOUBLES = pa.list_(pa.float64())

Column = tuple[str, pa.DataType, str]

RUN_ID: Column = (
    "run_id",
    pa.string(),
    "The run.",
)


def schema_of(*columns: Column) -> pa.Schema:
    return pa.schema(
        [pa.field(name, kind, metadata={"comment": text}) for name, kind, text in columns],
        metadata={"schema_version": str(SCHEMA_VERSION)},
    )


def dataset(name: str, *columns: Column) -> pa.Schema:
    """Columns of few values say in their ``values`` which."""
    schema = schema_of(*columns)
    for at, field in enumerate(schema):
        if values := ENUMS.get((name, field.name)):
            said = {**field.metadata, b"values": "\n".join(values)}
            schema = schema.set(at, field.with_metadata(said))
    return schema


def values_of(column: pa.Field) -> tuple[str, ...]:
    """All that a column of few values can hold, in their order; none of another column."""
    said = (column.metadata or {}).get(b"values", b"").decode()
    return tuple(said.split("\n")) if said else ()


def comment(column: pa.Field) -> str:
    return str((column.metadata or {}).get(b"comment", b"").decode())
