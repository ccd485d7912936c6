"""What is on record of a console: who logged in, who was refused, whose pictures they looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.console.journal import MOST_REFUSALS, Journal, mark_of
from lfr_batch.console.logins import NO_TOKEN, LoginTry
from lfr_batch.console.users import make_user, new_user, remove_user
from lfr_batch.errors import StoreFull
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from tests.console.made import Served, now_alert
from tests.live.made import DEPLOYMENT
from tests.live.receiver import eventually

WHAT_WAS_TYPED = "hunter2-and-the-rest-of-a-secret"


def events(home: Path, event: str) -> list[dict[str, Any]]:
    return [line for line in audit.entries(home) if line["event"] == event]


def home_of(console: Served) -> Path:
    home: Path = console.app.state.console.journal.home
    return home


def test_who_logged_in_and_who_was_refused_is_on_record_without_a_token(console: Served) -> None:
    assert console.client(None).ask("POST", "/login", {"token": WHAT_WAS_TYPED}).status == 401
    console.client("reviewer")
    (line,) = events(home_of(console), "console.logged_in")
    assert (line["name"], line["role"], line["source"]) == ("reviewer", "reviewer", "127.0.0.1")
    (refused,) = events(home_of(console), "console.refused")
    assert (refused["source"], refused["token_mark"]) == ("127.0.0.1", mark_of(NO_TOKEN))
    text = audit.audit_log(home_of(console)).read_text()
    for token in (WHAT_WAS_TYPED, WHAT_WAS_TYPED[:6], *console.tokens.values()):
        assert token not in text
    verify(home_of(console))


def test_whoever_looked_at_an_alert_is_on_record_once(console: Served) -> None:
    for number in range(2):
        console.router.raise_alert(now_alert(number))
    for role, alert_id, picture in (
        ("operator", "a0000", "best_shot"),
        ("operator", "a0000", "gallery"),
        ("operator", "a0000", "gallery"),
        ("auditor", "a0000", "gallery"),
        ("operator", "a0001", "best_shot"),
    ):
        path = f"/api/alerts/{alert_id}/{picture}.jpg"
        assert console.client(role).ask("GET", path).status == 200
    assert console.client("operator").ask("GET", "/api/alerts/a0009/gallery.jpg").status == 404
    assert eventually(lambda: len(events(home_of(console), "alert.viewed")) == 3)
    seen = {(each["name"], each["alert_id"]) for each in events(home_of(console), "alert.viewed")}
    assert seen == {("operator", "a0000"), ("auditor", "a0000"), ("operator", "a0001")}


def test_however_many_are_refused_the_log_has_a_few_lines_and_their_number(tmp_path: Path) -> None:
    journal = Journal(tmp_path, {"deployment_id": DEPLOYMENT})
    for number in range(MOST_REFUSALS + 50):
        journal.heard(LoginTry("abcd", "192.0.2.7", None, is_heard=number > 4))
    assert len(events(tmp_path, "console.refused")) == MOST_REFUSALS
    journal.close()
    assert events(tmp_path, "console.refused")[-1]["not_listed_before"] == 45
    assert events(tmp_path, "console.refused")[0]["not_listed_before"] == 5


def test_a_log_that_cannot_be_written_to_keeps_nobody_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    audit.record(tmp_path, "test", [{}])
    audit.audit_log(tmp_path).unlink()
    user, _ = new_user("jane", "operator")
    Journal(tmp_path, {"deployment_id": DEPLOYMENT}).heard(LoginTry(user.name, "192.0.2.7", user))
    assert "the audit log has no line of console.logged_in" in caplog.text


def test_what_the_log_had_no_room_for_is_on_record_when_they_look_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, _ = new_user("jane", "operator")
    journal = Journal(tmp_path, {"deployment_id": DEPLOYMENT})

    def full(*_: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as trouble:
        trouble.setattr(audit, "record", full)
        journal.viewed(user, alert_id="a0000")
    for _ in range(2):
        journal.viewed(user, alert_id="a0000")
    (line,) = events(tmp_path, "alert.viewed")
    assert (line["name"], line["alert_id"]) == ("jane", "a0000")


def test_who_may_log_in_is_on_record_with_who_said_so(tmp_path: Path) -> None:
    token = make_user(tmp_path, "jane", "reviewer", "sgt.b")
    remove_user(tmp_path, "jane", "sgt.c")
    added, removed = audit.entries(tmp_path)
    assert (added["event"], added["name"], added["role"], added["by"]) == (
        "user.added", "jane", "reviewer", "sgt.b",
    )  # fmt: skip
    assert (removed["event"], removed["name"], removed["by"]) == ("user.removed", "jane", "sgt.c")
    assert token not in json.dumps([added, removed])
