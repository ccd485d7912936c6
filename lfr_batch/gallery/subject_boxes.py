"""Where a subject's face is in a picture, as the operator's table of subjects says it. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lfr_batch.config.sheets import column_key
from lfr_batch.errors import UsageError
from lfr_batch.gallery.records import Box
from lfr_batch.gallery.subjects_csv import BOX_COLUMN, SIDE_COLUMNS, SubjectRow

HOW = "write left, top, right and bottom in pixels of the upright picture, such as '40,30,120,140'"


def take_box(table: Path, row: SubjectRow) -> tuple[SubjectRow, Box | None]:
    """The row without its box, and the box: of one column, or of the four together.

    Empty cells are no box. Numbers in one cell are separated by commas, semicolons or spaces.
    Raises UsageError where the cells hold something else, or the row names no file.
    """
    keys = {name: column_key(name) for name in row.values}
    of_sides = set(keys.values()).issuperset(SIDE_COLUMNS)
    columns = (BOX_COLUMN, *SIDE_COLUMNS) if of_sides else (BOX_COLUMN,)
    cells = {name: cell for name, cell in row.values.items() if keys[name] in columns}
    written = {keys[name]: cell for name, cell in cells.items() if cell}
    rest = {name: cell for name, cell in row.values.items() if name not in cells}
    bare = replace(row, values=rest)
    if not written:
        return bare, None
    if row.file is None:
        raise UsageError(
            f"{table} line {row.line} gives a box but no file; name the picture in a 'file' column."
        )
    box = _box(_four(written))
    if box is None:
        cell = ", ".join(written.values())
        raise UsageError(f"{table} line {row.line} has {cell!r} for a box; {HOW}.")
    return bare, box


def _four(written: Mapping[str, str]) -> list[str]:
    """The numbers of the one column or of the four; empty where both are filled, or not all."""
    if written.keys() == {BOX_COLUMN}:
        return re.split(r"[\s,;]+", written[BOX_COLUMN])
    return [written[side] for side in SIDE_COLUMNS] if written.keys() == {*SIDE_COLUMNS} else []


def _box(cells: Sequence[str]) -> Box | None:
    try:
        left, top, right, bottom = map(float, cells)
    except ValueError:
        return None
    is_box = left < right and top < bottom and all(map(math.isfinite, (left, top, right, bottom)))
    return (left, top, right, bottom) if is_box else None
