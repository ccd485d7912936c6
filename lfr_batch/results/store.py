"""The results root: a directory or ``s3://bucket/prefix``, and the way out when it refuses."""

from __future__ import annotations

from pathlib import Path

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import StoreUnreachable
from lfr_batch.results.layout import is_deployment, run_id_of
from lfr_batch.storage.disk_errors import WayOut
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store


def open_store(uri: str | Path, s3: S3Config | None = None) -> Store:
    """The store at ``uri``; nothing is created or contacted yet.

    Raises StoreUnreachable for an address of another kind.
    """
    text = str(uri)
    if text.startswith("s3://"):
        return S3Store(text.rstrip("/"), s3 or S3Config())
    if "://" in text:
        raise StoreUnreachable(
            f"{text} is no place for results: give a directory or s3://bucket/prefix"
        )
    return LocalStore(Path(text).absolute(), way_out=way_out)


def way_out(path: str) -> WayOut:
    """Where a disk refuses ``path``, below the root: a run can be resumed, all else repeated."""
    run_id = run_id_of(path)
    resumed = run_id is not None and not is_deployment(run_id)
    then = f"run `lfr resume {run_id}`" if resumed else "try again"
    return WayOut(f"free space and {then}", "mend it or choose another results root")
