"""The results lake as SQL: DuckDB views over the Parquet parts, opened fresh by each reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from lfr_batch.config.schema import S3Config
from lfr_batch.results import layout, views
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.run_views import create_run_views
from lfr_batch.results.schemas import DATASETS, part_schema
from lfr_batch.results.sql import Lake, parts_explained
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store, arrow_filesystem
from lfr_batch.storage.store import Store

_UTC = "SET TimeZone = 'UTC'"
_NO_SPILLING = "SET temp_directory = ''"
_NO_DOWNLOADS = "SET autoinstall_known_extensions = false"


def open_lake(root: str | Path, s3: S3Config | None = None) -> Lake:
    """An in-memory connection with a view for each dataset, and ``columns``.

    It reads what was published when it was opened or later (S3: when it was opened), from nowhere
    but ``root``. Queries go through ``sql.run_query``, which lets nothing be written. A lake that
    does not exist yet is an empty one.

    Raises ResultsTooNew, StoreUnreachable, and ResultsError for a damaged part, by name.
    """
    store = open_store(root, s3)
    check_lake(store)
    connection = duckdb.connect()
    for setting in (_UTC, _NO_SPILLING, _NO_DOWNLOADS):
        connection.execute(setting)
    with parts_explained():
        _create_views(connection, store)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return Lake(connection, lambda: False)


def _create_views(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    if isinstance(store, S3Store):
        _create_views_of_bucket(connection, store)
    else:
        connection.execute(views.views_script(store.uri, _present(store)))
        spellings = ", ".join(map(views.quoted, (store.uri, views.unglobbed(store.uri))))
        connection.execute(f"SET allowed_directories = [{spellings}]")


def write_views(store: Store) -> None:
    """Write ``views.sql`` where it does not say yet what this version would write.

    Other processes add and delete parts meanwhile, and write it, too. Whoever changes parts calls
    this afterwards, and whoever has written looks again: so the last to write knew of all.
    """
    root = store.uri if isinstance(store, S3Store) else ""
    written = None
    while (present := _present(store)) != written:
        script = views.views_script(root, present).encode()
        if _views(store) == script:
            return
        store.write_atomic(layout.VIEWS_SQL, script)
        written = present


def is_in_views(store: Store, dataset: str) -> bool:
    """Whether ``views.sql`` shows the parts of a dataset."""
    root = store.uri if isinstance(store, S3Store) else ""
    return views.parquet_source(root, dataset).encode() in (_views(store) or b"")


def _views(store: Store) -> bytes | None:
    try:
        return store.read(layout.VIEWS_SQL)
    except FileNotFoundError:
        return None


def _present(store: Store) -> frozenset[str]:
    return frozenset(dataset for dataset in DATASETS if _parts(store, dataset))


def _parts(store: Store, dataset: str) -> list[str]:
    return [path for path in store.list(dataset) if path.endswith(".parquet")]


def _create_views_of_bucket(connection: duckdb.DuckDBPyConnection, store: S3Store) -> None:
    """DuckDB reads buckets only with an extension it would have to download; pyarrow can."""
    # First: parts are all there before the row that names them.
    runs = _parts(store, "runs")
    published = layout.published_epochs(runs)
    for dataset in DATASETS:
        paths = runs if dataset == "runs" else _parts(store, dataset)
        if dataset not in views.ALWAYS_SHOWN:
            paths = [p for p in paths if layout.epoch_of(p) == published.get(_run_of(p))]
        source = f"_{dataset}_parts" if paths else None
        if source:
            connection.register(source, _arrow_dataset(store, dataset, paths))
        connection.execute(views.create_view(dataset, source))
        connection.execute(views.comments(dataset))
    connection.execute(create_run_views())
    connection.execute(views.create_columns_view())


def _run_of(part: str) -> str:
    return layout.run_id_of(part) or ""


def _arrow_dataset(store: S3Store, dataset: str, paths: list[str]) -> Any:
    """Columns of the newest part that this version does not know are kept.

    The run is given with each part: pyarrow would look for it in the folders above the root, too.
    """
    filesystem = arrow_filesystem(store.s3)
    files = {path: f"{store.bucket}/{store.key(path)}" for path in paths}
    import pyarrow.dataset as pads  # noqa: PLC0415 - it imports pandas, for S3 alone

    kind = pads.ParquetFileFormat()
    newest = pads.dataset([files[paths[-1]]], format=kind, filesystem=filesystem).schema
    schema = pa.unify_schemas(
        [part_schema(DATASETS[dataset]), newest, pa.schema([("run_id", pa.string())])]
    )
    parts = [
        kind.make_fragment(file, filesystem, pads.field("run_id") == _run_of(path))
        for path, file in files.items()
    ]
    return pads.FileSystemDataset(parts, schema, kind, filesystem)
