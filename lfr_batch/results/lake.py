"""The results lake as SQL: DuckDB views over the parts that its manifest names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import ResultsError, StoreUnreachable
from lfr_batch.results import layout, views
from lfr_batch.results.arrow_parts import arrow_parts, misread
from lfr_batch.results.damage import is_gone
from lfr_batch.results.fit import misfit
from lfr_batch.results.lake_version import check_lake, lake_id
from lfr_batch.results.manifest import LakeManifest
from lfr_batch.results.manifest_log import newest_number, read_manifest
from lfr_batch.results.marking import mark_lake
from lfr_batch.results.migrations import LIVE_VERSION, Kind
from lfr_batch.results.schemas import LIVE_DATASETS
from lfr_batch.results.sql import Lake, parts_explained
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store

Script = Callable[[Mapping[Kind, str]], str]
"""From what each kind is read from to the SQL of views."""

_UTC = "SET TimeZone = 'UTC'"
_NO_SPILLING = "SET temp_directory = ''"
_TRIES = 20
_NO_DOWNLOADS = "SET autoinstall_known_extensions = false"


def open_lake(root: str | Path, s3: S3Config | None = None, run_id: str | None = None) -> Lake:
    """An in-memory connection with a view for each dataset, and ``columns``.

    It reads what was published when it was opened or, at each question, later (S3: once a file is
    gone that was named when it was opened), from nowhere but ``root``. Queries go through
    ``sql.run_query``, which lets nothing be written. A lake that does not exist yet is an empty
    one. ``run_id``: the views need show no other run, so that the files of no other are opened.

    Raises ResultsTooNew, StoreUnreachable, and ResultsError for a damaged part, by name.
    """
    store = open_store(root, s3)
    check_lake(store)
    connection = _connect()
    shown = _Shown(store, connection, run_id)
    with shown.explained():
        shown.refresh()
    if not isinstance(store, S3Store):
        spellings = ", ".join(map(views.quoted, (store.uri, views.unglobbed(store.uri))))
        connection.execute(f"SET allowed_directories = [{spellings}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    looks_first = not isinstance(store, S3Store)
    return Lake(connection, shown.refresh, shown.misfit, shown.misread, looks_first)


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for setting in (_UTC, _NO_SPILLING, _NO_DOWNLOADS):
        connection.execute(setting)
    return connection


def open_parts(store: Store, manifest: LakeManifest) -> duckdb.DuckDBPyConnection:
    """The datasets' own views over the parts of a manifest that may be none of the lake's: for
    whoever makes other parts of them. Its holder closes it. Raises as ``open_lake``."""
    connection = _connect()
    with parts_explained():
        _show(store, connection, _published(manifest, None), script=views.dataset_views)
    return connection


def write_views(store: Store) -> None:
    """Write ``views.sql`` where it does not say what this version would write.

    Its text does not follow from what is in the lake, so whoever writes it last does no harm.
    """
    mark_lake(store)
    script = views.views_script(f"{store.uri}/", lake_id(store)).encode()
    with suppress(FileNotFoundError):
        if store.read(layout.VIEWS_SQL) == script:
            return
    store.write_atomic(layout.VIEWS_SQL, script)


@dataclass(slots=True)
class _Shown:
    """What a connection shows now."""

    store: Store
    connection: duckdb.DuckDBPyConnection
    run_id: str | None
    files: Mapping[Kind, tuple[str, ...]] | None = None
    manifest: LakeManifest = field(default_factory=LakeManifest)
    in_bucket: dict[Kind, Any] = field(default_factory=dict)
    """What pyarrow reads for it."""

    def misread(self) -> ResultsError | None:
        """Of a bucket: see there. On a disk DuckDB itself misses a column."""
        if not isinstance(self.store, S3Store):
            return None
        found = (misread(self.store, kind, self.in_bucket[kind]) for kind in self.files or ())
        return next(filter(None, found), None)

    def misfit(self) -> ResultsError | StoreUnreachable | None:
        return misfit(self.store, _of(self.manifest, self.run_id).parts())

    @contextmanager
    def explained(self) -> Iterator[None]:
        try:
            with parts_explained():
                yield
        except duckdb.Error as error:
            told = self.misfit()
            if told is None:
                raise
            raise told from error

    def refresh(self) -> bool:
        """Show what is published now. Whether that is something else."""
        for _ in range(_TRIES):
            try:
                return self._refresh()
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                # Between the manifest and the look at its files they were compacted or forgotten.
                if not is_gone(str(error)) or newest_number(self.store) == self.manifest.number:
                    raise
                self.files = None
        return self._refresh()

    def _refresh(self) -> bool:
        if self.files is None or newest_number(self.store) != self.manifest.number:
            self.manifest = read_manifest(self.store)
        files = {**_published(self.manifest, self.run_id), **_live(self.store, self.run_id)}
        if files == self.files:
            return False
        before, self.files = self.files, files
        self.in_bucket |= _show(self.store, self.connection, files, before)
        return True


def _of(manifest: LakeManifest, run_id: str | None) -> LakeManifest:
    return manifest if run_id is None else manifest.about(run_id)


def _published(manifest: LakeManifest, run_id: str | None) -> dict[Kind, tuple[str, ...]]:
    found: defaultdict[Kind, list[str]] = defaultdict(list)
    for part in _of(manifest, run_id).parts():
        found[part.dataset, part.schema].append(part.path)
    return {kind: tuple(paths) for kind, paths in found.items()}


def _live(store: Store, run_id: str | None) -> dict[Kind, tuple[str, ...]]:
    """Alerts and reviews: each part is whole, and visible at once. On a disk DuckDB looks for them
    at each question."""
    found: dict[Kind, tuple[str, ...]] = {}
    for dataset in sorted(LIVE_DATASETS):
        wanted = "run_id=*" if run_id is None else f"run_id={run_id}"
        if isinstance(store, S3Store):
            place = dataset if run_id is None else f"{dataset}/{wanted}"
            paths = tuple(path for path in store.list(place) if path.endswith(".parquet"))
        else:
            paths = (f"{dataset}/{wanted}/*.parquet",)
            folders = store.folders(dataset) if run_id is None else (wanted,)
            if not any(store.list(f"{dataset}/{folder}") for folder in folders):
                paths = ()
        if paths:
            found[dataset, LIVE_VERSION] = paths
    return found


def _show(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[Kind, tuple[str, ...]],
    before: Mapping[Kind, tuple[str, ...]] | None = None,
    script: Script = views.all_views,
) -> Mapping[Kind, Any]:
    """What pyarrow reads of it from now on."""
    if isinstance(store, S3Store):
        return _show_bucket(store, connection, files, before, script)
    _show_disk(store, connection, files, before, script)
    return {}


def _show_disk(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[Kind, tuple[str, ...]],
    before: Mapping[Kind, tuple[str, ...]] | None,
    script: Script,
) -> None:
    root = views.unglobbed(store.uri)
    for kind, paths in files.items():
        if before is None or before.get(kind) != paths:
            connection.execute(views.set_files(kind, [f"{root}/{path}" for path in paths]))
    if before is None or before.keys() != files.keys():
        connection.execute(script({kind: views.parquet_source(kind) for kind in files}))


def _show_bucket(
    store: S3Store,
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[Kind, tuple[str, ...]],
    before: Mapping[Kind, tuple[str, ...]] | None,
    script: Script,
) -> Mapping[Kind, Any]:
    found = {
        kind: arrow_parts(store, kind, paths)
        for kind, paths in files.items()
        if before is None or before.get(kind) != paths
    }
    for kind, parts in found.items():
        connection.register(views.listed(kind), parts)
    if before is None or before.keys() != files.keys():
        connection.execute(script({kind: views.listed(kind) for kind in files}))
    return found
