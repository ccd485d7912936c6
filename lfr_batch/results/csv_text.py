"""Rows as CSV that a spreadsheet opens without computing anything. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet take a text for a formula (OWASP, "CSV Injection"; the wide forms in
East Asian settings)."""


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Comma-separated, quoted where needed (RFC 4180), lines that end with a line feed.

    A text that begins like a formula gets an apostrophe in front, which spreadsheets hide; numbers
    stay numbers. None is an empty cell.
    """
    return "".join(map(_line, rows))


def _line(row: Iterable[object]) -> str:
    """The writer quotes a carriage return only where its own lines end with one."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(value) for value in row])
    return out.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA_STARTS else value
