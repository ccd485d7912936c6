"""Runs as they are once they are published: published here and now, or put there as they were
published once, which costs a tenth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from types import MappingProxyType

from lfr_batch.results import layout
from lfr_batch.results.lake import write_views
from lfr_batch.results.manifest import ShownRun, with_run
from lfr_batch.results.manifest_log import commit, read_manifest
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.schemas import LIVE_DATASETS
from lfr_batch.results.store import open_store
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store
from tests.holding import publish_run

from .synthetic import FINISHED, RUN_ID, request, searched_run


def publish_searched(store: Store, run_id: str = RUN_ID, **asked: object) -> None:
    """The whole archive's."""
    _, made = searched_run(store, run_id)
    publish_run(
        store,
        request(run_id, **asked),
        made.assets,
        made.segments,
        made.outcomes,
        made.sightings,
        "complete",
        at=FINISHED,
    )


def publish(store: Store, run_id: str = RUN_ID, **asked: object) -> None:
    """The whole archive's, and an alert and a review of it."""
    publish_searched(store, run_id, **asked)
    for dataset in sorted(LIVE_DATASETS):
        schema = part_schema(dataset)
        row = {**dict.fromkeys(schema.names), "alert_id": "a-1"}
        write_part(store, f"{dataset}/run_id={run_id}/a-1.parquet", [row], schema)


def published(store: Store, run_id: str = RUN_ID, **asked: object) -> None:
    """As ``publish`` leaves it where there is no such run yet."""
    assert not store.list(layout.state(run_id))
    made = _publication(run_id, **asked)
    write_views(store)
    for path, data in made.files.items():
        store.write_atomic(path, data)
    commit(store, lambda manifest: with_run(manifest, made.shown))


@dataclass(frozen=True, slots=True)
class _Publication:
    files: Mapping[str, bytes]
    """Of the run alone, in the order of their names."""
    shown: ShownRun


@cache
def _publication(run_id: str, **asked: object) -> _Publication:
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "lake")
        publish(store, run_id, **asked)
        found = [path for path in store.list("") if run_id in path and not path.endswith("/LOCK")]
        files = {path: _let_go(path, store.read(path)) for path in found}
        shown = read_manifest(store).runs[run_id]
    return _Publication(MappingProxyType(files), shown)


def _let_go(path: str, data: bytes) -> bytes:
    """In a bucket a claim counts until its holder says that it has ended."""
    if "/epochs/" not in path:
        return data
    return json.dumps({**json.loads(data), "released": True}).encode()


def copy_lake(folder: Path, to: Store) -> None:
    """To where none is yet."""
    source = open_store(folder)
    if isinstance(to, LocalStore):
        copytree(folder, to.uri)
        return
    for path in source.list(""):
        to.write_atomic(path, source.read(path))
