"""A relay in front of a server that counts what comes down, headers of answers too."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE_BYTES = 1 << 16


@dataclass(slots=True)
class Relay:
    """Of ``counting_relay``."""

    address: str
    """For the client, in place of the server's."""
    down_bytes: int = 0
    """From the server to its clients, since the relay began."""
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def came_down(self, count: int) -> None:
        with self._counting:
            self.down_bytes += count


@contextmanager
def counting_relay(upstream: str) -> Iterator[Relay]:
    """``upstream``: http://HOST:PORT. Nothing is changed on the way: requests are signed for the
    address that the client was given."""
    to = urlsplit(upstream)
    with socket.create_server(("127.0.0.1", 0)) as door:
        relay = Relay(f"http://127.0.0.1:{door.getsockname()[1]}")
        place = (to.hostname or "127.0.0.1", to.port or 80)
        threading.Thread(target=_serve, args=(door, place, relay), daemon=True).start()
        yield relay
        # A thread that waits in accept() is not woken by closing the socket.
        door.shutdown(socket.SHUT_RDWR)


def _serve(door: socket.socket, place: tuple[str, int], relay: Relay) -> None:
    with suppress(OSError):
        while True:
            near, _ = door.accept()
            far = socket.create_connection(place)
            threading.Thread(target=_up, args=(near, far), daemon=True).start()
            threading.Thread(target=_down, args=(far, near, relay), daemon=True).start()


def _up(near: socket.socket, far: socket.socket) -> None:
    with suppress(OSError):
        while piece := near.recv(PIECE_BYTES):
            far.sendall(piece)
        far.shutdown(socket.SHUT_WR)


def _down(far: socket.socket, near: socket.socket, relay: Relay) -> None:
    with suppress(OSError), far, near:
        while piece := far.recv(PIECE_BYTES):
            relay.came_down(len(piece))
            near.sendall(piece)
