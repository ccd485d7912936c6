"""Columns of a table of subjects that mean something here: ages, dates, the review. Pure.

Every other column is an attribute that is kept as it is written. These are, too, but what cannot
be understood in them is refused, since it would silently count as nothing said.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from lfr_batch.config.sheets import column_key
from lfr_batch.errors import UsageError
from lfr_batch.gallery.subjects_csv import SubjectRow

AGE = "age"
"""Years: when the picture was taken where the row names a file, else when it is enrolled."""
BIRTH = ("birth_date", "born", "date_of_birth")
TAKEN = ("taken", "taken_on")
REVIEW_BY = "review_by"
OLDEST_Y = 130.0
DAYS_A_YEAR = 365.2425
SEVERAL = "; "
"""Between the values of a subject's rows, see ``attributes_of``."""

_AGE = re.compile(r"(\d{1,3}(?:[.,]\d+)?)(?:\s*(?:[-–+].*|years?|y))?", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def age_of(text: str) -> float | None:
    """The youngest that a cell says: of '34', '31.9', '30-39' and '65+'. None: it says none."""
    found = _AGE.fullmatch(text.strip())
    years = float(found[1].replace(",", ".")) if found else -1.0
    return years if 0.0 <= years <= OLDEST_Y else None


def last_day_of(text: str) -> date | None:
    """Of '1990-05-04', '1990-05' or '1990': the last that it may mean. None: it says none."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        month = int(found[2] or 12)
        return date(int(found[1]), month, int(found[3] or monthrange(int(found[1]), month)[1]))
    except ValueError:
        return None


def check_columns(table: Path, rows: Iterable[SubjectRow]) -> None:
    """Raises UsageError for a cell that cannot be understood."""
    for row in rows:
        for name, cell in row.values.items():
            if cell and not _is_understood(column_key(name), cell):
                raise UsageError(
                    f"{table} line {row.line} says {cell!r} under {name!r}, which is to be "
                    f"{_wanted(column_key(name))}; mend it, or give the column another name."
                )


def _is_understood(key: str, cell: str) -> bool:
    if key == AGE:
        return age_of(cell) is not None
    if key == column_key(REVIEW_BY):
        return _iso_day(cell) is not None
    return key not in _keys(*BIRTH, *TAKEN) or last_day_of(cell) is not None


def _wanted(key: str) -> str:
    if key == AGE:
        return "years, such as 34"
    return "a day, such as 2026-03-12"


def _iso_day(text: str) -> date | None:
    return last_day_of(text) if len(text.strip()) == len("2026-03-12") else None


def facts_of(of_row: Mapping[str, str] | None, of_subject: Mapping[str, str]) -> Mapping[str, str]:
    """What is said of a picture: by its own row, of its subject the date of birth, too; without a
    row all that is said of its subject."""
    if of_row is None:
        return of_subject
    born = {name: cell for name, cell in of_subject.items() if column_key(name) in _keys(*BIRTH)}
    return {**born, **{name: cell for name, cell in of_row.items() if cell}}


def taken_in(values: Mapping[str, str]) -> date | None:
    """The day of a picture, of the columns of its row; of several the first."""
    return next((day for day in map(last_day_of, _cells(values, *TAKEN)) if day), None)


def age_in(values: Mapping[str, str], on: date) -> float | None:
    """The youngest that columns say of somebody, in years on a day or as stated; None: nothing.

    A date of birth counts on the day of the picture where the columns say that, else ``on``.
    """
    ages = [*filter(_is_said, map(age_of, _cells(values, AGE)))]
    days = [*filter(None, map(last_day_of, _cells(values, *TAKEN)))] or [on]
    for born in filter(None, map(last_day_of, _cells(values, *BIRTH))):
        ages += [max((day - born).days / DAYS_A_YEAR, 0.0) for day in days]
    return min((age for age in ages if age is not None), default=None)


def review_by_in(values: Mapping[str, str]) -> date | None:
    """The earliest day by which an entry is to be looked at again; None: none is said."""
    return min(filter(None, map(_iso_day, _cells(values, REVIEW_BY))), default=None)


def _is_said(age: float | None) -> bool:
    return age is not None


def _cells(values: Mapping[str, str], *names: str) -> Iterator[str]:
    keys = _keys(*names)
    for name, cell in values.items():
        if cell and column_key(name) in keys:
            yield from cell.split(SEVERAL)


def _keys(*names: str) -> frozenset[str]:
    return frozenset(map(column_key, names))
