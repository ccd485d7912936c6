"""Whether parts are of the version that the manifest says, and have the columns it gives them."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from lfr_batch.errors import ResultsError, StoreUnreachable
from lfr_batch.results.damage import publish_again
from lfr_batch.results.ends import ends_of, version_in
from lfr_batch.results.manifest import LakePart
from lfr_batch.results.migrations import WITHOUT_RUN_ID, part_schema
from lfr_batch.storage.store import Store


def misfit(store: Store, parts: Iterable[LakePart]) -> ResultsError | StoreUnreachable | None:
    """The first that does not fit or cannot be read, by name, with the column; None where all do.

    Whoever reads several parts together would else see a column of another type, or one without
    values, or an error that names none of them. Only the parts' ends are read; one that is gone is
    passed over.
    """
    end_of = ends_of(store)
    for part in parts:
        try:
            why = unfit(part, end_of(part.path))
        except FileNotFoundError:
            continue
        except (ResultsError, StoreUnreachable) as error:
            return error
        if why is not None:
            return ResultsError(f"{part.path} {why}; {publish_again(part.path)}")
    return None


def require_fit(store: Store, parts: Iterable[LakePart]) -> None:
    """Before rows are taken out of ``parts`` into others: what is not seen then is lost.

    Raises ResultsError and StoreUnreachable.
    """
    told = misfit(store, parts)
    if told is not None:
        raise told


def unfit(part: LakePart, end: pa.Schema) -> str | None:
    """What is wrong, as what follows the part's name."""
    version = version_in(end)
    if version is not None and version != part.schema:
        return (
            f"was written with version {version} of the schemas, and the manifest says "
            f"{part.schema}"
        )
    why = _other_column(part, end)
    return why and f"does not fit the schema it was written with ({why})"


def _other_column(part: LakePart, found: pa.Schema) -> str | None:
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
