"""The console's door: how many connections may be in at once, and how long without a request.

uvicorn accepts without a limit, waits for ever for a request that was begun, and 60 s for a TLS
handshake, whose connection it does not know of until then; its ``limit_concurrency`` refuses
everybody alike. Here connections are accepted one by one, are counted by where they come from
from the first moment on, and are uvicorn's from then on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Protocol, TypeVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from lfr_batch.console.guard import HEADERS
from lfr_batch.console.seldom import Seldom
from lfr_batch.console.sources import source_of

logger = logging.getLogger(__name__)
_FAULTS = logging.getLogger(f"{__name__}.faults")
_FAULTS.setLevel(logging.ERROR)
"""uvicorn's own: without a line for every request that is none."""

MOST, MOST_OF_SOURCE = 256, 128
"""Connections at once. Five browsers of a crew, each at its limit of six, are 30."""
HANDSHAKE_S = 5.0
"""So long a TLS handshake may take."""
REQUEST_S = 10.0
"""From the connection, or the last answer, until a request is there as a whole."""
UNREAD_S = 10.0
"""So long an answer may wait for a browser that takes nothing."""
GOODBYE_S = 2.0
"""So long TLS may take to say goodbye."""
AGAIN_S = 0.5
"""The machine has no room for a connection, as where all files are open."""
CROWDED = (
    "the console has as many connections as it may (%d, the last from %s): those that ask for "
    "nothing are closed"
)


class Waiting(Protocol):
    @property
    def source(self) -> str: ...
    @property
    def waiting_since_s(self) -> float | None: ...


_Guest = TypeVar("_Guest", bound=Waiting)


class Visit(H11Protocol):
    """A connection, from the moment it is accepted."""

    def __init__(
        self, server: uvicorn.Server, sock: socket.socket, source: str, say: Seldom
    ) -> None:
        super().__init__(server.config, server.server_state, server.lifespan.state)
        self.logger = _FAULTS
        self.source = source
        self.waiting_since_s: float | None = self.loop.time()
        """Since when it owes a request; None while it is answered."""
        self.left = asyncio.Event()
        self._sock, self._say = sock, say
        self._request_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def show_out(self) -> None:
        """At once, whether or not there is a transport yet."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._unread_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        _cancel(self._request_timer)
        _cancel(self._unread_timer)
        self.left.set()

    def send_400_response(self, msg: str) -> None:
        """As all answers have them, with the headers that shut the browser in."""
        self._say.warning("what %s sends is no HTTP: %s", self.source, msg)
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.abort()
            return
        if self.cycle is not None:
            self.cycle.disconnected = True
        headers = {"content-type": "application/json", "connection": "close", **HEADERS}
        answer = h11.Response(status_code=400, headers=list(headers.items()), reason="Bad Request")
        body = h11.Data(data=json.dumps({"error": msg}).encode())
        for event in (answer, body, h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _look(self) -> None:
        """Whether it is answered now, or owes a request: one timer from beginning to end, which no
        letter more of the request winds up again."""
        if self._is_answered():
            self.waiting_since_s = None
            _cancel(self._request_timer)
            self._request_timer = None
        elif self._request_timer is None:
            self.waiting_since_s = self.loop.time()
            self._request_timer = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _is_answered(self) -> bool:
        cycle = self.cycle
        return cycle is not None and not cycle.more_body and not cycle.response_complete


class Door:
    """Belongs to the event loop."""

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server
        self._visits: set[Visit] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._say = Seldom(logger)

    async def attend(self, listener: socket.socket) -> None:
        """Until it is cancelled."""
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        while not self._server.started:
            await asyncio.sleep(0.01)
        while True:
            try:
                sock, address = await loop.sock_accept(listener)
            except OSError as error:
                self._say.warning("the console takes no connection for the moment: %s", error)
                await asyncio.sleep(AGAIN_S)
                continue
            try:
                self._meet(sock, source_of(address[0]))
            except Exception as error:  # noqa: BLE001 - nobody else is to find the door shut
                self._say.warning("a connection from %s was not taken: %r", address[0], error)
                sock.close()
            await asyncio.sleep(0)  # where many come at once, those who are in have their turn

    def _meet(self, sock: socket.socket, source: str) -> None:
        if not self._has_room(source):
            sock.close()
            return
        visit = Visit(self._server, sock, source, self._say)
        self._visits.add(visit)
        task = asyncio.get_running_loop().create_task(self._receive(visit, sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receive(self, visit: Visit, sock: socket.socket) -> None:
        sealed = self._server.config.ssl
        times = {"ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": GOODBYE_S}
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: visit, sock, ssl=sealed, **(times if sealed else {})
            )
            await visit.left.wait()
        except OSError as error:
            logger.debug("no connection with %s: %s", visit.source, error)
        finally:
            self._visits.discard(visit)

    def _has_room(self, source: str) -> bool:
        """Makes some, if need be, at the cost of whoever waits longest without a request."""
        own = [visit for visit in self._visits if visit.source == source]
        if len(own) < MOST_OF_SOURCE and len(self._visits) < MOST:
            return True
        self._say.warning(CROWDED, len(self._visits), source)
        leaving = longest_waiting(own if len(own) >= MOST_OF_SOURCE else self._visits)
        if leaving is None:
            return False
        self._visits.discard(leaving)
        leaving.show_out()
        return True


def longest_waiting(visits: Collection[_Guest]) -> _Guest | None:
    """Of the source that has most of them: nobody is shown out for what another brings along."""
    number = Counter(visit.source for visit in visits)
    waiting = [(visit.waiting_since_s, visit) for visit in visits]
    owing = [(since_s, visit) for since_s, visit in waiting if since_s is not None]
    first = min(owing, key=lambda each: (-number[each[1].source], each[0]), default=None)
    return first and first[1]


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
