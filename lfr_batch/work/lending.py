"""Things that one thread at a time may use, lent to the threads of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")

Lend = Callable[[], AbstractContextManager[T]]
"""Gives one for as long as the block runs; may be called from any thread."""


def for_all(thing: T) -> Lend[T]:
    """The same for everybody at once."""
    return lambda: nullcontext(thing)


def for_each(first: T, another: Callable[[], T]) -> Lend[T]:
    """``first``, and ``another`` for whoever comes while all that there are are lent. Those are
    kept, so there are never more than threads that have one."""
    idle: SimpleQueue[T] = SimpleQueue()
    idle.put(first)

    @contextmanager
    def lent() -> Iterator[T]:
        try:
            thing = idle.get_nowait()
        except Empty:
            thing = another()
        try:
            yield thing
        finally:
            idle.put(thing)

    return lent
