"""A snapshot's Parquet files, the only definition of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.gallery.records import EnrolledFace, RefusedImage, Subject

ROWS_AT_ONCE = 4096

SUBJECTS = pa.schema(
    [("subject_id", pa.string()), ("attributes", pa.map_(pa.string(), pa.string()))]
)
REFUSALS = pa.schema([(name, pa.string()) for name in ("subject_id", "uri", "reason")])


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
        ]
    )


def write_templates(path: Path, faces: Sequence[EnrolledFace]) -> None:
    _write(path, templates_schema(len(faces[0].template)), map(_face_row, faces))


def write_refusals(path: Path, refusals: Iterable[RefusedImage]) -> None:
    rows = ({"subject_id": r.subject_id, "uri": r.uri, "reason": r.reason} for r in refusals)
    _write(path, REFUSALS, rows)


def write_subjects(path: Path, subjects: Iterable[Subject]) -> None:
    rows = (
        {"subject_id": s.subject_id, "attributes": sorted(s.attributes.items())} for s in subjects
    )
    _write(path, SUBJECTS, rows)


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Columns as Python values. Raises OSError or pyarrow.ArrowException."""
    table = pq.read_table(path, columns=list(columns), partitioning=None)
    return {name: tuple(table[name].to_pylist()) for name in columns}


def read_jpegs(path: Path, image_ids: Iterable[str]) -> dict[str, bytes]:
    table = pq.read_table(
        path,
        columns=["image_id", "thumbnail_jpeg"],
        filters=[("image_id", "in", list(image_ids))],
        partitioning=None,
    )
    return dict(
        zip(table["image_id"].to_pylist(), table["thumbnail_jpeg"].to_pylist(), strict=True)
    )


def _face_row(face: EnrolledFace) -> dict[str, Any]:
    return {
        "image_id": face.image_id,
        "subject_id": face.subject_id,
        "uri": face.uri,
        "sha256": face.sha256,
        "template": np.asarray(face.template, np.float32),
        "quality": face.quality,
        "box_xyxy": [float(side) for side in face.box_xyxy],
        "thumbnail_jpeg": face.thumbnail_jpeg,
    }


def _write(path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> None:
    # A Python file, so that a full disk is an OSError with its errno.
    with path.open("xb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in _chunks(rows):
            writer.write_table(pa.Table.from_pylist(chunk, schema))


def _chunks(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_AT_ONCE)):
        yield chunk
