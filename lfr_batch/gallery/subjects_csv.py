"""The operator's table of subjects: which rows it has and what they say, no pictures looked at."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import UsageError

SUBJECT_COLUMNS = ("subject_id", "subject")
FILE_COLUMNS = ("file", "path")
DELIMITERS = (",", ";", "\t")


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
    """Read a UTF-8 CSV whose first line names its columns; comma, semicolon or tab separated.

    Raises:
        UsageError: unreadable, not UTF-8, no subject column, or a line that does not fit.
    """
    text = _text(path)
    if not text.strip():
        raise UsageError(f"{path} is empty; give a CSV with a 'subject' column.")
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(reader)]
        subject, file = _key_columns(path, header)
        rows = [
            _row(path, reader.line_num, header, cells, subject, file)
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise UsageError(f"{path} line {reader.line_num} is not valid CSV: {error}.") from error
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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text; save it as CSV in UTF-8.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}); give --subjects a CSV file."
        ) from error


def _key_columns(path: Path, header: list[str]) -> tuple[int, int | None]:
    names = [name.lower() for name in header]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{path} has the column {twice[0]!r} twice; rename one of them.")
    subject = _first_of(SUBJECT_COLUMNS, names)
    if subject is None:
        raise UsageError(
            f"{path} has no column 'subject' or 'subject_id' (it has: {', '.join(header)}); "
            "name the column that identifies the person so."
        )
    return subject, _first_of(FILE_COLUMNS, names)


def _first_of(wanted: tuple[str, ...], names: list[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _row(
    path: Path, line: int, header: list[str], cells: list[str], subject: int, file: int | None
) -> SubjectRow:
    if len(cells) != len(header):
        raise UsageError(
            f"{path} line {line} has {len(cells)} cells where the header has {len(header)}; "
            "quote cells that contain the separator."
        )
    values = [cell.strip() for cell in cells]
    if not values[subject]:
        raise UsageError(f"{path} line {line} names no subject; fill the cell or drop the line.")
    return SubjectRow(
        line=line,
        subject_id=values[subject],
        file=values[file] or None if file is not None else None,
        values={
            name: value
            for column, (name, value) in enumerate(zip(header, values, strict=True))
            if column not in (subject, file)
        },
    )
