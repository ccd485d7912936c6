from __future__ import annotations

import hmac
import logging

import pytest

from lfr_batch.console import logins, users
from lfr_batch.console.logins import (
    FAILURES,
    NO_TOKEN,
    WITHIN_S,
    Failures,
    LoginTry,
    beginning_of,
    log_login,
    try_login,
)
from lfr_batch.console.users import Users, new_user

USER, TOKEN = new_user("pc.1", "operator")
OTHER, OTHER_TOKEN = new_user("pc.2", "reviewer")
USERS = Users((USER, OTHER))


def tried(failures: Failures, token: str, source: str = "10.0.0.1") -> LoginTry:
    return try_login(USERS, failures, token, source)


def test_a_right_token_always_enters_and_clears_nothing_for_wrong_ones() -> None:
    failures = Failures()
    for number in range(3 * FAILURES):
        assert tried(failures, f"wrong {number}").user is None
    assert tried(failures, TOKEN) == LoginTry("pc.1", "10.0.0.1", USER)
    assert not tried(failures, "wrong").is_heard


def test_wrong_ones_wait_by_where_they_come_from_and_others_do_not() -> None:
    failures = Failures()
    for number in range(FAILURES):
        heard = tried(failures, f"{number:043}")
        assert heard.is_heard
    assert 0.0 < heard.wait_s <= WITHIN_S
    assert not tried(failures, "y" * 43).is_heard
    assert tried(failures, "y" * 43, "10.0.0.2").is_heard


def test_wrong_ones_wait_by_their_beginning_wherever_they_come_from() -> None:
    failures = Failures()
    for number in range(FAILURES):
        assert tried(failures, f"abcd{number:039}", f"10.0.1.{number}").is_heard
    refused = tried(failures, "abcd" + "z" * 39, "10.0.2.1")
    assert (refused.who, refused.is_heard) == ("abcd", False)
    assert tried(failures, "abce" + "z" * 39, "10.0.2.1").is_heard


def test_what_is_no_token_has_no_beginning_that_others_share() -> None:
    failures = Failures()
    for number in range(3 * FAILURES):
        assert tried(failures, "guess", f"10.0.1.{number}").is_heard


def test_the_wait_is_over_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = Failures()
    for _ in range(FAILURES):
        tried(failures, "wrong")
    monkeypatch.setattr(logins, "WITHIN_S", 0.0)
    assert tried(failures, "wrong").is_heard


def test_many_sources_and_tokens_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "MOST_KEYS", 5)
    failures = Failures()
    for number in range(50):
        tried(failures, f"{number:04}" + "x" * 39, f"10.0.0.{number}")
    assert len(failures._times) == 5


def test_who_goes_on_failing_is_not_forgotten_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "MOST_KEYS", 6)
    failures = Failures()
    for number in range(FAILURES):
        tried(failures, f"{number:04}" + "x" * 39, "10.0.0.1")
        tried(failures, f"{number:04}" + "y" * 39, f"10.0.1.{number}")
    assert not tried(failures, "wrong", "10.0.0.1").is_heard


@pytest.mark.parametrize("token", ["correct horse battery", "", "a" * 42, "a" * 44, "\u00e4" * 43])
def test_what_is_no_token_is_not_even_begun_to_be_told(token: str) -> None:
    assert beginning_of(token) == NO_TOKEN


def test_every_token_is_compared_with_everybodys_in_constant_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[str] = []
    known_same = hmac.compare_digest

    def compare(known: str, given: str) -> bool:
        compared.append(known)
        return known_same(known, given)

    monkeypatch.setattr(users.hmac, "compare_digest", compare)  # type: ignore[attr-defined]
    failures = Failures()
    for token in (TOKEN, OTHER_TOKEN, "wrong", *["wrong"] * FAILURES, "waits"):
        compared.clear()
        tried(failures, token)
        assert compared == [USER.token_sha256, OTHER.token_sha256]


def test_they_are_logged_and_not_without_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    failures = Failures()
    for _ in range(10 * FAILURES):
        log_login(tried(failures, "abcd" + "z" * 39))
    log_login(tried(failures, TOKEN))
    assert len(caplog.messages) == FAILURES + 1
    assert caplog.messages[0] == "a wrong token from 10.0.0.1 (abcd)"
    assert "for 60 s further wrong ones" in caplog.messages[-2]
    assert caplog.messages[-1] == "pc.1 logged in from 10.0.0.1"
    assert TOKEN not in caplog.text
    assert "zzzz" not in caplog.text
