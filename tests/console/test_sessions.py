from __future__ import annotations

import pytest

from lfr_batch.console import sessions
from lfr_batch.console.sessions import Sessions
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


def test_one_token_cannot_log_everybody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_OF_USER", 3)
    known, (other, _) = Sessions(), new_user("pc.2", "reviewer")
    secret = known.begin(other)
    own = [known.begin(USER) for _ in range(10)]
    assert known.user(secret) is other
    assert [known.user(each) for each in own] == [None] * 7 + [USER] * 3


def test_where_all_are_too_many_the_user_with_most_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 3)
    known, (other, _) = Sessions(), new_user("pc.2", "reviewer")
    first, *own = [known.begin(user) for user in (other, USER, USER)]
    last = known.begin(other)
    assert [known.user(each) for each in (first, *own, last)] == [other, None, USER, other]
