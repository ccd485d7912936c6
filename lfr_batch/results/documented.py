"""A view that is made of others, with what its columns mean and what tells its rows apart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class DocumentedView:
    comment: str
    """What its rows are, in sentences; without its key."""
    schema: pa.Schema
    """Its columns in their order, as DuckDB names and types them."""
    key: tuple[str, ...]
    """What tells its rows apart; a null in it is a value like any other."""
    sql: str
    """The script that makes it, with the macros it needs; the views it is made of are there."""
    never_null: tuple[str, ...] = ("run_id", "case_ref")


def joined(*parts: pa.Schema) -> pa.Schema:
    """The columns of all, in order."""
    return pa.schema(list(chain.from_iterable(parts)))


def of(schema: pa.Schema, *names: str) -> pa.Schema:
    """Columns as another view documents them."""
    return pa.schema([schema.field(name) for name in names])
