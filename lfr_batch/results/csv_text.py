"""Rows as CSV that a spreadsheet opens without computing anything. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet take a text for a formula (OWASP, "CSV Injection"; the wide forms in
East Asian settings)."""


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Comma-separated, quoted where needed (RFC 4180), lines that end with a line feed.

    A text that begins like a formula gets an apostrophe in front, which spreadsheets hide; numbers
    stay numbers. None is an empty cell.
    """
    return "".join(_lines(rows))


def _lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The writer quotes a carriage return only where its own lines end with one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        yield out.getvalue().removesuffix("\r\n") + "\n"
        out.seek(0)
        out.truncate()


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA_STARTS else value
