"""One thread asks the router what is new; every screen is told by its own bounded queue."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread

from lfr_batch.console.desk import Desk
from lfr_batch.console.messages import Message
from lfr_batch.console.seldom import Seldom
from lfr_batch.console.shares import oldest_of_largest
from lfr_batch.errors import LfrError
from lfr_batch.live.records import Event

logger = logging.getLogger(__name__)

POLL_S = 0.5
STATUS_EVERY_S = 1.0
STATUS_AFTER_CHANGE_S = 0.25
QUEUE = 256
MOST_SCREENS, MOST_OF_USER, MOST_OF_SESSION = 64, 16, 3
"""Streams at once: of all, of a user (who may be a whole crew), and of a browser that is logged in,
which has six connections to a host for everything."""
ELSEWHERE = json.dumps({"reason": "elsewhere"})
"""Said to a screen that goes since the same user has opened others."""


@dataclass(frozen=True, slots=True)
class Note:
    """One server-sent event. ``number`` is the router's, where it comes from there."""

    kind: str
    data: str
    number: int | None = None

    def encoded(self) -> bytes:
        head = f"id: {self.number}\n" if self.number is not None else ""
        return f"{head}event: {self.kind}\ndata: {self.data}\n\n".encode()


@dataclass(slots=True, eq=False)
class Screen:
    """What one browser still has to be told. Belongs to the event loop."""

    user: str
    session: bytes
    queue: asyncio.Queue[Note | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    """None is the end."""

    def put(self, note: Note) -> bool:
        """False: too far behind, and let go."""
        if self.queue.full():
            self.end()
            return False
        self.queue.put_nowait(note)
        return True

    def end(self, *last: Note) -> None:
        """What was still to be told is not told any more, but for ``last``."""
        while not self.queue.empty():
            self.queue.get_nowait()
        for note in (*last, None):
            self.queue.put_nowait(note)


class Feed:
    """``start``, ``watch``, ``leave`` in the event loop; ``changed``, ``since``, ``stop`` from any
    thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._screens: list[Screen] = []
        """Oldest first."""
        self._say = Seldom(logger)
        self._ending = Flag()
        self._last: int | None = None
        self._heard_s = time.monotonic()
        self._status_s = 0.0
        self._cameras: list[Message] = []
        """As they were told of last."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._run, name="console-feed", daemon=True)

    @property
    def silent_s(self) -> float:
        """For how long the router has not answered."""
        return time.monotonic() - self._heard_s

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def watch(self, user: str, session: bytes) -> Screen | None:
        """May end another screen of the same session, of the same user, or of the user who has
        most. None where every screen is another user's only one, or the console is ending."""
        leaving = to_leave(self._screens, user, session)
        if self._ending.is_set() or leaving is None:
            return None
        for screen in leaving:
            self.leave(screen)
            screen.end(Note("end", ELSEWHERE))
            self._say.warning("a screen of %s goes: there are too many", screen.user)
        screen = Screen(user, session)
        self._screens.append(screen)
        return screen

    def leave(self, screen: Screen) -> None:
        if screen in self._screens:
            self._screens.remove(screen)

    def since(self, number: int) -> list[Note]:
        """Alerts and their reviews since event ``number``, for a screen that comes back."""
        return self._notes(self._desk.running.router.events(number, 0.0))

    def changed(self, alert_id: str) -> None:
        """Tell every screen what an alert is now."""
        for message in self._desk.told([alert_id]):
            self._tell(Note("alert", _json(message)))
        self._status_s = 0.0

    def stop(self) -> None:
        """Ends every stream, with a last word; the thread follows within POLL_S."""
        self._ending.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_all)

    def join(self) -> None:
        self.stop()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._turn()
            except LfrError as error:
                logger.warning("the console hears nothing from the alert router: %s", error)
                self._tell(Note("trouble", _json(self._desk.trouble(str(error)))))
                self._ending.wait(POLL_S)

    def _turn(self) -> None:
        events = self._events()
        self._heard_s = time.monotonic()
        for note in self._notes(events):
            self._tell(note)
        # Not before: what a router failed to say of an event is asked for again.
        self._last = max((event.number for event in events), default=self._last)
        pause_s = STATUS_AFTER_CHANGE_S if events else STATUS_EVERY_S
        if self._screens and time.monotonic() - self._status_s >= pause_s:
            self._status_s = time.monotonic()
            status = self._desk.status()
            self._cameras = status["cameras"]
            self._tell(Note("status", _json(status)))

    def _events(self) -> tuple[Event, ...]:
        """What is new. What was there before the first look is none of it: a page fetches that."""
        router = self._desk.running.router
        if self._last is None:
            self._last = max((event.number for event in router.events(0, 0.0)), default=0)
        return router.events(self._last, POLL_S)

    def _notes(self, events: Iterable[Event]) -> list[Note]:
        """One note per alert, with the number of the last event about it."""
        numbers: dict[str, int] = {}
        for event in sorted(events, key=lambda event: event.number):
            alert_id = self._alert_of(event)
            if alert_id is not None:
                numbers.pop(alert_id, None)
                numbers[alert_id] = event.number
        return [
            Note("alert", _json(message), numbers[message["alert_id"]])
            for message in self._desk.told(numbers)
        ]

    def _alert_of(self, event: Event) -> str | None:
        if event.kind == "alert":
            return event.id
        if event.kind == "review":
            reviews = self._desk.running.router.reviews()
            return next((r.alert_id for r in reviews if r.review_id == event.id), None)
        return None

    def _tell(self, note: Note) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_all, note)

    def _tell_all(self, note: Note) -> None:
        self._screens = [screen for screen in self._screens if screen.put(note)]

    def _end_all(self) -> None:
        goodbye = Note("end", _json(self._desk.end(self._cameras)))
        for screen in self._screens:
            screen.end(goodbye)
        self._screens = []


def to_leave(screens: Sequence[Screen], user: str, session: bytes) -> tuple[Screen, ...] | None:
    """Which of ``screens``, oldest first, goes for a new one; None where it has no room."""
    of_user = [screen for screen in screens if screen.user == user]
    of_session = [screen for screen in of_user if screen.session == session]
    if len(of_session) >= MOST_OF_SESSION:
        return (of_session[0],)
    if len(of_user) >= MOST_OF_USER:
        oldest = oldest_of_largest(of_user, lambda screen: screen.session, session)
        return (oldest or of_user[0],)
    if len(screens) < MOST_SCREENS:
        return ()
    oldest = oldest_of_largest(screens, lambda screen: screen.user, user)
    return (oldest,) if oldest else None


def _json(message: Message) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)
