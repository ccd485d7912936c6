"""`lfr forget`, `lfr du` and the runs of `lfr retention sweep`: what they say, ask and refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.cli.app import main
from lfr_batch.oversight import audit
from tests.e2e.cli import WHO
from tests.front.forgotten import OTHER, SUBJECT, URI, fill, traces
from tests.results.synthetic import RUN_ID


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    fill(tmp_path / "home")
    return tmp_path / "home"


def lfr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([*words])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["run", OTHER], [], "--case and --authority and --purpose must be stated"),
        (["run", OTHER], WHO, "give --yes, or --dry-run"),
        (["subject", SUBJECT], WHO, "give --yes, or --dry-run"),
        (["footage", URI], WHO, "give --yes, or --dry-run"),
        (["subject", "nobody"], [*WHO, "--yes"], "Nobody is called 'nobody'"),
        (["run", "2026"], [*WHO, "--yes"], "2 runs begin with 2026"),
    ],
)
def test_what_is_not_said_is_not_done(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], options: Any, said: str
) -> None:
    code, _, err = lfr(capsys, "forget", *words, *options)
    assert (code, said in err) == (2, True)
    assert list(audit.entries(home)) == []
    assert traces(home, SUBJECT)


def test_shown_first_and_gone_then(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lfr(capsys, "forget", "subject", SUBJECT, *WHO, "--dry-run", "--json")
    (foreseen,) = json.loads(out)
    assert (code, foreseen["pictures"], foreseen["snapshots"]) == (0, 4, {"custody": 1})
    assert foreseen["results"] == str(home / "results")
    assert list(audit.entries(home)) == []
    code, out, err = lfr(capsys, "forget", "subject", SUBJECT, *WHO, "--yes")
    assert (code, f"looked at {home / 'results'}" in err) == (0, True)
    assert "rows of sightings   4" in out
    assert f"receipt: {home}/audit/receipts/" in out
    assert traces(home, SUBJECT) == []


def test_periods_are_swept_with_the_alerts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lfr(capsys, "retention", "sweep")
    assert (code, out) == (0, "nothing is due\n")
    (home / "policy.yaml").write_text('version: 1\nretention: {cases: {"OP-LANTERN*": 1d}}\n')
    code, out, _ = lfr(capsys, "retention", "sweep", "--dry-run", "--json")
    assert [(row["run_id"], row["state"]) for row in json.loads(out)] == [
        (RUN_ID, "due"),
        (OTHER, "due"),
    ]
    assert list(audit.entries(home)) == []
    code, out, _ = lfr(capsys, "retention", "sweep")
    assert (code, out.count("deleted")) == (0, 2)
    code, out, _ = lfr(capsys, "du", "--json")
    kinds = {row["kind"] for row in json.loads(out)}
    assert (code, "run" in kinds, "gallery" in kinds) == (0, False, True)
