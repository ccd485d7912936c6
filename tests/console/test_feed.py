from __future__ import annotations

import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest

from lfr_batch.console import event_stream, feed
from lfr_batch.console.access import Console
from lfr_batch.console.feed import Feed, Note, Screen, to_leave
from lfr_batch.errors import EngineError
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.records import Alert
from tests.console.made import Client, Served, camera_health, now_alert
from tests.live.made import a_review
from tests.live.receiver import eventually

REVIEW = {"verdict": "no_match", "reason": "Features differ"}


def feed_of(console: Served) -> Feed:
    inside: Console = console.app.state.console
    return inside.feed


def test_an_alert_and_what_is_done_about_it_reach_every_screen(console: Served) -> None:
    screens = [console.client(role).events() for role in ("operator", "auditor")]
    for screen in screens:
        screen.next("beat")
    console.router.raise_alert(now_alert(3))
    told = [screen.next("alert") for screen in screens]
    assert [each["data"]["subject_id"] for each in told] == ["S003", "S003"]
    assert told[0]["id"] == told[1]["id"]
    assert "jpeg" not in str(told)
    console.client("operator").ask("POST", "/api/alerts/a0003/acknowledge")
    assert screens[1].next("alert")["data"]["acknowledged"]["by"] == "operator"
    console.client("reviewer").ask("POST", "/api/alerts/a0003/reviews", REVIEW)
    assert screens[1].next("alert")["data"]["review"]["verdict"] == "no_match"


def test_an_alert_that_could_not_be_told_of_at_once_is_told_of_later(
    console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = console.client("operator").events()
    screen.next("beat")
    answers, failed = console.router.known, Event()

    def fails_once(alert_id: str) -> Alert | None:
        if not failed.is_set():
            failed.set()
            raise EngineError("a part of the deployment does not answer")
        return answers(alert_id)

    monkeypatch.setattr(console.router, "known", fails_once)
    console.router.raise_alert(now_alert(3))
    assert screen.next("alert")["data"]["subject_id"] == "S003"
    assert failed.is_set()


def test_the_status_follows_by_itself(console: Served) -> None:
    screen = console.client("operator").events()
    first = screen.next("status")["data"]
    assert {camera["state"] for camera in first["cameras"]} == {"unheard"}
    assert first["may_be_decided"] is True
    console.router.report_health(camera_health("north", state="stalled"))
    told = screen.next("status")["data"]
    while told["cameras"][0]["state"] == "unheard":
        told = screen.next("status")["data"]
    assert told["cameras"][0]["state"] == "stalled"


def test_a_screen_that_comes_back_is_told_what_it_missed(console: Served) -> None:
    first = console.client("operator").events()
    first.next("beat")
    console.router.raise_alert(now_alert(1))
    last = first.next("alert")["id"]
    first.response.close()
    console.router.raise_alert(now_alert(2))
    console.router.raise_alert(now_alert(3))
    console.router.review(_review("a0001", console))
    again = console.client("operator").events(last_event_id=last)
    told = [again.next("alert") for _ in range(3)]
    assert [each["data"]["alert_id"] for each in told] == ["a0002", "a0003", "a0001"]
    assert told[2]["data"]["review"]["verdict"] == "match"
    assert sorted(told, key=lambda each: int(each["id"])) == told
    console.router.raise_alert(now_alert(4))
    assert again.next("alert")["data"]["alert_id"] == "a0004"


def _review(alert_id: str, console: Served) -> Any:
    return a_review(alert_id, deployment_id=console.deployment.deployment_id)


@pytest.mark.parametrize("last_event_id", ["nonsense", "-1", "9" * 30])
def test_a_made_up_last_event_is_no_harm(last_event_id: str, console: Served) -> None:
    console.router.raise_alert(now_alert())
    screen = console.client("operator").events(last_event_id)
    assert screen.response.status == 200
    assert screen.next("beat", "alert")["event"] == "beat"


def test_a_quiet_stream_gives_signs_of_life(
    console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "BEAT_S", 0.05)
    monkeypatch.setattr(feed, "STATUS_EVERY_S", 60.0)
    screen = console.client("operator").events()
    beats = [screen.next("beat")["data"] for _ in range(3)]
    assert beats[0]["now"] < beats[2]["now"]
    assert beats[0]["silent_s"] < 5.0


def test_a_session_that_ends_ends_its_stream(
    console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "BEAT_S", 0.05)
    client = console.client("operator")
    screen = client.events()
    screen.next("beat")
    client.ask("POST", "/logout")
    assert screen.next("end")["data"] == {"reason": "session"}
    with pytest.raises(EOFError):
        screen.next("nothing")


def test_a_screen_that_leaves_is_forgotten(
    console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "BEAT_S", 0.05)
    screen = console.client("operator").events()
    screen.next("beat")
    assert len(feed_of(console)._screens) == 1
    screen.response.close()
    assert eventually(lambda: len(feed_of(console)._screens) == 0)


def test_a_screen_that_takes_nothing_is_let_go_and_others_go_on(
    console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "SLOW_S", 0.3)
    good = console.client("operator").events()
    good.next("beat")
    with closing(_deaf(console.url, console.client("auditor"))):
        assert eventually(lambda: len(feed_of(console)._screens) == 2)
        large = Note("large", '"' + "x" * 100_000 + '"')
        told = 0
        for _ in range(400):
            feed_of(console)._tell(large)
            told += len(good.next("large")["data"])
            if len(feed_of(console)._screens) == 1:
                break
        assert eventually(lambda: len(feed_of(console)._screens) == 1)
    console.router.raise_alert(now_alert())
    assert good.next("alert")["data"]["alert_id"] == "a0000"
    assert told >= 100_000


def _deaf(url: str, client: Client) -> socket.socket:
    """A browser that asks for the events and reads none."""
    parts = urlsplit(url)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((parts.hostname, parts.port))
    deaf.sendall(
        f"GET /events HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {client.cookie}\r\n\r\n".encode()
    )
    return deaf


def test_one_cookie_cannot_shut_everybody_else_out(console: Served) -> None:
    """All the streams there are, twice, with the cookie of one session."""
    taken = [console.client("auditor").events() for _ in range(2 * feed.MOST_SCREENS)]
    for screen in taken[: -feed.MOST_OF_SESSION]:
        assert screen.next("end")["data"] == {"reason": "elsewhere"}
        with pytest.raises(EOFError):
            screen.next("nothing")
    others = [console.client(name).events() for name in ("operator", "reviewer", "colleague")]
    console.router.raise_alert(now_alert(3))
    for screen in (*others, *taken[-feed.MOST_OF_SESSION :]):
        assert screen.next("alert")["data"]["subject_id"] == "S003"
    assert len(feed_of(console)._screens) == 3 + feed.MOST_OF_SESSION


def test_nor_can_one_token(console: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_OF_USER", 4)
    with ExitStack() as browsers:
        sessions = []
        for _ in range(6):
            client = browsers.enter_context(closing(Client(console.url)))
            client.login(console.tokens["auditor"])
            sessions.append(client)
        taken = [client.events() for client in sessions]
        for screen in taken[:2]:
            assert screen.next("end")["data"] == {"reason": "elsewhere"}
        for screen in (*taken[2:], console.client("operator").events()):
            assert screen.next("beat")


def test_where_every_screen_is_another_users_only_one_a_further_one_waits(
    console: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_SCREENS", 1)
    first = console.client("operator").events()
    first.next("beat")
    refused = console.client("reviewer").ask("GET", "/events")
    assert refused.status == 503
    assert "too many screens" in refused.json()["error"]
    first.next("beat")


def screens_of(*whose: str) -> list[Screen]:
    """Of 'ab' user a, session b."""
    return [Screen(each[0], each.encode()) for each in whose]


@pytest.mark.parametrize(
    ("there", "comes", "leaves"),
    [
        ((), "a1", ()),
        (("a1",), "a1", ()),
        (("a1", "b1", "a1"), "a1", (0,)),
        (("a2", "a1", "a1"), "a1", (1,)),
        (("a2", "a1", "a3"), "a4", (0,)),
        (("a2", "a1", "a1"), "a4", (1,)),
        (("b1", "a1", "a2", "c1"), "c2", (1,)),
        (("b1", "a1", "a2", "b2"), "c1", (0,)),
        (("b1", "a1", "a2", "b2"), "a3", (1,)),
        (("a1", "b1", "c1", "d1"), "e1", None),
        (("a1", "b1", "c1", "d1"), "d2", (3,)),
    ],
)
def test_who_leaves_for_whom(
    there: tuple[str, ...],
    comes: str,
    leaves: tuple[int, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for limit, most in (("MOST_SCREENS", 4), ("MOST_OF_USER", 3), ("MOST_OF_SESSION", 2)):
        monkeypatch.setattr(feed, limit, most)
    screens = screens_of(*there)
    leaving = to_leave(screens, comes[0], comes.encode())
    assert leaving == (None if leaves is None else tuple(screens[each] for each in leaves))


class SilentRouter(Router):
    """As when the router's process was killed: no answer until it is back."""

    silent = True

    def events(self, after: int, timeout_s: float) -> Any:
        if SilentRouter.silent:
            time.sleep(0.01)
            raise EngineError("a part of the deployment does not answer (ActorDiedError)")
        return super().events(after, timeout_s)


def test_a_router_that_is_gone_is_said_and_its_return_is_noticed(console: Served) -> None:
    console.router.__class__ = SilentRouter
    screen = console.client("operator").events()
    told = screen.next("trouble")["data"]
    assert told["text"] == "a part of the deployment does not answer"
    assert [part["name"] for part in told["parts"]] == ["router", "analyst", "north", "south"]
    console.router.raise_alert(now_alert())
    SilentRouter.silent = False
    assert screen.next("alert")["data"]["alert_id"] == "a0000"


def test_what_was_there_before_is_not_news(tmp_path: Path, console: Served) -> None:
    console.router.raise_alert(now_alert(1))
    screen = console.client("operator").events()
    screen.next("status")
    console.router.raise_alert(now_alert(2))
    assert screen.next("alert")["data"]["alert_id"] == "a0002"
