"""What ends a deployment from outside: Ctrl-C, SIGTERM, a hang-up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Signals:
    """While parts are being opened, a signal interrupts; at any other time it asks for an orderly
    end, and while that is being brought about it changes nothing."""

    stopping: Event = field(default_factory=Event)
    interrupts: bool = False

    def take(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()
        self.interrupt()

    def interrupt(self) -> None:
        if self.interrupts and self.stopping.is_set():
            self.interrupts = False
            raise KeyboardInterrupt

    def install(self) -> None:
        """Who started us under nohup wants no hang-up to be noticed."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.take)


@contextmanager
def signals_taken() -> Iterator[Signals]:
    signals, before = Signals(), {number: signal.getsignal(number) for number in SIGNALS}
    signals.install()
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
