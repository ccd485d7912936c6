from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from lfr_batch.oversight import audit
from lfr_batch.results.store import open_store
from tests.cli.here import lfr
from tests.results.exported import three_runs
from tests.results.runs_asked import EARLIER, LATER

WHO = ("--case", "OP-LANTERN 12/26", "--authority", "Insp. A", "--purpose", "disclosure")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("LFR_CASE", "LFR_AUTHORITY", "LFR_PURPOSE"):
        monkeypatch.delenv(name, raising=False)
    three_runs(open_store(tmp_path / "results")).close()
    return tmp_path


def test_rows_of_a_case(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = lfr(capsys, "export", *WHO, "--to", "s.csv")
    assert (code, out) == (0, f"{home / 's.csv'}\n")
    assert err == "of 2 runs: sightings 8\n"
    with (home / "s.csv").open(encoding="utf-8", newline="") as file:
        assert {row["run_id"] for row in csv.DictReader(file)} == {EARLIER, LATER}


def test_for_programs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--run", EARLIER, "--view", "runs", "--view", "footage", "--to", "x.duckdb", "--json")
    code, out, _ = lfr(capsys, "export", *WHO, *words)
    assert code == 0
    assert json.loads(out) == [
        {
            "path": str(home / "x.duckdb"),
            "rows": {"runs": 1, "footage": 5},
            "run_ids": [EARLIER],
        }
    ]


def test_a_question_says_of_which_runs_it_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--run", EARLIER, "--question", "best", "--param", "top=1", "--to", "b.parquet")
    code, _, err = lfr(capsys, "export", *WHO, *words)
    assert code == 0
    assert err.splitlines() == [
        f"of run {EARLIER}, case OP-LANTERN 12/26; key: run_id, sighting_id",
        "of 1 run: best 1",
    ]


def test_evidence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lfr(capsys, "export", *WHO, "--run", LATER, "--evidence", "pictures")
    assert (code, out) == (0, f"{home / 'pictures'}\n")
    assert len(list((home / "pictures").glob("S029_*.jpg"))) == 2
    (line,) = audit.entries(home)
    assert (line["what"], line["operator"]) == ("export", line["by"])
    assert line["detail"] == f"pictures 4, to {home / 'pictures'}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*WHO,), "Export where? Give --to FILE for rows, or --evidence DIR for pictures."),
        ((*WHO, "--to", "a.csv", "--evidence", "b"), "Export where?"),
        (("--to", "a.csv"), "--case and --authority and --purpose must be stated"),
    ],
)
def test_what_is_asked_wrongly(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    before = sorted(home.iterdir())
    code, out, err = lfr(capsys, "export", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert sorted(home.iterdir()) == before
