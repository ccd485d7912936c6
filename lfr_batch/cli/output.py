"""What the commands print: answers on stdout, everything else on stderr.

Whatever names come in, a line stays one line and steers no terminal (``lfr_batch.visible``); what a
terminal or pipe cannot take is an escape.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lfr_batch.visible import ornament, visible, visible_json, visible_lines


def take_any_text() -> None:
    """No character can end a command: what a stream's encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str = "") -> None:
    """A message for the person at the keyboard, one line."""
    print(visible(text, encoding_of(sys.stderr)), file=sys.stderr, flush=True)  # noqa: T201


def complain(sentence: str) -> None:
    say(f"lfr: {sentence}")


def answer(line: str) -> None:
    """The command's result, or one line of it."""
    print(visible(line, encoding_of(sys.stdout)))  # noqa: T201


def answer_text(text: str) -> None:
    """A whole text that ends its lines itself: exact in a pipe, harmless on a terminal."""
    steered = sys.stdout.isatty()
    sys.stdout.write(visible_lines(text, encoding_of(sys.stdout)) if steered else text)


def answer_json(rows: Sequence[Mapping[str, Any]]) -> None:
    """One array of objects."""
    text = json.dumps(rows, indent=1, default=_plain, ensure_ascii=False)
    answer_text(visible_json(text, encoding_of(sys.stdout)) + "\n")


def answer_line(row: Mapping[str, Any]) -> None:
    """One object, of those that come without end."""
    text = json.dumps(row, default=_plain, ensure_ascii=False)
    answer_text(visible_json(text, encoding_of(sys.stdout)) + "\n")
    sys.stdout.flush()


def answer_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Aligned columns; the same text in a pipe, without colours or cut cells."""
    console = Console()
    if console.is_terminal:
        console.print(table_of(rows, columns), crop=False)
    else:
        sys.stdout.writelines(f"{line}\n" for line in _aligned(rows, columns))


def _aligned(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """As rich draws it where there is room, which for thousands of rows takes it a second."""
    encoding = encoding_of(sys.stdout)
    cells = [[visible(_cell(row.get(name)), encoding) for name in columns] for row in rows]
    table = [list(columns), *cells]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    for line in table:
        padded = (cell + " " * (w - cell_len(cell)) for cell, w in zip(line, widths, strict=True))
        yield "  ".join(padded)


def table_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """Where a terminal is too narrow, cells are folded, but never a run's id: it is copied."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "run_id")
    for row in rows:
        table.add_row(*(plain_text(_cell(row.get(column))) for column in columns))
    return table


def plain_text(text: str, style: str = "", stream: TextIO | None = None) -> Text:
    """A text for rich, in which nothing is markup."""
    return Text(visible(text, encoding_of(stream or sys.stdout)), style)


def nothing() -> str:
    """What stands for no value."""
    return ornament("–", "-", encoding_of(sys.stdout))


def counted(count: int, thing: str) -> str:
    """'1 file', '2 files'."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def encoding_of(stream: TextIO) -> str:
    return stream.encoding or "utf-8"


def _cell(value: Any) -> str:
    match value:
        case None:
            return nothing()
        case float():
            return f"{value:.3f}" if value == 0 or abs(value) >= 0.1 else f"{value:.3g}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case _:
            return str(value)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
