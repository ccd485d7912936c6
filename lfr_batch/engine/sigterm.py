"""SIGTERM while work is under way: it is noted, so that what is in hand can be finished."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import Any

SAME_S = 1.0
"""Within this time a second signal is the first one's: `timeout` sends two."""


@dataclass(slots=True)
class Noted:
    came_s: float | None = None
    """When the first came; None: none has."""
    before: Any = signal.SIG_DFL

    def take(self, _number: int, _frame: FrameType | None) -> None:
        if self.came_s is None:
            self.came_s = monotonic()
        elif monotonic() - self.came_s > SAME_S:
            self.follow()

    def follow(self) -> None:
        """Do what the signal would have done."""
        signal.signal(signal.SIGTERM, self.before)
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def sigterm_noted() -> Iterator[Noted]:
    """A second one does at once what the first would have. Where SIGTERM is ignored it stays so,
    and where no signal is handled (another thread than the main one) none is noted."""
    noted, main = Noted(), threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    # None: it was set from elsewhere than Python, which cannot set it again.
    if not main or before is signal.SIG_IGN or before is None:
        yield noted
        return
    noted.before = before
    signal.signal(signal.SIGTERM, noted.take)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGTERM, before)
