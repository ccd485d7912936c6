from __future__ import annotations

import pytest

from lfr_batch.console import sessions
from lfr_batch.console.sessions import LoginLimit, Sessions
from lfr_batch.console.users import new_user

USER, _ = new_user("pc.1", "operator")


def test_a_session_lasts_until_it_is_ended() -> None:
    known = Sessions()
    first, second = known.begin(USER), known.begin(USER)
    assert known.user(first) is known.user(second) is USER
    known.end(first)
    assert known.user(first) is None
    assert known.user(second) is USER
    assert known.user("made up") is None
    assert second not in repr(known)


def test_a_session_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SESSION_S", 0.0)
    known = Sessions()
    assert known.user(known.begin(USER)) is None


def test_where_there_are_too_many_the_oldest_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 2)
    known = Sessions()
    secrets = [known.begin(USER) for _ in range(3)]
    assert [known.user(secret) for secret in secrets] == [None, USER, USER]


def test_who_fails_too_often_waits_and_others_do_not() -> None:
    limit = LoginLimit()
    for _ in range(sessions.FAILURES):
        assert limit.wait_s("10.0.0.1") == 0.0
        limit.failed("10.0.0.1")
    assert 0.0 < limit.wait_s("10.0.0.1") <= sessions.WITHIN_S
    assert limit.wait_s("10.0.0.2") == 0.0


def test_the_wait_is_over_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "WITHIN_S", 0.0)
    limit = LoginLimit()
    for _ in range(sessions.FAILURES):
        limit.failed("10.0.0.1")
    assert limit.wait_s("10.0.0.1") == 0.0


def test_many_clients_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_CLIENTS", 3)
    limit = LoginLimit()
    for number in range(10):
        limit.failed(f"10.0.0.{number}")
    assert len(limit._failures) == 3
