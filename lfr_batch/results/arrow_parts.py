"""Parts in a bucket for DuckDB, which reads buckets only with an extension it would have to
download; pyarrow can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from lfr_batch.errors import ResultsError
from lfr_batch.results import layout
from lfr_batch.results.damage import publish_again
from lfr_batch.results.fit import unfit
from lfr_batch.results.manifest import LakePart
from lfr_batch.results.migrations import WITHOUT_RUN_ID, Kind, part_schema
from lfr_batch.storage.s3_store import S3Store, arrow_filesystem


def arrow_parts(store: S3Store, kind: Kind, paths: Iterable[str]) -> Any:
    """A ``pyarrow.dataset.Dataset``.

    Of before 0.3.0 the run is given with each part: pyarrow would look for it in the folders above
    the root, too.
    """
    filesystem = arrow_filesystem(store.s3)
    files = {path: f"{store.bucket}/{store.key(path)}" for path in paths}
    import pyarrow.dataset as pads  # noqa: PLC0415 - it imports pandas, for S3 alone

    form, schema = pads.ParquetFileFormat(), part_schema(*kind)
    if kind[1] <= WITHOUT_RUN_ID:
        schema = schema.append(pa.field("run_id", pa.string()))
    parts = [
        form.make_fragment(file, filesystem, _known_of(pads, path)) for path, file in files.items()
    ]
    return pads.FileSystemDataset(parts, schema, form, filesystem)


def misread(store: S3Store, kind: Kind, parts: Any) -> ResultsError | None:
    """The first of the parts that were read by now that does not fit, by name: pyarrow gives no
    values for a column that a part lacks, and says nothing. Nothing is asked of the bucket."""
    skip = len(f"{store.bucket}/{store.key('')}".rstrip("/")) + 1
    for fragment in filter(_was_read, parts.get_fragments()):
        part = LakePart(kind[0], fragment.path[skip:], 0, kind[1])
        why = unfit(part, fragment.physical_schema)
        if why is not None:
            return ResultsError(f"{part.path} {why}; {publish_again(part.path)}")
    return None


def _was_read(fragment: Any) -> bool:
    """A fragment knows its groups of rows once its file was opened, and says so when it is pickled;
    asked directly it would open it."""
    return fragment.__reduce__()[1][-1] is not None


def _known_of(pads: Any, path: str) -> Any:
    """What all rows of a part have, as far as its path says it."""
    run_id = layout.run_id_of(path)
    return pads.field("run_id") == run_id if run_id else None
