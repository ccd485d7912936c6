"""By what name the console is asked for, and what every answer says to the browser."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from lfr_batch.config.live import ConsoleConfig
from lfr_batch.console.desk import Desk
from lfr_batch.console.guard import HEADERS
from lfr_batch.errors import EngineError
from tests.console.made import Served, served
from tests.console.test_serve import self_signed
from tests.patience import PATIENCE_S

LOGIN = ("POST", "/login")


def asked(url: str, raw: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    """The answer to a request of one's own making."""
    parts = urlsplit(url)
    assert parts.hostname
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    connection.connect()
    connection.sock.sendall(raw.replace("\n", "\r\n").encode("latin-1"))
    answer = http.client.HTTPResponse(connection.sock)
    answer.begin()
    with connection.sock, answer:
        return answer.status, answer.headers, answer.read()


RAW = {
    "no HTTP": ("nonsense\n\n", 400),
    "no host": ("GET / HTTP/1.1\n\n", 400),
    "two hosts": ("GET / HTTP/1.1\nHost: 127.0.0.1\nHost: 127.0.0.1\n\n", 400),
    "an endless head": (f"GET / HTTP/1.1\nHost: 127.0.0.1\nX: {'x' * 20_000}", 400),
    "another's name": ("GET / HTTP/1.1\nHost: evil.example\n\n", 400),
    "an old request without a host": ("GET / HTTP/1.0\n\n", 400),
}


@pytest.mark.parametrize(("raw", "status"), RAW.values(), ids=RAW)
def test_what_is_no_request_to_it_is_answered_as_shut_in_as_all(
    raw: str, status: int, console: Served
) -> None:
    answered, headers, body = asked(console.url, raw)
    assert answered == status
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert b'{"error":' in body


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/static/console.css", {}, 200),
        ("GET", "/nothing", {}, 404),
        ("DELETE", "/login", {}, 405),
        ("POST", "/login", {"body": b"a" * 20_000}, 413),
        ("POST", "/login", {"body": iter([b"a" * 10_000] * 2)}, 413),
        ("POST", "/login", {"json": {}}, 422),
        ("POST", "/login", {"json": {"token": "wrong"}}, 401),
        ("GET", "/api/time", {}, 401),
    ],
)
def test_every_answer_is_shut_in(
    method: str, path: str, sent: dict[str, Any], status: int, console: Served
) -> None:
    answer = console.client().send(method, path, {"X-LFR-Console": "1"}, **sent)
    assert answer.status == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    ("fault", "status"), [(RuntimeError("of a router: secret"), 500), (EngineError("gone"), 503)]
)
def test_so_is_the_answer_of_a_console_that_fails(
    fault: Exception, status: int, console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise fault

    monkeypatch.setattr(Desk, "alerts", fails)
    answer = console.client("operator").ask("GET", "/api/alerts")
    assert answer.status == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert set(answer.json()) == {"error"}
    assert "secret" not in answer.json()["error"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:9999", 200),
        ("localhost", 200),
        ("LocalHost:8443", 200),
        ("van.example", 200),
        ("evil.example", 400),
        ("evil.van.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("127.0.0.1@evil.example", 400),
        ("evil.example#127.0.0.1", 400),
        ("127.0.0.2", 400),
        ("127.0.0.1:80:80", 400),
        ("127.0.0.1:123456", 400),
        ("", 400),
    ],
)
@pytest.mark.parametrize("path", ["/", "/login", "/static/console.css"])
def test_it_is_asked_for_by_its_names(host: str, status: int, path: str, named: Served) -> None:
    method = "POST" if path == "/login" else "GET"
    headers = {"Host": host, "X-LFR-Console": "1", "Content-Type": "application/json"}
    answer = named.client().send(
        method, path, headers, body=f'{{"token": "{named.tokens["operator"]}"}}'
    )
    assert answer.status == status
    if status != 200:
        assert "console.names" in answer.json()["error"]
        assert "Set-Cookie" not in answer.headers


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Any:
    config = ConsoleConfig(port=0, names=("Van.example",))
    with served(tmp_path_factory.mktemp("named"), config) as console:
        yield console


@pytest.mark.parametrize(
    "path", ["/static", "/static/", "/login/", "//evil.example/static", "/api/time/", "/\\evil"]
)
def test_nobody_is_sent_elsewhere(path: str, console: Served) -> None:
    status, headers, _ = asked(console.url, f"GET {path} HTTP/1.1\nHost: 127.0.0.1\n\n")
    assert status in {401, 404, 405}
    assert headers["Location"] is None


def test_a_certificates_names_are_names(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "console.pem", "van.example", "*.force.example")
    config = ConsoleConfig(port=0, certificate=str(certificate))
    with (
        served(tmp_path, config) as console,
        urllib3.PoolManager(ca_certs=str(certificate), retries=False) as pool,
    ):
        for host, status in (
            ("van.example", 200),
            ("any.force.example", 200),
            ("force.example", 400),
            ("a.b.force.example", 400),
            ("other.example", 400),
        ):
            assert pool.request("GET", console.url, headers={"Host": host}).status == status


def test_two_consoles_on_one_host_do_not_share_a_session(tmp_path: Path) -> None:
    with served(tmp_path / "one") as one, served(tmp_path / "two") as two:
        cookies = [each.client("operator").cookie for each in (one, two)]
        both = {"Cookie": "; ".join(cookies), "X-LFR-Console": "1"}
        assert len({cookie.partition("=")[0] for cookie in cookies}) == 2
        for each in (one, two):
            assert each.client().send("GET", "/api/time", both).status == 200
        ended = one.client().send("POST", "/logout", both)
        assert ended.status == 204
        assert cookies[1].partition("=")[0] not in ended.headers["Set-Cookie"]
        assert one.client().send("GET", "/api/time", both).status == 401
        assert two.client().send("GET", "/api/time", both).status == 200


def test_under_tls_no_other_host_can_set_the_cookie(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "console.pem")
    config = ConsoleConfig(port=0, certificate=str(certificate))
    own = {"X-LFR-Console": "1"}
    with (
        served(tmp_path, config) as console,
        urllib3.PoolManager(ca_certs=str(certificate), retries=False) as pool,
    ):
        token = {"token": console.tokens["operator"]}
        begun = pool.request("POST", f"{console.url}/login", json=token, headers=own)
        port = console.url.rpartition(":")[2]
        cookie = begun.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-lfr_console_{port}=")
        assert {"Secure", "Path=/", "HttpOnly"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        ended = pool.request(
            "POST", f"{console.url}/logout", headers={**own, "Cookie": cookie.partition(";")[0]}
        )
        # A browser refuses a deletion of such a cookie that lacks either.
        assert {"Secure", "Path=/"} <= set(ended.headers["Set-Cookie"].split("; "))
