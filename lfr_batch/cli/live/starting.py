"""What a deployment is at while it starts, said so that nobody looks at a still cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from lfr_batch.cli.output import say

TICK_S = 1.0
SAY_AGAIN_S = 10.0
"""Where lines stay, as in a pipe, no more of them are made."""


class Starting:
    """Say each step; then for how long it has been going on, until ``done``."""

    def __init__(self, show: Callable[[str], None] | None) -> None:
        """``show``: shows a line in place of the last; None where that cannot be."""
        self._show = show
        self._step, self._since_s, self._said_s = "", monotonic(), monotonic()
        self._ended = Event()

    def at(self, step: str) -> None:
        """Its words are said at once."""
        self._since_s = self._said_s = monotonic()
        self._step = step
        say(step)

    def done(self) -> None:
        self._step = ""

    def tick(self) -> None:
        step, so_far_s = self._step, monotonic() - self._since_s
        if not step:
            return
        words = f"{step.partition(',')[0]}: {so_far_s:.0f} s so far"
        if self._show is not None:
            self._show(words)
        elif monotonic() - self._said_s >= SAY_AGAIN_S:
            self._said_s = monotonic()
            say(words)

    def run(self) -> None:
        while not self._ended.wait(TICK_S):
            self.tick()

    def end(self) -> None:
        self._ended.set()


@contextmanager
def starting(show: Callable[[str], None] | None) -> Iterator[Starting]:
    made = Starting(show)
    thread = Thread(target=made.run, name="starting", daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.end()
        thread.join()
