from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lfr_batch.console.users import (
    load_users,
    login_link,
    make_user,
    remove_user,
    users_file,
)
from lfr_batch.errors import ConfigError, UsageError

HASH = "0" * 64


def test_a_token_opens_for_its_owner_alone(tmp_path: Path) -> None:
    tokens = {name: make_user(tmp_path, name, "reviewer") for name in ("pc.1", "pc.2")}
    users = load_users(tmp_path)
    found = {name: users.with_token(token) for name, token in tokens.items()}
    assert {name: user and user.name for name, user in found.items()} == {n: n for n in tokens}
    assert users.with_token(tokens["pc.1"][:-1]) is None
    assert users.with_token("") is None


def test_no_token_is_kept_and_the_file_is_its_owners(tmp_path: Path) -> None:
    tokens = [make_user(tmp_path, name, "auditor") for name in ("a", "b")]
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert users_file(tmp_path) in kept
    assert not any(token in path.read_text() for path in kept for token in tokens)
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert all(token not in repr(load_users(tmp_path)) for token in tokens)
    assert len({*tokens}) == 2
    assert min(map(len, tokens)) >= 43


def test_a_removed_user_is_gone_and_may_come_back(tmp_path: Path) -> None:
    token = make_user(tmp_path, "pc.1", "operator")
    with pytest.raises(UsageError, match=r"pc\.1 is there already"):
        make_user(tmp_path, "pc.1", "reviewer")
    remove_user(tmp_path, "pc.1")
    assert load_users(tmp_path).with_token(token) is None
    with pytest.raises(UsageError, match=r"there is no pc\.1"):
        remove_user(tmp_path, "pc.1")
    make_user(tmp_path, "pc.1", "reviewer")
    assert load_users(tmp_path).people[0].role == "reviewer"


@pytest.mark.parametrize("name", ["", " pc", "pc\n1", "x" * 61, "<b>", "pc:1"])
def test_what_cannot_be_a_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be a user's name"):
        make_user(tmp_path, name, "operator")
    assert not users_file(tmp_path).exists()


@pytest.mark.parametrize(
    "content",
    [
        "users: [",
        "[]",
        "users: [{name: a}]",
        f"users: [{{name: a, role: chief, token_sha256: '{HASH}'}}]",
        "users: [{name: a, role: operator, token_sha256: abc}]",
        f"users: [{{name: a, role: operator, token_sha256: '{HASH}', more: 1}}]",
        f"users: [{', '.join([f'{{name: a, role: operator, token_sha256: {HASH!r}}}'] * 2)}]",
        "users: [{name: 2026-01-01, role: operator}]",
    ],
)
def test_a_damaged_file_is_named(content: str, tmp_path: Path) -> None:
    users_file(tmp_path).parent.mkdir()
    users_file(tmp_path).write_text(content)
    with pytest.raises(ConfigError, match=r"users\.yaml is not a list of users"):
        load_users(tmp_path)


def test_a_links_token_is_in_no_request() -> None:
    assert login_link("http://127.0.0.1:8443", "abc") == "http://127.0.0.1:8443/#abc"
