"""Whether parts have the columns that the version they were written with gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.errors import ResultsError
from lfr_batch.results.damage import damaged, publish_again
from lfr_batch.results.manifest import LakePart
from lfr_batch.results.migrations import WITHOUT_RUN_ID, part_schema
from lfr_batch.storage.s3_store import S3Store, arrow_filesystem
from lfr_batch.storage.store import Store


def misfit(store: Store, parts: Iterable[LakePart]) -> ResultsError | None:
    """The first that does not fit, by name, with the column; None where all do.

    Whoever reads several parts together would else see a column of another type, or an error that
    names none of them. Only the parts' ends are read.
    """
    filesystem = arrow_filesystem(store.s3) if isinstance(store, S3Store) else None
    for part in parts:
        told = _told(store, part, filesystem)
        if told is not None:
            return told
    return None


def _told(store: Store, part: LakePart, filesystem: Any) -> ResultsError | None:
    try:
        if isinstance(store, S3Store):
            found = pq.read_schema(f"{store.bucket}/{store.key(part.path)}", filesystem=filesystem)
        else:
            found = pq.read_schema(f"{store.uri}/{part.path}")
    except FileNotFoundError:
        return None
    except (pa.ArrowException, OSError):
        return damaged(part.path, publish_again(part.path))
    why = _why(part, found)
    if why is None:
        return None
    return ResultsError(
        f"{part.path} does not fit the schema it was written with ({why}); "
        f"{publish_again(part.path)}"
    )


def _why(part: LakePart, found: pa.Schema) -> str | None:
    for field in part_schema(part.dataset, part.schema):
        at = found.get_field_index(field.name)
        if at < 0 and part.schema > WITHOUT_RUN_ID:
            return f"it has no column {field.name}"
        if at >= 0 and not _like(found.field(at).type, field.type):
            return f"{field.name} is {found.field(at).type} in it, not {field.type}"
    return None


def _like(one: pa.DataType, other: pa.DataType) -> bool:
    """Names of what lists and maps hold differ between writers."""
    if pa.types.is_map(one) and pa.types.is_map(other):
        return _like(one.key_type, other.key_type) and _like(one.item_type, other.item_type)
    if pa.types.is_list(one) and pa.types.is_list(other):
        return _like(one.value_type, other.value_type)
    return bool(one == other)
