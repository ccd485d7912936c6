"""A webhook's other end: a real HTTP server that can be told how to answer."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.patience import PATIENCE_S


@dataclass
class Receiver:
    url: str = ""
    answers: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    """What to answer to the next requests; after them, and to begin with, 204."""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    """LFR-Delivery of what was answered with 2xx."""
    answer_after_s: float = 0.0


def eventually(holds: Callable[[], object]) -> bool:
    """Whether something comes to hold within PATIENCE_S."""
    until = time.monotonic() + PATIENCE_S
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.01)
    return bool(held)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((dict(self.headers), body))
            time.sleep(receiver.answer_after_s)
            status, headers = receiver.answers.popleft() if receiver.answers else (204, {})
            if status < 300:
                receiver.taken.append(self.headers["LFR-Delivery"])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/alerts?token=hidden"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()
