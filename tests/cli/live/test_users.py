from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfr_batch.cli.app import main
from lfr_batch.console.users import load_users


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    return tmp_path


def live_user(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["live-user", *words])
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


def test_a_user_is_added_listed_and_removed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nobody yet" in live_user(capsys, "list")[1]
    code, token, said = live_user(capsys, "add", "pc.1234", "--role", "reviewer")
    assert code == 0
    assert "pc.1234 logs in as reviewer" in said
    user = load_users(home).with_token(token.strip())
    assert user is not None
    assert (user.name, user.role) == ("pc.1234", "reviewer")
    assert "pc.1234" in live_user(capsys, "list")[1]
    listed = json.loads(live_user(capsys, "list", "--json")[1])
    assert listed == [{"name": "pc.1234", "role": "reviewer"}]
    assert live_user(capsys, "remove", "pc.1234")[0] == 0
    assert load_users(home).people == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "pc.1", "--role", "chief"], "there is no role 'chief': choose operator, reviewer"),
        (["add", "pc.1"], "--role"),
        (["add", "<pc>", "--role", "auditor"], "cannot be a user's name"),
        (["remove", "pc.1"], "there is no pc.1 among the users"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, told = live_user(capsys, *words)
    assert code == 2
    assert out == ""
    assert said in told
    assert told.count("\n") == 1
