"""``lake.json``: which version of the schemas a lake was written with."""

from __future__ import annotations

import json

from lfr_batch.errors import ResultsTooNew
from lfr_batch.results.layout import LAKE_JSON
from lfr_batch.results.schemas import SCHEMA_VERSION
from lfr_batch.storage.store import Store


def lake_version(store: Store) -> int | None:
    """None where there is no lake yet. Raises ResultsTooNew if lake.json cannot be understood."""
    try:
        return int(json.loads(store.read(LAKE_JSON))["schema_version"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise ResultsTooNew(
            f"{LAKE_JSON} in {store.uri} names no schema_version: it is damaged or of a newer "
            "version; restore it or upgrade lfr-batch"
        ) from None


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
        marker = {"schema_version": SCHEMA_VERSION}
        store.write_atomic(LAKE_JSON, json.dumps(marker).encode() + b"\n")
