"""What comes one by one is written in blocks; whatever ends it, what is at hand is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import TypeVar

Each = TypeVar("Each")


def keep(
    coming: Iterable[Each],
    write: Callable[[Sequence[Each]], None],
    most: int,
    flush_s: float,
    hear: Callable[[Each], None],
) -> None:
    """At most ``most`` in a block, and one with the next that comes after ``flush_s``."""
    block: list[Each] = []
    written_at = monotonic()
    try:
        for each in coming:
            block.append(each)
            hear(each)
            if len(block) >= most or monotonic() - written_at >= flush_s:
                write(block)
                block, written_at = [], monotonic()
    finally:
        write(block)
