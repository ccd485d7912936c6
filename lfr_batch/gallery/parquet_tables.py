"""A snapshot's Parquet files, the only definition of their columns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lfr_batch.gallery import quality_columns
from lfr_batch.gallery.arrow_strings import ArrowStrings
from lfr_batch.gallery.records import EnrolledFace, FileOutcome, Outcome, Subject
from lfr_batch.records import FloatArray

Row = TypeVar("Row")

ROWS_AT_ONCE = 4096
REFUSED: Outcome = "refused"
SUBJECT_ONLY = ("subject_id",)
"""Of a template's columns only this one repeats itself; a dictionary of the others costs."""

SUBJECTS = pa.schema(
    [("subject_id", pa.string()), ("attributes", pa.map_(pa.string(), pa.string()))]
)
OUTCOMES = pa.schema([(name, pa.string()) for name in ("subject_id", "uri", "reason", "outcome")])
"""Files that gave no template. 0.1.0 wrote refused pictures alone, without the last column."""


def templates_schema(dimension: int) -> pa.Schema:
    return pa.schema(
        [
            ("image_id", pa.string()),
            ("subject_id", pa.string()),
            ("uri", pa.string()),
            ("sha256", pa.string()),
            ("template", pa.list_(pa.float32(), dimension)),
            ("quality", pa.float32()),
            ("box_xyxy", pa.list_(pa.float32(), 4)),
            ("thumbnail_jpeg", pa.large_binary()),
            ("note", pa.string()),  # 0.1.0 wrote none
            *quality_columns.FIELDS,  # before 0.3.0 none were written
        ]
    )


def write_templates(path: Path, faces: Sequence[EnrolledFace]) -> None:
    dimension = len(faces[0].template)
    write_faces(path, dimension, face_tables(faces, dimension))


def write_outcomes(path: Path, files: Iterable[FileOutcome]) -> None:
    _write(path, OUTCOMES, _tables(map(asdict, files), OUTCOMES))


def write_subjects(path: Path, subjects: Iterable[Subject] | pa.Table) -> None:
    if isinstance(subjects, pa.Table):
        table = subjects.combine_chunks()
        parts = (table.slice(at, ROWS_AT_ONCE) for at in range(0, len(table), ROWS_AT_ONCE))
        _write(path, SUBJECTS, parts)
    else:
        _write(path, SUBJECTS, subject_tables(subjects))


def subject_tables(subjects: Iterable[Subject]) -> Iterator[pa.Table]:
    rows = (
        {"subject_id": s.subject_id, "attributes": sorted(s.attributes.items())} for s in subjects
    )
    return _tables(rows, SUBJECTS)


def subject_table(subjects: Iterable[Subject]) -> pa.Table:
    return pa.concat_tables([SUBJECTS.empty_table(), *subject_tables(subjects)])


def read_subjects(path: Path) -> pa.Table:
    """Sorted by subject. Raises as ``read_columns`` does."""
    return _table(path, SUBJECTS.names).cast(SUBJECTS)


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Columns as Python values. Raises OSError or pyarrow.ArrowException."""
    table = _table(path, columns)
    return {name: tuple(table[name].to_pylist()) for name in columns}


def read_attributes(path: Path, subject_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Of those of the subjects that the file has, one row group of it in memory at a time. Raises
    as ``read_columns`` does."""
    wanted = sorted(set(subject_ids))
    found: dict[str, dict[str, str]] = {}
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            first, last = _range_of(file.metadata.row_group(group).column(0).statistics)
            there = wanted[
                bisect_left(wanted, first) : bisect_right(wanted, last) if last else None
            ]
            if there:
                rows = file.read_row_group(group, columns=SUBJECTS.names)
                rows = rows.filter(pc.is_in(rows["subject_id"], pa.array(there, pa.string())))
                columns = (rows[name].to_pylist() for name in SUBJECTS.names)
                found.update({whose: dict(pairs) for whose, pairs in zip(*columns, strict=True)})
    return found


def _range_of(statistics: pq.Statistics | None) -> tuple[str, str]:
    """The first and last value; empty where the file does not say."""
    if statistics is None or not statistics.has_min_max:
        return "", ""
    return statistics.min, statistics.max


def read_outcomes(path: Path) -> list[FileOutcome]:
    """Of the files that gave no template. Raises as ``read_columns`` does."""
    columns = _read_or_default(
        path, {"subject_id": "", "uri": "", "reason": "", "outcome": REFUSED}
    )
    rows = zip(*columns, strict=True)
    return [FileOutcome(whose, uri, reason, outcome) for whose, uri, reason, outcome in rows]


def read_faces(path: Path, columns: Sequence[str]) -> pa.Table:
    """Columns of templates, those that an older version did not write filled up. Raises as
    ``read_columns`` does."""
    with pq.ParquetFile(path) as file:
        return _filled(file.read(columns=_there(file, columns)), columns)


def read_faces_at(path: Path, rows: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
    """As ``read_faces``, of the ``rows`` alone, which are sorted; their row groups are read."""
    with pq.ParquetFile(path) as file:
        names, found, start = _there(file, columns), [], 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            inside = rows[np.searchsorted(rows, start) : np.searchsorted(rows, end)]
            if len(inside):
                found.append(file.read_row_group(group, columns=names).take(inside - start))
            start = end
        return _filled(pa.concat_tables(found), columns) if found else pa.table({})


def iterate_faces(path: Path, live: NDArray[np.bool_]) -> Iterator[pa.Table]:
    """Rows of a file that ``live`` (n,) says are wanted, group by group, as written today."""
    with pq.ParquetFile(path) as file:
        start = 0
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            wanted = live[start : start + rows.num_rows]
            start += rows.num_rows
            if wanted.any():
                schema = templates_schema(rows.schema.field("template").type.list_size)
                yield _filled(rows.filter(pa.array(wanted)), schema.names).cast(schema)


def write_faces(path: Path, dimension: int, tables: Iterable[pa.Table]) -> None:
    """Of ``templates_schema``."""
    _write(path, templates_schema(dimension), tables, SUBJECT_ONLY)


def face_tables(faces: Sequence[EnrolledFace], dimension: int) -> Iterator[pa.Table]:
    schema = templates_schema(dimension)
    return (_face_table(chunk, schema) for chunk in _chunks(faces))


def _there(file: pq.ParquetFile, columns: Sequence[str]) -> list[str]:
    return [name for name in columns if name in set(file.schema_arrow.names)]


def _filled(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    for name in columns:
        if name not in table.column_names:
            table = table.append_column(name, quality_columns.nothing(name, table.num_rows))
    return table.select(list(columns))


def _read_or_default(path: Path, columns: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """Columns of strings, those that an older version did not write filled up."""
    with pq.ParquetFile(path) as file:
        rows, there = file.metadata.num_rows, set(file.schema_arrow.names)
    read = read_columns(path, [name for name in columns if name in there])
    return [read.get(name, (default,) * rows) for name, default in columns.items()]


def read_strings(path: Path, columns: Sequence[str]) -> tuple[ArrowStrings, ...]:
    """Columns of strings as they are, not as Python values. Raises as ``read_columns`` does."""
    read = tuple(_read_strings(path, name) for name in columns)
    pa.default_memory_pool().release_unused()
    return read


def write_mappable(path: Path, columns: Mapping[str, ArrowStrings]) -> None:
    """Columns of strings as they lie in memory: an Arrow IPC file of one batch."""
    batch = pa.record_batch({name: strings.array for name, strings in columns.items()})
    with path.open("xb") as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)


def map_strings(path: Path, columns: Sequence[str]) -> tuple[ArrowStrings, ...]:
    """Of a file of ``write_mappable``: mapped, so that processes of one machine share its pages.
    Raises as ``read_columns`` does."""
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    return tuple(ArrowStrings(table[name]) for name in columns)


def _read_strings(path: Path, column: str) -> ArrowStrings:
    return ArrowStrings(_table(path, [column])[column])


def _table(path: Path, columns: Sequence[str]) -> pa.Table:
    # Not pq.read_table: it imports pandas.
    with pq.ParquetFile(path) as file:
        return file.read(columns=list(columns))


def _face_table(faces: Sequence[EnrolledFace], schema: pa.Schema) -> pa.Table:
    templates = np.stack([face.template for face in faces]).astype(np.float32, copy=False)
    boxes = np.array([face.box_xyxy for face in faces], np.float32)
    columns = {
        "image_id": [face.image_id for face in faces],
        "subject_id": [face.subject_id for face in faces],
        "uri": [face.uri for face in faces],
        "sha256": [face.sha256 for face in faces],
        "template": _vectors(templates),
        "quality": np.array([face.quality for face in faces], np.float32),
        "box_xyxy": _vectors(boxes),
        "thumbnail_jpeg": [face.thumbnail_jpeg for face in faces],
        "note": [face.note for face in faces],
        **quality_columns.columns_of(faces),
    }
    return pa.Table.from_pydict(columns, schema)


def _vectors(rows: FloatArray) -> pa.Array:
    """(n, d) as n lists of d, without an object per number."""
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def _tables(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> Iterator[pa.Table]:
    return (pa.Table.from_pylist(chunk, schema) for chunk in _chunks(rows))


def _write(
    path: Path,
    schema: pa.Schema,
    chunks: Iterable[pa.Table],
    dictionaries: bool | Sequence[str] = True,
) -> None:
    # A Python file, so that a full disk is an OSError with its errno.
    with (
        path.open("xb") as file,
        pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=dictionaries) as writer,
    ):
        for chunk in chunks:
            writer.write_table(chunk)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_AT_ONCE)):
        yield chunk
