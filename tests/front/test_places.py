from __future__ import annotations

import os
from pathlib import Path

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.front.places import from_anywhere, home, results_root
from lfr_batch.front.settings import Settings


@pytest.mark.parametrize(("said", "expected"), [("x", "x"), ("", "lfr-data"), (None, "lfr-data")])
def test_home_is_what_is_said_or_beside_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str | None, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LFR_HOME", raising=False)
    if said is not None:
        monkeypatch.setenv("LFR_HOME", said)
    assert home() == tmp_path / expected


def test_a_home_in_a_bucket_is_no_folder_called_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFR_HOME", "s3://bucket/home")
    with pytest.raises(UsageError, match=r"^LFR_HOME is s3://bucket/home, .* in a folder"):
        home()
    with pytest.raises(UsageError, match=r"^home is s3://bucket/mine, "):
        Settings(home="s3://bucket/mine").home_folder  # noqa: B018 - asked for to be refused


@pytest.mark.parametrize(
    ("given", "configured", "environment", "expected"),
    [
        ("given", "configured", "environment", "given"),
        (None, "configured", "environment", "configured"),
        (None, None, "environment", "environment"),
        (None, None, "", "lfr-data/results"),
        ("s3://bucket/x", "configured", "environment", "s3://bucket/x"),
    ],
)
def test_where_results_go(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    given: str | None,
    configured: str | None,
    environment: str,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LFR_HOME", raising=False)
    monkeypatch.setenv("LFR_RESULTS", environment)
    there = expected if "://" in expected else str(tmp_path / expected)
    assert results_root(given, configured) == there


def test_results_without_a_word_are_in_the_home_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    monkeypatch.setenv("LFR_HOME", str(tmp_path / "other"))
    assert results_root(None, None, tmp_path / "mine") == str(tmp_path / "mine" / "results")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a/../b*.mp4", "{here}/b*.mp4"), ("/x", "/x"), ("s3://b/p", "s3://b/p")],
)
def test_footage_is_named_as_found_from_anywhere(text: str, expected: str) -> None:
    assert from_anywhere(text) == expected.format(here=os.getcwd())  # noqa: PTH109
