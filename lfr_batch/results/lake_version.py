"""``lake.json``: which version of the schemas a lake was written with, and which lake it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lfr_batch.errors import ResultsError, ResultsTooNew
from lfr_batch.results.columns import SCHEMA_VERSION
from lfr_batch.results.layout import LAKE_JSON, MANIFESTS
from lfr_batch.results.migrations import OLDEST
from lfr_batch.storage.store import Store

ADOPTS = "adopts"
"""In ``lake.json`` while a lake of before has no manifest yet."""


def lake_version(store: Store) -> int | None:
    """None where there is no lake yet. Raises ResultsTooNew if lake.json cannot be understood."""
    try:
        return int(_said(store)["schema_version"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise _not_understood(store) from None


def check_lake(store: Store) -> None:
    """Raises ResultsTooNew if a newer version wrote this lake."""
    version = lake_version(store)
    if version is not None and version > SCHEMA_VERSION:
        raise ResultsTooNew(
            f"{store.uri} was written by a newer version of lfr-batch (schema {version}, "
            f"this one knows {SCHEMA_VERSION}): upgrade lfr-batch or choose another results root"
        )


def lake_id(store: Store) -> str:
    """Of a lake that was marked. Raises ResultsTooNew where that cannot be understood."""
    try:
        return str(_said(store)["id"])
    except (ValueError, KeyError, TypeError):
        raise _not_understood(store) from None


def known_id(store: Store) -> str | None:
    """Of a lake that may be of before, or not be there yet."""
    try:
        return str(_said(store)["id"])
    except (FileNotFoundError, KeyError):
        return None


def is_being_adopted(store: Store) -> bool:
    try:
        return ADOPTS in _said(store)
    except FileNotFoundError:
        return False


def require_never_had(store: Store) -> None:
    """That a lake without a manifest has lost none: by the names of files alone, what this version
    has written would be taken for what versions of before wrote. Raises ResultsError."""
    version = lake_version(store)
    if version is not None and version > OLDEST and not is_being_adopted(store):
        raise ResultsError(
            f"{store.uri} has lost its manifest ({MANIFESTS}), which names the files that count: "
            "restore that folder from a copy, or `lfr lake check --rebuild` makes one of the files "
            "that are there"
        )


def _said(store: Store) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(store.read(LAKE_JSON))
    return found


def _not_understood(store: Store) -> ResultsTooNew:
    return ResultsTooNew(
        f"{LAKE_JSON} in {store.uri} names no schema_version: it is damaged or of a newer "
        "version; restore it or upgrade lfr-batch"
    )
