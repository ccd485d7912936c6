"""What a deployment is at while it starts, said so that nobody looks at a still cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from lfr_batch.cli.output import say

TICK_S = 1.0
PATIENCE_S = 2.0
"""What takes no longer need not be said where something may be refused: that is one sentence."""
SAY_AGAIN_S = 10.0
"""Where lines stay, as in a pipe, no more of them are made."""


class Starting:
    """Say each step; then for how long it has been going on, until ``done``."""

    def __init__(self, show: Callable[[str], None] | None, after_s: float = 0.0) -> None:
        """``show``: shows a line in place of the last; None where that cannot be. ``after_s``: a
        step that is over sooner is not said."""
        self._show, self._after_s = show, after_s
        self._step, self._since_s, self._said_s = "", monotonic(), monotonic()
        self._is_said = False
        self._ended = Event()

    def at(self, step: str) -> None:
        self._since_s = self._said_s = monotonic()
        self._step, self._is_said = step, False
        if self._show is not None:
            self._show(_so_far(step, 0.0))
        if not self._after_s:
            self._say_once(step)

    def done(self) -> None:
        self._step = ""

    def tick(self) -> None:
        step, so_far_s = self._step, monotonic() - self._since_s
        if not step:
            return
        if not self._is_said and so_far_s < self._after_s:
            return
        self._say_once(step)
        words = _so_far(step, so_far_s)
        if self._show is not None:
            self._show(words)
        elif monotonic() - self._said_s >= SAY_AGAIN_S:
            self._said_s = monotonic()
            say(words)

    def _say_once(self, step: str) -> None:
        if not self._is_said:
            self._is_said = True
            say(step)

    def run(self) -> None:
        while not self._ended.wait(TICK_S):
            self.tick()

    def end(self) -> None:
        self._ended.set()


def _so_far(step: str, so_far_s: float) -> str:
    return f"{step.partition(',')[0]}: {so_far_s:.0f} s so far"


@contextmanager
def starting(show: Callable[[str], None] | None, after_s: float = 0.0) -> Iterator[Starting]:
    made = Starting(show, after_s)
    thread = Thread(target=made.run, name="starting", daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.end()
        thread.join()
