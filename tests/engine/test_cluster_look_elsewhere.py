"""What is no Ray, and what is on another machine."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server
from threading import Thread
from time import monotonic

import pytest

from lfr_batch.engine import cluster_look
from lfr_batch.engine.cluster_facts import GIVE_UP_S
from lfr_batch.engine.cluster_look import state_of
from lfr_batch.engine.cluster_state import why_not_live

ELSEWHERE, HERE = "192.0.2.7", "127.0.0.1"
"""The former is nobody's (RFC 5737)."""


class Anybody(BaseHTTPRequestHandler):
    """A dashboard that answers whoever asks."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def dashboard() -> Iterator[str]:
    with HTTPServer((HERE, 0), Anybody) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"{HERE}:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    state_of.cache_clear()
    yield
    state_of.cache_clear()


def test_who_takes_the_call_and_says_nothing_is_not_waited_for() -> None:
    """As another program's port does. It counts as open: live mode does not run there."""
    with create_server((HERE, 0)) as mute:
        begun_s = monotonic()
        state = state_of(f"{HERE}:{mute.getsockname()[1]}")
        assert monotonic() - begun_s < GIVE_UP_S + 20.0  # Ray is imported meanwhile
    assert (state.asks_for_token, state.ray_version) == (None, None)
    assert "It cannot be told whether" in (why_not_live(state) or "")


@pytest.mark.parametrize(("head", "is_seen"), [(HERE, True), (ELSEWHERE, False)])
def test_the_dashboard_of_another_machine_is_not_sought_at_this_one(
    dashboard: str, monkeypatch: pytest.MonkeyPatch, head: str, is_seen: bool
) -> None:
    told = {"session": "session_1", "ray": "{}", "dashboard": dashboard}
    monkeypatch.setattr(cluster_look, "_asked", lambda *_: told)
    assert state_of(f"{head}:6379").dashboard == (dashboard if is_seen else None)
