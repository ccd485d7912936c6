"""Entries of a gallery whose day of review is past, and where entries come from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from lfr_batch.gallery.attributes import composition_of, said_of
from lfr_batch.gallery.known_columns import REVIEW_BY, review_by_in


@dataclass(frozen=True, slots=True)
class Reviews:
    stated: int
    """Entries that say by when they are to be looked at again."""
    overdue: tuple[tuple[str, date], ...]
    """Subject and the day that is past, longest ago first."""
    sources: dict[str, int]
    categories: dict[str, int]
    """Entries by what is said, '' where nothing is."""


def reviews_of(table: pa.Table, today: date) -> Reviews:
    """Of ``subjects.parquet``."""
    days: dict[int, date] = {}
    for row, name, value in said_of(table, [REVIEW_BY]):
        day = review_by_in({name: value})
        if day is not None:
            days[row] = day
    late = sorted((day, row) for row, day in days.items() if day < today)
    names = table["subject_id"].take(pa.array([row for _, row in late], pa.int64())).to_pylist()
    return Reviews(
        stated=len(days),
        overdue=tuple(zip(names, (day for day, _ in late), strict=True)),
        sources=composition_of(table, "source"),
        categories=composition_of(table, "category"),
    )
