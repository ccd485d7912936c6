"""What the commands print: answers on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table


def say(text: str = "") -> None:
    """A message for the person at the keyboard."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def complain(sentence: str) -> None:
    say(f"lfr: {sentence}")


def answer(text: str) -> None:
    """The command's result."""
    print(text)  # noqa: T201


def answer_json(rows: Sequence[Mapping[str, Any]]) -> None:
    """One array of objects."""
    answer(json.dumps(rows, indent=1, default=_plain, ensure_ascii=False))


def answer_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Aligned columns; the same text in a pipe, without colours or cut cells."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console = Console()
    if not console.is_terminal:
        console = Console(width=10_000, color_system=None)
    console.print(table, crop=False)


def _cell(value: Any) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:.3f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case _:
            return str(value)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
