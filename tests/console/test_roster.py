from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.console.roster import Roster, roster_for_deployment
from lfr_batch.console.users import make_user, remove_user, users_file
from lfr_batch.errors import ConfigError
from tests.console.made import Served, now_alert


def names(roster: Roster) -> list[str]:
    return [user.name for user in roster.now().people]


def test_who_is_added_or_removed_is_so_at_once(tmp_path: Path) -> None:
    make_user(tmp_path, "pc.1", "reviewer")
    roster = Roster(tmp_path)
    token = make_user(tmp_path, "pc.2", "operator")
    assert names(roster) == ["pc.1", "pc.2"]
    user = roster.now().with_token(token)
    assert user is not None
    assert roster.now().knows(user)
    remove_user(tmp_path, "pc.2")
    assert names(roster) == ["pc.1"]
    assert not roster.now().knows(user)
    make_user(tmp_path, "pc.2", "operator")
    assert not roster.now().knows(user), "of that name, and another person for all we know"
    remove_user(tmp_path, "pc.1")
    remove_user(tmp_path, "pc.2")
    assert names(roster) == []


@pytest.mark.parametrize("content", ["users: [", "users: [{name: a}]", "\udcff", None])
def test_a_file_that_is_damaged_meanwhile_locks_nobody_out(
    content: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_user(tmp_path, "pc.1", "reviewer")
    caplog.clear()
    roster, path = Roster(tmp_path), users_file(tmp_path)
    kept = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    for _ in range(3):
        assert names(roster) == ["pc.1"]
    assert len(caplog.records) == 1, "it is said once, not at each request"
    assert "those who were in it stay" in caplog.text
    path.write_bytes(kept)
    make_user(tmp_path, "pc.2", "operator")
    assert names(roster) == ["pc.1", "pc.2"]


def test_a_file_that_is_damaged_to_begin_with_is_refused(tmp_path: Path) -> None:
    users_file(tmp_path).parent.mkdir()
    users_file(tmp_path).write_text("users: [")
    with pytest.raises(ConfigError, match=r"users\.yaml is not a list of users"):
        roster_for_deployment(tmp_path)


def test_where_nobody_is_known_a_deployment_gets_two_of_its_own(tmp_path: Path) -> None:
    roster, tokens = roster_for_deployment(tmp_path)
    assert {user.name: user.role for user in roster.now().people} == {
        "operator": "operator",
        "reviewer": "reviewer",
    }
    assert not users_file(tmp_path).exists()
    added = make_user(tmp_path, "pc.1", "reviewer")
    remove_user(tmp_path, "pc.1")
    again = make_user(tmp_path, "pc.1", "auditor")
    known = [bool(roster.now().with_token(token)) for token in (*tokens.values(), added, again)]
    assert known == [True, True, False, True]
    roster, tokens = roster_for_deployment(tmp_path)
    assert names(roster) == ["pc.1"]
    assert tokens == {}


def test_who_is_removed_is_logged_out_of_a_deployment_that_runs(
    tmp_path: Path, console: Served
) -> None:
    token = make_user(tmp_path, "pc.1", "reviewer")
    client, other = console.client(), console.client("operator")
    client.login(token)
    screen, stays = client.events(), other.events()
    assert client.get("/api/session")["name"] == "pc.1"
    screen.next("beat")
    remove_user(tmp_path, "pc.1")
    assert client.ask("GET", "/api/session").status == 401
    assert client.ask("POST", "/login", {"token": token}).status == 401
    with pytest.raises(EOFError):
        screen.next("the end")
    assert stays.next("beat")
    assert other.get("/api/session")["name"] == "operator"


def test_what_happens_after_somebody_was_removed_is_not_told_to_them(
    tmp_path: Path, console: Served
) -> None:
    client = console.client()
    client.login(make_user(tmp_path, "pc.1", "auditor"))
    screen = client.events()
    screen.next("beat")
    remove_user(tmp_path, "pc.1")
    console.router.raise_alert(now_alert())
    with pytest.raises(EOFError):
        screen.next("alert")


def test_who_gets_another_role_has_to_log_in_anew(tmp_path: Path, console: Served) -> None:
    client = console.client()
    client.login(make_user(tmp_path, "pc.1", "reviewer"))
    remove_user(tmp_path, "pc.1")
    token = make_user(tmp_path, "pc.1", "auditor")
    assert client.ask("GET", "/api/session").status == 401
    client.login(token)
    assert client.get("/api/session")["role"] == "auditor"
    assert client.get("/api/reviews") == []
