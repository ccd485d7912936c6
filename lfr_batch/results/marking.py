"""A lake is made one of this version: ``lake.json``, a first manifest, parts without rows."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from lfr_batch.results.columns import SCHEMA_VERSION
from lfr_batch.results.lake_version import ADOPTS, is_being_adopted, known_id, lake_version
from lfr_batch.results.layout import LAKE_JSON, empty_part, id_file
from lfr_batch.results.manifest_log import commit, newest_number
from lfr_batch.results.migrations import kinds, part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.storage.store import Store


def mark_lake(store: Store) -> None:
    """Name this version as the lake's, unless it is already: what is written from now on may be
    laid out as older programs do not know it, and they refuse such a lake by this."""
    version = lake_version(store)
    if version is None or version < SCHEMA_VERSION or is_being_adopted(store):
        _mark(store)
    elif not newest_number(store):
        commit(store, lambda manifest: manifest)  # which says that it is lost


def _mark(store: Store) -> None:
    """The manifest comes after older programs refuse the lake, and before anything of this version
    is in it. Until then ``lake.json`` says that there is none yet: whoever is killed between the
    two leaves a lake that the next one adopts."""
    lake_id, has_manifest = known_id(store) or secrets.token_hex(8), newest_number(store) > 0
    furnish(store, lake_id)
    marker = {"schema_version": SCHEMA_VERSION, "id": lake_id}
    if not has_manifest:
        _write(store, {**marker, ADOPTS: True})
        commit(store, lambda manifest: manifest)
    _write(store, marker)


def furnish(store: Store, lake_id: str) -> None:
    """What ``views.sql`` reads beside the parts that the manifest names."""
    for kind in kinds():
        write_part(store, empty_part(*kind), [], part_schema(*kind))
    store.write_atomic(id_file(lake_id), b"")


def _write(store: Store, marker: Mapping[str, Any]) -> None:
    store.write_atomic(LAKE_JSON, json.dumps(marker).encode() + b"\n")
