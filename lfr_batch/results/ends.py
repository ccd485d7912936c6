"""The ends of Parquet parts: their columns, and the version of the schemas they were written with.

Nothing else of a part is read, so that a whole lake can be looked through.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.results.damage import about_part, damaged, is_gone, publish_again
from lfr_batch.results.migrations import OLDEST
from lfr_batch.storage.s3_store import S3Store, arrow_filesystem
from lfr_batch.storage.store import Store

Ends = Callable[[str], pa.Schema]
"""From a part's path to its columns and metadata. Raises FileNotFoundError, StoreUnreachable, and
ResultsError for a damaged part, by name."""


def ends_of(store: Store) -> Ends:
    filesystem = arrow_filesystem(store.s3) if isinstance(store, S3Store) else None

    def read(path: str) -> pa.Schema:
        try:
            return pq.read_schema(_place(store, path), filesystem=filesystem)
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError) as error:
            if is_gone(str(error)):
                raise FileNotFoundError(path) from error
            told = about_part(str(error))
            raise told or damaged(path, publish_again(path)) from error

    return read


def _place(store: Store, path: str) -> str:
    if isinstance(store, S3Store):
        return f"{store.bucket}/{store.key(path)}"
    return f"{store.uri}/{path}"


def version_in(end: pa.Schema) -> int | None:
    """Of the schemas; what versions before ``OLDEST`` wrote is read as if it were of that. None
    where the part says none."""
    said = (end.metadata or {}).get(b"schema_version", b"")
    return max(int(said), OLDEST) if said.isdigit() else None
