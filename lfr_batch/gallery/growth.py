"""What the next snapshot of a gallery takes over from the last, and in which order. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.gallery.arrow_strings import ArrowStrings
from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.gallery.records import AgesSaid, EnrolledFace, FileOutcome, Snapshot
from lfr_batch.gallery.templates import Templates, with_more
from lfr_batch.records import FloatArray

ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Grown:
    """A snapshot that is yet to be written: rows of ``base``, and faces."""

    base: Snapshot
    kept: Rows
    """Rows of ``base``, sorted."""
    faces: Sequence[EnrolledFace]
    """In row order; none of them is a kept row's subject and image."""
    not_enrolled: Sequence[FileOutcome]
    subjects: pa.Table
    """As ``subjects.parquet``, sorted."""
    case_ref: str
    authority: str
    created_utc: datetime
    ages: AgesSaid = ""
    accepts_children: bool = False
    """As of ``Manifest``."""


def sources_of(base: Snapshot, kept: Rows, faces: Sequence[EnrolledFace]) -> Rows:
    """(n,) for each row to be: the base's row, or behind these the number of its face."""
    keys = _Keys(base.subject_ids, base.image_ids)
    before = [bisect_left(keys, (face.subject_id, face.image_id)) for face in faces]
    places = np.searchsorted(kept, np.array(before, np.int64))
    return np.insert(kept, places, len(keys) + np.arange(len(faces)))


@dataclass(frozen=True, slots=True)
class _Keys(Sequence[tuple[str, str]]):
    subject_ids: Sequence[str]
    image_ids: Sequence[str]

    def __len__(self) -> int:
        return len(self.subject_ids)

    def __getitem__(self, row: int) -> tuple[str, str]:  # type: ignore[override]
        return self.subject_ids[row], self.image_ids[row]


@dataclass(frozen=True, slots=True)
class GrownRows:
    """Columns of a snapshot to be, in the order of its rows."""

    sources: Rows
    subject_ids: ArrowStrings
    image_ids: ArrowStrings
    templates: Templates


def grown_rows(base: Snapshot, kept: Rows, faces: Sequence[EnrolledFace]) -> GrownRows:
    sources = sources_of(base, kept, faces)
    return GrownRows(
        sources,
        _joined(base.subject_ids, (face.subject_id for face in faces), sources),
        _joined(base.image_ids, (face.image_id for face in faces), sources),
        with_more(base.templates, _stacked(faces, base.templates.shape[1])).take(sources),
    )


def _joined(column: Sequence[str], more: Iterable[str], sources: Rows) -> ArrowStrings:
    there = column.array if isinstance(column, ArrowStrings) else _strings(column)
    whole = pa.concat_arrays([there, _strings(more)])
    return ArrowStrings(pa.chunked_array([whole.take(pa.array(sources))]))


def _strings(values: Iterable[str]) -> pa.LargeStringArray:
    return pa.array(list(values), pa.large_string())


def _stacked(faces: Sequence[EnrolledFace], dimension: int) -> FloatArray:
    templates = [np.zeros((0, dimension), np.float32), *(face.template[None] for face in faces)]
    return np.concatenate(templates).astype(np.float32, copy=False)


def identity_rows(
    rows: GrownRows, sha256: pa.ChunkedArray
) -> Iterator[tuple[str, str, str, FloatArray]]:
    """Subject, image, sha256 and template of each row, some in memory at a time."""
    for start in range(0, len(rows.sources), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        hashes = sha256[start : start + ROWS_AT_ONCE].to_pylist()
        yield from zip(
            rows.subject_ids[part], rows.image_ids[part], hashes, rows.templates[part], strict=True
        )


def attribute_rows(subjects: pa.Table) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Subjects with their attributes, some in memory at a time."""
    for start in range(0, len(subjects), ROWS_AT_ONCE):
        part = subjects.slice(start, ROWS_AT_ONCE)
        yield from zip(*(column.to_pylist() for column in part.columns), strict=True)


def number_rows(subject_ids: ArrowStrings) -> Rows:
    """(n,) the same number for the rows of one subject, which stand together."""
    array = subject_ids.array
    if len(array) < 2:
        return np.zeros(len(array), np.int64)
    differ = pc.not_equal(array[1:], array[:-1]).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(differ)]).astype(np.int64)


def grown_subjects(
    base: pa.Table, changed: pa.Table, wanted: Iterable[str] | None = None
) -> pa.Table:
    """The ``base``'s subjects with those of ``changed`` in their place or beside them, sorted.

    ``wanted``: of the base's, these alone.
    """
    ids = base["subject_id"]
    stays = pc.invert(pc.is_in(ids, changed["subject_id"].combine_chunks()))
    if wanted is not None:
        stays = pc.and_(stays, pc.is_in(ids, pa.array(list(wanted), pa.string())))
    table = pa.concat_tables([base.filter(stays), changed])
    return table.take(pc.sort_indices(table["subject_id"]))
