"""`lfr` opens results: each time it is on record who, and `lfr audit show` says it in words."""

from __future__ import annotations

import getpass
import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lfr_batch as lfr_api
from lfr_batch.config.schema import S3Config
from lfr_batch.oversight import audit
from lfr_batch.oversight.put import lines_on_record
from lfr_batch.results.store import open_store
from tests.cli.here import lfr
from tests.refused import refused
from tests.results.exported import OTHER_CASE, three_runs
from tests.results.runs_asked import EARLIER, LATER
from tests.results.synthetic import RUN_ID
from tests.s3_servers import team_bucket

CASE = "OP-LANTERN 12/26"
WHO = ("--case", CASE, "--authority", "Insp. A", "--purpose", "disclosure")
Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three runs. Read only."""
    place = tmp_path_factory.mktemp("looked") / "results"
    three_runs(open_store(place)).close()
    return place


@pytest.fixture(autouse=True)
def home(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("LFR_CASE", "LFR_AUTHORITY", "LFR_PURPOSE", "LFR_RESULTS"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(results, tmp_path / "results")
    return tmp_path


def opened(home: Path) -> list[dict[str, Any]]:
    return [line for line in audit.entries(home) if line["event"] == "results.opened"]


def told(line: dict[str, Any]) -> tuple[object, ...]:
    return line["what"], line["cases"], line["run_ids"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("sql", "FROM runs"), ("sql", "every case", [])),
        (("sql", "--run", LATER, "FROM runs WHERE run_id = $run_id"), ("sql", "every case", [])),
        (("sql", "-q", "best", "--run", EARLIER), ("sql", [CASE], [EARLIER])),
        (("sql", "-q", "visits", "--case", CASE), ("sql", [CASE], [EARLIER, LATER])),
        (("report", LATER), ("report", [CASE], [LATER])),
        (("report", "--case", CASE), ("report", [CASE], [EARLIER, LATER])),
        (("export", *WHO, "--to", "s.csv"), ("export", [CASE], [EARLIER, LATER])),
        (("export", *WHO, "--run", RUN_ID, "--evidence", "p"), ("export", [OTHER_CASE], [RUN_ID])),
    ],
)
def test_each_opening_is_a_line(
    home: Path, capsys: Out, words: tuple[str, ...], line: tuple[object, ...]
) -> None:
    code, _, err = lfr(capsys, *words, "--why", "to prepare disclosure", "--operator", "j.doe")
    assert code == 0, err
    (found,) = opened(home)
    assert told({**found, "run_ids": sorted(found["run_ids"])}) == line
    assert (found["by"], found["why"]) == ("j.doe", "to prepare disclosure")
    assert lfr(capsys, "audit", "verify")[0] == 0


def test_a_question_that_cannot_be_asked_opens_nothing(home: Path, capsys: Out) -> None:
    assert lfr(capsys, "sql", "-q", "best", "--run", "nope")[0] == 2
    assert lfr(capsys, "report", "nope")[0] == 2
    assert lfr(capsys, "status", LATER)[0] == 0
    assert lfr(capsys, "runs")[0] == 0
    assert opened(home) == []


def test_where_there_are_no_results_nothing_is_opened_or_made(tmp_path: Path, capsys: Out) -> None:
    place = tmp_path / "mistyped"
    settings = lfr_api.Settings(home=place)
    with lfr_api.open_results(settings) as results:
        assert results.arrow("FROM runs").num_rows == 0
    assert not place.exists()


def test_a_question_of_ones_own_may_read_any_case(home: Path, capsys: Out) -> None:
    (home / "queries").mkdir()
    own = "-- All.\nSELECT * FROM sightings WHERE $run_id IS NULL OR $case_ref IS NULL OR true\n"
    (home / "queries" / "mine.sql").write_text(own)
    code, _, err = lfr(capsys, "sql", "-q", "mine", "--case", CASE)
    assert code == 0, err
    (line,) = opened(home)
    assert (line["cases"], line["detail"]) == (
        "every case",
        f"question mine [case_ref={CASE}]",
    )


def test_each_statement_of_the_prompt_is_a_line_and_looking_around_is_none(
    home: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = f".tables\n.schema runs\nSELECT 1;\n.param run_id={EARLIER}\n.ask best\nSELEC;\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert lfr(capsys, "sql", "--why", "briefing")[0] == 2
    assert [(*told(line), line["detail"], line["why"]) for line in opened(home)] == [
        ("sql", "every case", [], "SELECT 1;", "briefing"),
        ("sql", [CASE], [EARLIER], f"question best [run_id={EARLIER}]", "briefing"),
        ("sql", "every case", [], f"SELEC; [run_id={EARLIER}]", "briefing"),
    ]


def test_python_asks_on_record_too(home: Path) -> None:
    with lfr_api.open_results(why="statistics", operator="a.analyst") as results:
        assert results.arrow("FROM runs").num_rows == 3
        results.ask("best", {"run_id": LATER})
        for _ in range(2):
            results.connection.sql("SELECT count(*) FROM runs").fetchall()
    assert [(line["by"], line["why"], line["detail"]) for line in opened(home)] == [
        ("a.analyst", "statistics", "FROM runs"),
        ("a.analyst", "statistics", f"question best [run_id={LATER}]"),
        (
            "a.analyst", "statistics",
            "the connection itself: what is asked of it is not on record",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("sql", "FROM runs"),
        ("sql",),
        ("report", LATER),
        ("export", *WHO, "--to", "s.csv"),
    ],
)
def test_where_the_house_asks_why_it_is_to_be_said(
    home: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("FROM runs;"))
    (home / "policy.yaml").write_text("opening: {ask_why: [sql, report, export]}\n")
    before = sorted(home.iterdir())
    code, out, err = lfr(capsys, *words)
    assert (code, out) == (2, "")
    assert f"ask why results are opened ({words[0]}): give --why TEXT" in err
    assert sorted(home.iterdir()) == before
    assert lfr(capsys, *words, "--why", "briefing")[0] == 0
    assert {line["why"] for line in opened(home)} == {"briefing"}


def _no_folder(home: Path) -> None:
    (home / "audit").write_text("a file where the folder should be")


def _no_log(home: Path) -> None:
    audit.record(home, "test", [{}])
    audit.audit_log(home).unlink()


@pytest.mark.parametrize("spoil", [_no_folder, _no_log])
@pytest.mark.parametrize(
    "words", [("sql", "SELECT count(*) AS n FROM runs", "--json"), ("report", LATER)]
)
def test_a_log_that_cannot_be_written_is_said_and_stops_nobody(
    home: Path,
    capsys: Out,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], None],
    words: tuple[str, ...],
) -> None:
    spoil(home)
    code, out, _ = lfr(capsys, *words)
    assert (code, bool(out)) == (0, True)
    assert "the audit log has no line of this opening of results" in caplog.text


def test_nor_does_a_home_that_may_only_be_read(
    home: Path, capsys: Out, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "audit").mkdir()
    with refused(home / "audit"):
        code, out, _ = lfr(capsys, "sql", "SELECT count(*) AS n FROM runs", "--json")
    assert (code, json.loads(out)) == (0, [{"n": 3}])
    assert "Permission denied" in caplog.text


def look_around(capsys: Out) -> None:
    """Two people, in four ways."""
    lfr(capsys, "report", LATER, "--operator", "j.doe", "--why", "briefing")
    lfr(capsys, "sql", "FROM runs", "--operator", "a.analyst")
    lfr(capsys, "export", *WHO, "--to", "s.csv", "--operator", "j.doe")
    lfr(capsys, "sql", "-q", "best", "--run", RUN_ID)


def test_who_looked_at_a_case_or_a_run(home: Path, capsys: Out) -> None:
    look_around(capsys)
    code, out, _ = lfr(capsys, "audit", "show", "--case", CASE)
    assert code == 0
    header, *lines = out.splitlines()
    assert header.split() == ["at", "who", "what", "case", "run", "why"]
    assert [line.split()[2] for line in lines] == ["j.doe", "a.analyst", "j.doe"]
    assert "made a report: 4 sightings, to" in lines[0]
    assert re.split("  +", lines[0].strip())[-3:] == [CASE, LATER, "briefing"]
    assert "asked the results: FROM runs" in lines[1]
    assert "every case" in lines[1]
    assert "disclosure" in lines[2]

    def numbers(*words: str) -> list[int]:
        return [row["n"] for row in json.loads(lfr(capsys, "audit", "show", *words, "--json")[1])]

    assert numbers("--case", OTHER_CASE) == [2, 4]
    assert numbers("--run", LATER) == [1, 2, 3]
    assert numbers("--by", "J.Doe") == [1, 3]
    assert numbers("--by", getpass.getuser()) == [4]
    assert numbers("--since", "2020-01-01", "--looks") == [1, 2, 3, 4]
    assert numbers("--since", "2999-01-01") == []
    code, _, err = lfr(capsys, "audit", "show", "--since", "yesterday")
    assert (code, "--since 'yesterday' is no day" in err) == (2, True)


def test_damage_is_said_after_what_can_be_read(home: Path, capsys: Out) -> None:
    look_around(capsys)
    log = audit.audit_log(home)
    log.write_text(log.read_text().replace("a.analyst", "nobody"))
    verified = lfr(capsys, "audit", "verify")
    code, out, err = lfr(capsys, "audit", "show", "--case", CASE)
    assert code == verified[0] == 1
    assert err == verified[2]
    assert "line 2 is not as it was written" in err
    assert len(out.splitlines()) == 4


@pytest.fixture
def in_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with team_bucket("moto", tmp_path, monkeypatch) as place:
        three_runs(open_store(f"{place}/results", S3Config())).close()
        monkeypatch.setenv("LFR_HOME", f"{place}/home")
        monkeypatch.setenv("LFR_RESULTS", f"{place}/results")
        yield place


def test_of_a_home_and_results_in_a_bucket(in_bucket: str, capsys: Out) -> None:
    open_store(in_bucket, S3Config()).write_atomic(
        "home/policy.yaml", b"opening: {ask_why: [sql]}\n"
    )
    assert lfr(capsys, "sql", "FROM runs")[0] == 2
    assert lfr(capsys, "sql", "-q", "best", "--run", RUN_ID, "--why", "briefing")[0] == 0
    assert lfr(capsys, "report", LATER)[0] == 0
    lines = list(lines_on_record(f"{in_bucket}/home", S3Config()))
    assert [told(line) for line in lines] == [
        ("sql", [OTHER_CASE], [RUN_ID]),
        ("report", [CASE], [LATER]),
    ]
    code, out, err = lfr(capsys, "audit", "show", "--case", OTHER_CASE, "--json")
    assert code == 0, err
    assert [(row["what"], row["why"]) for row in json.loads(out)] == [
        ("asked the results", "briefing")
    ]
