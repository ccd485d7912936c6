"""A proxy in front of an S3 server that does to requests what networks and stores do to them.

For tests and for long runs: ``with faulty_proxy(upstream, Faults(...), seed) as proxy``, and boto3
is given ``proxy.address``. Which request meets what follows from the seed and the order in which
they come. Requests are passed on as they were signed.

On its own: ``python -m benchmarks.faulty_proxy http://127.0.0.1:9000 --seed 1 --port 9001``; what
became of requests is printed when it ends (Ctrl-C, TERM).
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from email.utils import formatdate
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

Kind = Literal[
    "delayed",  # passed on later, and answered then
    "busy",  # not passed on: 503 SlowDown, 429, 500
    "reset",  # not passed on: the connection is closed
    "answer_lost",  # passed on; the connection is closed in place of the answer
    "failed_after",  # passed on, and answered with a 500 all the same
    "broken_body",  # the answer breaks off half-way
    "repeated",  # a write that is passed on twice
    "replayed",  # a write that is passed on, and once more much later
    "late",  # a write that is answered with a 504, and passed on much later
]
WRITES = frozenset({"PUT", "DELETE"})
ON_WRITES: frozenset[Kind] = frozenset({"repeated", "replayed", "late"})
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "date", "content-length"})
ERRORS = ((503, "SlowDown"), (429, "TooManyRequests"), (500, "InternalError"))
TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of requests, 0 to 1, that meet each; the others are passed on as they come."""

    delayed: float = 0.0
    busy: float = 0.0
    reset: float = 0.0
    answer_lost: float = 0.0
    failed_after: float = 0.0
    broken_body: float = 0.0
    repeated: float = 0.0
    replayed: float = 0.0
    late: float = 0.0
    most_delay_s: float = 0.5
    most_late_s: float = 3.0
    """Until a write that is late, or replayed, arrives."""
    skew_s: float = 0.0
    """The ``Date`` of an answer is as much ahead or behind, in turn."""


SHARES = tuple(each.name for each in fields(Faults) if not each.name.endswith("_s"))
NONE = Faults()
EVERYTHING = replace(NONE, skew_s=120.0, **dict.fromkeys(SHARES, 0.04))


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class FaultyProxy:
    """Of ``faulty_proxy``. ``met`` counts what requests met; 'passed' those that met nothing."""

    def __init__(self, upstream: str, faults: Faults, seed: int, port: int = 0) -> None:
        self.faults, self.met = faults, Counter[str]()
        self.trouble: Literal["away", "expired"] | None = None
        self._upstream = urlsplit(upstream).netloc
        self._random, self._choosing = Random(seed), threading.Lock()
        self._waiting: set[threading.Thread] = set()
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.proxy = self

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nothing is answered within: connections are closed."""
        with self._in_trouble("away"):
            yield

    @contextmanager
    def expired(self) -> Iterator[None]:
        """Credentials have run out within, whatever they are."""
        with self._in_trouble("expired"):
            yield

    @contextmanager
    def _in_trouble(self, trouble: Literal["away", "expired"]) -> Iterator[None]:
        self.trouble = trouble
        try:
            yield
        finally:
            self.trouble = None

    def settle(self) -> None:
        """Return when all that is late has arrived."""
        while waiting := [thread for thread in self._waiting if thread.is_alive()]:
            waiting[0].join()

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self.settle()

    def answer(self, request: Request) -> tuple[Answer | None, bool]:
        """The answer, None for none at all, and whether it breaks off half-way."""
        if self.trouble is not None:
            self._note(self.trouble)
            return (None if self.trouble == "away" else _expired(request)), False
        kind, share = self._chosen(request)
        self._note(kind or "passed")
        match kind:
            case "reset":
                return None, False
            case "busy":
                return _refused(*ERRORS[int(share * len(ERRORS))]), False
            case "late":
                self._later(request, share)
                return _refused(504, "GatewayTimeout"), False
            case "delayed":
                time.sleep(share * self.faults.most_delay_s)
            case "repeated":
                self._pass_on(request)
            case "replayed":
                self._later(request, share)
        passed = self._pass_on(request)
        if kind == "failed_after":
            return _refused(500, "InternalError"), False
        return (None if kind == "answer_lost" else passed), kind == "broken_body"

    def date(self) -> str:
        with self._choosing:
            ahead_s = self._random.choice((-1, 1)) * self.faults.skew_s
        return formatdate(time.time() + ahead_s, usegmt=True)

    def _chosen(self, request: Request) -> tuple[Kind | None, float]:
        with self._choosing:
            at, share = self._random.random(), self._random.random()
        for name in SHARES:
            at -= getattr(self.faults, name)
            if at < 0:
                fits = request.method in WRITES or name not in ON_WRITES
                return (name if fits else None), share  # type: ignore[return-value]
        return None, share

    def _note(self, what: str) -> None:
        with self._choosing:
            self.met[what] += 1

    def _later(self, request: Request, share: float) -> None:
        wait_s = (0.2 + 0.8 * share) * self.faults.most_late_s

        def arrive() -> None:
            self._over.wait(wait_s)
            with suppress(OSError, HTTPException):
                self._pass_on(request)

        thread = threading.Thread(target=arrive, daemon=True)
        self._waiting.add(thread)
        thread.start()

    def _pass_on(self, request: Request) -> Answer:
        connection = HTTPConnection(self._upstream, timeout=TIMEOUT_S)
        try:
            connection.putrequest(
                request.method, request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                if name.lower() not in {"connection", "expect", "transfer-encoding"}:
                    connection.putheader(name, value)
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: FaultyProxy

    def handle_error(self, *_: object) -> None:
        """Who asked is gone: it was killed, perhaps."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_expect_100(self) -> bool:
        self.send_response_only(100)
        self.end_headers()
        return True

    def log_message(self, *args: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        try:
            answer, breaks_off = self.server.proxy.answer(request)
        except (OSError, HTTPException) as error:
            answer, breaks_off = _refused(502, f"BadGateway {error}"), False
        if answer is None:
            self._hang_up()
        else:
            self._send(answer, breaks_off=breaks_off)

    def _send(self, answer: Answer, *, breaks_off: bool) -> None:
        stated = {name.lower(): value for name, value in answer.headers}
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        # The answer to HEAD has the length of a body that does not come.
        length = stated.get("content-length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(answer.body)))
        self.send_header("Date", self.server.proxy.date())
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(answer.body[: len(answer.body) // 2] if breaks_off else answer.body)
        if breaks_off:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815


def _refused(status: int, code: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>of the proxy</Message></Error>".encode()
    return Answer(status, [("Content-Type", "application/xml")], body)


def _expired(request: Request) -> Answer:
    answer = _refused(403, "ExpiredToken")
    return answer._replace(body=b"") if request.method == "HEAD" else answer


@contextmanager
def faulty_proxy(upstream: str, faults: Faults = NONE, seed: int = 0) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(upstream, faults, seed)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("upstream")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    for name, value in asdict(EVERYTHING).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=value)
    asked = vars(parser.parse_args())
    upstream, seed, port = (asked.pop(name) for name in ("upstream", "seed", "port"))
    proxy = FaultyProxy(upstream, Faults(**asked), seed, port)

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    print(proxy.address, flush=True)
    with suppress(KeyboardInterrupt):
        proxy.serve()
    print(json.dumps(proxy.met, sort_keys=True), flush=True)


if __name__ == "__main__":
    main()
