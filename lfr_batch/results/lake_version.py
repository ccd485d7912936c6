"""``lake.json``: which version of the schemas a lake was written with."""

from __future__ import annotations

import json
import secrets

from lfr_batch.errors import ResultsTooNew
from lfr_batch.results.layout import LAKE_JSON, empty_part, id_file
from lfr_batch.results.manifest_log import commit, newest_number
from lfr_batch.results.migrations import OLDEST, part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.schemas import DATASETS, SCHEMA_VERSION
from lfr_batch.storage.store import Store


def lake_version(store: Store) -> int | None:
    """None where there is no lake yet. Raises ResultsTooNew if lake.json cannot be understood."""
    try:
        return int(json.loads(store.read(LAKE_JSON))["schema_version"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise _not_understood(store) from None


def _not_understood(store: Store) -> ResultsTooNew:
    return ResultsTooNew(
        f"{LAKE_JSON} in {store.uri} names no schema_version: it is damaged or of a newer "
        "version; restore it or upgrade lfr-batch"
    )


def check_lake(store: Store) -> None:
    """Raises ResultsTooNew if a newer version wrote this lake."""
    version = lake_version(store)
    if version is not None and version > SCHEMA_VERSION:
        raise ResultsTooNew(
            f"{store.uri} was written by a newer version of lfr-batch (schema {version}, "
            f"this one knows {SCHEMA_VERSION}): upgrade lfr-batch or choose another results root"
        )


def mark_lake(store: Store) -> None:
    """Name this version as the lake's, unless it is already: what is written from now on may be
    laid out as older programs do not know it, and they refuse such a lake by this."""
    version = lake_version(store)
    if version is None or version < SCHEMA_VERSION:
        lake_id = secrets.token_hex(8)
        for name in DATASETS:
            for each in (OLDEST, SCHEMA_VERSION):
                write_part(store, empty_part(name, each), [], part_schema(name, each))
        store.write_atomic(id_file(lake_id), b"")
        marker = {"schema_version": SCHEMA_VERSION, "id": lake_id}
        store.write_atomic(LAKE_JSON, json.dumps(marker).encode() + b"\n")
    # After older programs refuse it, and before anything of this version is in it.
    if not newest_number(store):
        commit(store, lambda manifest: manifest)


def lake_id(store: Store) -> str:
    """Of a lake that was marked. Raises ResultsTooNew where that cannot be understood."""
    try:
        return str(json.loads(store.read(LAKE_JSON))["id"])
    except (ValueError, KeyError, TypeError):
        raise _not_understood(store) from None
