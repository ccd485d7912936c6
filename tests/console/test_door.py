"""An attacker from outside, with sockets of his own: what he may hold, and for how long."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from lfr_batch.config.live import ConsoleConfig
from lfr_batch.console import door
from lfr_batch.console.door import longest_waiting
from lfr_batch.console.sources import source_of
from tests.console.made import Client, Served, served
from tests.console.test_serve import self_signed
from tests.live.receiver import eventually
from tests.patience import PATIENCE_S

HEAD = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-LFR-Console: 1\r\n"
BEGUN = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
    "half a body": HEAD + b"Content-Type: application/json\r\nContent-Length: 90\r\n\r\n{",
    "chunks without an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "a body to what is refused": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n",
    "an answered one": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


@pytest.fixture
def attack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., socket.socket]]:
    """Connects to a console, and disconnects at the end of the test."""
    monkeypatch.setattr(door, "REQUEST_S", 0.4)
    monkeypatch.setattr(door, "HANDSHAKE_S", 0.4)
    monkeypatch.setattr(door, "UNREAD_S", 0.4)
    with contextlib.ExitStack() as opened:

        def connect(url: str, sent: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
            parts = urlsplit(url)
            assert parts.hostname
            assert parts.port
            sock = socket.socket()
            opened.enter_context(sock)
            sock.settimeout(PATIENCE_S)
            sock.bind((source, 0))
            sock.connect((parts.hostname, parts.port))
            sock.sendall(sent)
            return sock

        yield connect


def is_left_to_wait(sock: socket.socket) -> bool:
    """Nothing has come and it is not closed."""
    return not select.select([sock], [], [], 0.0)[0]


def is_refused(sock: socket.socket) -> bool:
    """One that is not is closed again."""
    sock.settimeout(0.3)
    try:
        return read_to_the_end(sock) == b""
    except TimeoutError:
        sock.close()
        return False


def read_to_the_end(sock: socket.socket) -> bytes:
    """Raises TimeoutError where it does not end."""
    read = b""
    with contextlib.suppress(ConnectionError):
        while chunk := sock.recv(65_536):
            read += chunk
    return read


@pytest.mark.parametrize("sent", BEGUN.values(), ids=BEGUN)
def test_who_does_not_come_to_the_point_is_shown_out(
    sent: bytes, console: Served, attack: Callable[..., socket.socket]
) -> None:
    read_to_the_end(attack(console.url, sent))
    assert console.client("operator").ask("GET", "/api/time").status == 200


def test_a_letter_now_and_then_winds_nothing_up_again(
    console: Served, attack: Callable[..., socket.socket]
) -> None:
    sock, over = attack(console.url, BEGUN["half a head"]), Event()

    def dribble() -> None:
        with contextlib.suppress(OSError):
            while not over.wait(0.05):
                sock.sendall(b"a")

    dribbling = Thread(target=dribble)
    dribbling.start()
    try:
        assert read_to_the_end(sock) == b""
    finally:
        over.set()
        dribbling.join()


def test_a_handshake_without_an_end_has_one(
    tmp_path: Path, attack: Callable[..., socket.socket]
) -> None:
    with sealed(tmp_path) as console:
        assert read_to_the_end(attack(console.url)) == b""
        assert read_to_the_end(attack(console.url, b"\x16\x03\x01\x02\x00\x01")) == b""


def test_who_takes_no_answers_gets_no_more_of_them(
    console: Served, attack: Callable[..., socket.socket]
) -> None:
    sock = attack(console.url)
    hung_up = select.poll()
    hung_up.register(sock, select.POLLHUP | select.POLLERR)
    request = b"GET /static/console.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    sock.setblocking(False)
    until_s = time.monotonic() + PATIENCE_S
    while not hung_up.poll(10):
        assert time.monotonic() < until_s
        with contextlib.suppress(OSError):
            sock.send(request * 10)


def test_what_is_no_http_does_not_fill_the_log(
    console: Served, attack: Callable[..., socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        assert b" 400 " in read_to_the_end(attack(console.url, b"nonsense\r\n\r\n"))
    assert caplog.messages == ["what 127.0.0.1 sends is no HTTP: Invalid HTTP request received."]


@pytest.mark.parametrize("with_tls", [False, True])
def test_half_open_connections_of_one_source_take_nobody_elses_place(
    with_tls: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    attack: Callable[..., socket.socket],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(door, "REQUEST_S", 3600.0)
    monkeypatch.setattr(door, "HANDSHAKE_S", 3600.0)
    monkeypatch.setattr(door, "MOST_OF_SOURCE", 4)
    monkeypatch.setattr(door, "MOST", 6)
    with sealed(tmp_path) if with_tls else served(tmp_path) as console:
        mine = attack(console.url, source="127.0.0.2")
        half_open = [attack(console.url, b"\x16" if with_tls else b"G") for _ in range(12)]
        for shown_out in half_open[:8]:
            assert read_to_the_end(shown_out) == b""
        assert all(map(is_left_to_wait, half_open[8:]))
        also_mine = attack(console.url, source="127.0.0.2")
        third = attack(console.url, source="127.0.0.2")
        assert read_to_the_end(half_open[8]) == b""
        assert all(map(is_left_to_wait, [mine, also_mine, third, *half_open[9:]]))
        said = [each for each in caplog.messages if "as many connections as it may" in each]
        assert len(said) == 1


def test_who_is_being_answered_is_not_shown_out(
    console: Served, monkeypatch: pytest.MonkeyPatch, attack: Callable[..., socket.socket]
) -> None:
    monkeypatch.setattr(door, "MOST_OF_SOURCE", 3)
    screen = console.client("operator").events()
    screen.next("beat")
    for _ in range(20):
        attack(console.url, b"G")
    for _ in range(3):
        assert console.client().ask("GET", "/").status == 200
    screen.next("beat")


def test_where_all_are_being_answered_the_next_one_is_not(
    console: Served, monkeypatch: pytest.MonkeyPatch, attack: Callable[..., socket.socket]
) -> None:
    monkeypatch.setattr(door, "REQUEST_S", 3600.0)
    screens = [console.client(name).events() for name in ("operator", "reviewer")]
    for screen in screens:
        screen.next("beat")
    monkeypatch.setattr(door, "MOST_OF_SOURCE", 2)
    for left in ("operator", "reviewer"):  # connections for their log-ins, which are kept alive
        console.client(left)._pool.clear()
    assert eventually(lambda: is_refused(attack(console.url)))
    assert [screen.next("beat")["event"] for screen in screens] == ["beat", "beat"]


@dataclass(frozen=True)
class Guest:
    source: str
    waiting_since_s: float | None


@pytest.mark.parametrize(
    ("visits", "first"),
    [
        ([], None),
        ([Guest("a", None)], None),
        ([Guest("a", 2.0), Guest("a", 1.0)], Guest("a", 1.0)),
        ([Guest("a", 1.0), Guest("b", 2.0), Guest("b", 3.0)], Guest("b", 2.0)),
        ([Guest("a", 1.0), Guest("b", None), Guest("b", None)], Guest("a", 1.0)),
        ([Guest("a", 1.0), Guest("b", None), Guest("b", 5.0)], Guest("b", 5.0)),
    ],
)
def test_of_the_source_with_most_the_longest_waiting_goes(
    visits: list[Guest], first: Guest | None
) -> None:
    assert longest_waiting(visits) == first


@contextlib.contextmanager
def sealed(folder: Path) -> Iterator[Served]:
    certificate = self_signed(folder / "console.pem")
    with served(folder, ConsoleConfig(port=0, certificate=str(certificate))) as console:
        yield console


def test_a_finished_handshake_leads_to_the_console(tmp_path: Path) -> None:
    with sealed(tmp_path) as console:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "console.pem"))
        host, port = console.url.rpartition("/")[2].split(":")
        with (
            socket.create_connection((host, int(port))) as plain,
            trusting.wrap_socket(plain, server_hostname=host) as sock,
        ):
            sock.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert read_to_the_end(sock).startswith(b"HTTP/1.1 200")


def test_a_client_that_asks_again_and_again_stays(console: Served) -> None:
    client: Client = console.client("operator")
    assert [client.ask("GET", "/api/time").status for _ in range(50)] == [200] * 50


def test_a_connection_that_fails_does_not_shut_the_door(
    console: Served,
    attack: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = source_of
    met: list[str] = []

    def fails_once(address: str) -> str:
        met.append(address)
        if len(met) == 1:
            raise ValueError("an address like no other")
        return known(address)

    monkeypatch.setattr(door, "source_of", fails_once)
    assert read_to_the_end(attack(console.url)) == b""
    assert console.client().ask("GET", "/").status == 200
