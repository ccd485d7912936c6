from __future__ import annotations

import os
from pathlib import Path

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.front.places import from_anywhere, home, home_folder, results_root
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


@pytest.mark.parametrize("said", ["s3://bucket/home", "s3://bucket/home/"])
def test_a_home_may_be_in_a_bucket(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("LFR_HOME", said)
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    assert home() == "s3://bucket/home" == Settings().home_place
    assert Settings(home="s3://bucket/mine").home_place == "s3://bucket/mine"
    assert results_root(None) == "s3://bucket/home/results"
    with pytest.raises(UsageError, match=r"^LFR_HOME is s3://bucket/home, and deployments keep"):
        home_folder()


@pytest.mark.parametrize("said", ["s3://", "gs://bucket/home", "http://host/home"])
def test_other_addresses_are_no_home(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("LFR_HOME", said)
    with pytest.raises(UsageError, match=r"^LFR_HOME is .*: give a path, or s3://bucket/prefix\.$"):
        home()


SHIPPED = "session_1/runtime_resources/working_dir_files/_ray_pkg_1"


@pytest.mark.parametrize("said", [None, "lfr-data", "data/home"])
def test_what_is_thrown_away_with_a_job_is_no_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str | None
) -> None:
    (tmp_path / SHIPPED).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / SHIPPED)
    monkeypatch.delenv("LFR_HOME", raising=False)
    if said:
        monkeypatch.setenv("LFR_HOME", said)
    with pytest.raises(
        UsageError, match=r"^LFR_HOME is \S+, in the working directory of a Ray job"
    ):
        home()
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    assert home() == tmp_path


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
