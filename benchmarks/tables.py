"""Tables of text, their head first: for a terminal or for a document."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table


def show(table: Sequence[Sequence[str]], *, markdown: bool = False) -> None:
    """Print it, however wide it is."""
    if markdown:
        print(as_markdown(table), flush=True)
        return
    shown, console = as_rich(table), Console()
    console.width = max(console.width, Console(width=1000).measure(shown).maximum)
    console.print(shown)


def as_rich(table: Sequence[Sequence[str]], title: str | None = None) -> Table:
    shown = Table(*table[0], title=title)
    for row in table[1:]:
        shown.add_row(*row)
    return shown


def as_markdown(table: Sequence[Sequence[str]]) -> str:
    lines = [table[0], ["---"] * len(table[0]), *table[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
