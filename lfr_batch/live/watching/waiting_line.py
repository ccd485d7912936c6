"""What waits for the analyst: anybody joins the line, one thread serves it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from lfr_batch.errors import EngineError
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.turns import Turn
from lfr_batch.live.watching.turn_order import InLine, next_of

STALE_S = 2.0
"""Who has waited longer has given up: answering would keep those waiting who have not."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question from a thread that waits for its answer."""

    picture: tuple[Turn, Input] | None
    """What to detect in; None: ``call`` instead."""
    call: Callable[[], Any] | None = None
    answer: Future[Any] = field(default_factory=Future)
    asked_s: float = field(default_factory=monotonic)

    @property
    def in_line(self) -> InLine:
        return InLine(self.asked_s, self.picture is not None)


class WaitingLine:
    """Only ``join`` and ``close`` are for any thread."""

    def __init__(self) -> None:
        self._arriving: SimpleQueue[Request | None] = SimpleQueue()
        self._waiting: list[Request] = []
        self._is_closed = False

    def join(self, request: Request) -> None:
        self._arriving.put(request)

    def close(self) -> None:
        """After whoever has joined before."""
        self._arriving.put(None)

    def wait(self, timeout_s: float) -> bool:
        """At most so long, for somebody to come. False where nobody is left, and nobody will."""
        if not self._waiting and not self._is_closed:
            try:
                self._admit(self._arriving.get(timeout=timeout_s))
            except Empty:
                return True
        return bool(self._waiting) or not self._is_closed

    def next(self, is_look: bool) -> Request | None:
        """The next one, if it is of that kind. Who has given up meanwhile is refused."""
        self._admit_all()
        while self._waiting:
            number = next_of([each.in_line for each in self._waiting])
            if self._waiting[number].in_line.is_look != is_look:
                return None
            request = self._waiting.pop(number)
            if not _refused(request):
                return request
        return None

    def _admit_all(self) -> None:
        try:
            while True:
                self._admit(self._arriving.get_nowait())
        except Empty:
            return

    def _admit(self, request: Request | None) -> None:
        if request is None:
            self._is_closed = True
        else:
            self._waiting.append(request)


def _refused(request: Request) -> bool:
    if monotonic() - request.asked_s < STALE_S:
        return False
    request.answer.set_exception(EngineError("the analyst is behind with its looks"))
    return True
