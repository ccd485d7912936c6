"""The operator's table of subjects: which rows it has and what they say, no pictures looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.config.sheets import SheetRow, column_key, did_you_mean, is_slip_for, read_sheet
from lfr_batch.errors import UsageError

SUBJECT_COLUMNS = ("subject_id", "subject")
FILE_COLUMNS = ("file", "path")
BOX_COLUMN = "box"
SIDE_COLUMNS = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One line of the table. ``file`` is None without such a column or in an empty cell."""

    line: int
    subject_id: str
    file: str | None
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SubjectTable:
    path: Path
    names_files: bool
    rows: tuple[SubjectRow, ...]


def read_table(path: Path) -> SubjectTable:
    """Read a table as ``config.sheets`` knows it. Columns that are not known are attributes.

    Raises:
        UsageError: unreadable, no subject column, or a line that does not fit.
    """
    sheet = read_sheet(path)
    if not any(sheet.header) and not sheet.rows:
        raise UsageError(f"{path} is empty; give a CSV with a 'subject' column.")
    subject, file = _key_columns(path, sheet.header)
    rows = [_row(path, row, sheet.header, subject, file) for row in sheet.rows]
    if not rows:
        raise UsageError(f"{path} has a header but no rows; add one row per subject or picture.")
    return SubjectTable(path, file is not None, tuple(rows))


def attributes_of(rows: Iterable[SubjectRow]) -> dict[str, dict[str, str]]:
    """Attributes by subject.

    A column that is constant within a subject gives its value; one that differs from picture to
    picture gives its distinct values in the order of the rows, joined with '; ' (nothing that the
    operator wrote is lost). Empty cells are left out.
    """
    seen: dict[str, dict[str, dict[str, None]]] = {}
    for row in rows:
        columns = seen.setdefault(row.subject_id, {})
        for name, value in row.values.items():
            if value:
                columns.setdefault(name, {})[value] = None
    return {
        subject: {name: "; ".join(values) for name, values in columns.items()}
        for subject, columns in seen.items()
    }


def _key_columns(path: Path, header: Sequence[str]) -> tuple[int, int | None]:
    names = [column_key(name) for name in header]
    subject = _first_of(SUBJECT_COLUMNS, names)
    if subject is None:
        near = next((name for name in header if did_you_mean(name, SUBJECT_COLUMNS)), None)
        which = f"{near!r}, if it" if near else "the column that"
        raise UsageError(
            f"{path} has no column 'subject' or 'subject_id' (it has: {', '.join(header)}); "
            f"rename {which} identifies the person, to 'subject'."
        )
    _refuse_slips(path, header)
    return subject, _first_of(FILE_COLUMNS, names)


def _refuse_slips(path: Path, header: Sequence[str]) -> None:
    """A column of files or boxes that is misspelt would be an attribute, and another face or
    another's picture be enrolled."""
    known = {column_key(name) for name in header}
    sides = len(known.intersection(SIDE_COLUMNS))
    missing: list[str] = []
    missing += [] if known.intersection(FILE_COLUMNS) else FILE_COLUMNS
    missing += [] if BOX_COLUMN in known or sides == len(SIDE_COLUMNS) else [BOX_COLUMN]
    missing += SIDE_COLUMNS if 1 < sides < len(SIDE_COLUMNS) else ()
    for name in header:
        meant = next((each for each in missing if is_slip_for(name, each)), None)
        if meant and column_key(name) not in SIDE_COLUMNS:
            raise UsageError(
                f"{path} has a column {name!r}: did you mean {meant!r}? Mend its name, or give it "
                "one that is less like that if it is an attribute."
            )


def _first_of(wanted: tuple[str, ...], names: list[str]) -> int | None:
    keys = map(column_key, wanted)
    return next((names.index(key) for key in keys if key in names), None)


def _row(
    path: Path, row: SheetRow, header: Sequence[str], subject: int, file: int | None
) -> SubjectRow:
    if len(row.cells) != len(header):
        raise UsageError(
            f"{path} line {row.line} has {len(row.cells)} cells where the header has "
            f"{len(header)}; give every line all of them."
        )
    if not row.cells[subject]:
        raise UsageError(
            f"{path} line {row.line} names no subject; fill the cell or drop the line."
        )
    return SubjectRow(
        line=row.line,
        subject_id=row.cells[subject],
        file=row.cells[file] or None if file is not None else None,
        values={
            name: value
            for column, (name, value) in enumerate(zip(header, row.cells, strict=True))
            if name and column not in (subject, file)
        },
    )
