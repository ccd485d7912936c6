"""What has changed, for those who watch."""

from __future__ import annotations

import time
from threading import Condition

from lfr_batch.live.records import Event, EventKind

KEPT = 5_000


class EventLog:
    """The last change of each alert, review, camera and sink; the KEPT latest of them.

    Numbers begin at the machine's uptime in microseconds, so that those of a restarted router are
    higher than those of its predecessor, whatever is done to the time of day.
    """

    def __init__(self) -> None:
        self._number = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
        self._events: dict[tuple[EventKind, str], Event] = {}
        self._changed = Condition()

    def add(self, kind: EventKind, about: str) -> None:
        with self._changed:
            self._number += 1
            self._events.pop((kind, about), None)
            self._events[kind, about] = Event(self._number, kind, about)
            if len(self._events) > KEPT:
                del self._events[next(iter(self._events))]
            self._changed.notify_all()

    def since(self, after: int, timeout_s: float) -> tuple[Event, ...]:
        with self._changed:
            self._changed.wait_for(lambda: self._number > after and bool(self._events), timeout_s)
            return tuple(event for event in self._events.values() if event.number > after)
