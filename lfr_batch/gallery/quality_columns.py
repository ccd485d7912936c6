"""Columns of a snapshot's templates that say how good each picture is, and how old. Pure.

Snapshots of before 0.3.0 have none of them; what was not measured or not said is null, and ''
where it is text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lfr_batch.faces.picture_quality import PictureQuality
from lfr_batch.faces.quality_components import NAMES
from lfr_batch.gallery.records import EnrolledFace

TAKEN, AGE = "taken", "age_y"
FIELDS: tuple[tuple[str, pa.DataType], ...] = (
    *((name, pa.float32()) for name in NAMES),
    (TAKEN, pa.string()),
    (AGE, pa.float32()),
)
COLUMNS = tuple(name for name, _ in FIELDS)
ALWAYS = NAMES[0]
"""Not null in every row that was measured at all."""
_TYPES = dict(FIELDS)


def nothing(name: str, rows: int) -> pa.Array:
    """A column that an older version did not write."""
    kind = _TYPES.get(name, pa.string())
    return pa.array([""] * rows, kind) if kind == pa.string() else pa.nulls(rows, kind)


def columns_of(faces: Sequence[EnrolledFace]) -> dict[str, list[Any]]:
    """By name, as ``FIELDS``."""
    columns: dict[str, list[Any]] = {
        name: [None if face.measured is None else getattr(face.measured, name) for face in faces]
        for name in NAMES
    }
    columns[TAKEN] = [face.taken for face in faces]
    columns[AGE] = [face.age_y for face in faces]
    return columns


def said_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's columns as the fields of an ``EnrolledFace``."""
    measured = None
    if row[ALWAYS] is not None:
        measured = PictureQuality(**{name: _number(row[name]) for name in NAMES})
    return {"measured": measured, "taken": row[TAKEN] or "", "age_y": row[AGE]}


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """(n,), NaN where null."""
    cast = column.cast(pa.float64()).combine_chunks().to_numpy(zero_copy_only=False)
    return np.asarray(cast, np.float64)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
