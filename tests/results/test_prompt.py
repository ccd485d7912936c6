from __future__ import annotations

import io
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.prompt import prompt, statements
from lfr_batch.results.sql import Lake
from lfr_batch.storage.store import Store

from .synthetic import RUN_ID

TYPED_BY_HAND = """
import sys
from pathlib import Path
from lfr_batch.results.lake import open_lake
from lfr_batch.results.prompt import prompt
sys.exit(prompt(open_lake(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1;\nselect 2;", ["select 1;", "select 2;"]),
        ("select\n1\n;\n", ["select\n1\n;"]),
        (".tables\n\nselect 1", [".tables", "select 1"]),
        ("select 1\n.5 as x;", ["select 1\n.5 as x;"]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_lines_become_statements(text: str, expected: list[str]) -> None:
    assert list(statements(text.splitlines(keepends=True))) == expected


def piped(lake: Lake, home: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return prompt(lake, home)


def test_statements_from_a_pipe_are_answered(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = ".tables\n.format csv\nSELECT count(*) AS n\nFROM sightings;\n.schema runs\n.queries\n"
    assert piped(lake, tmp_path, text + ".help\n.queries best\n.quit\nSELECT 99;", monkeypatch) == 0
    out = capsys.readouterr().out
    for expected in ("best_shots\n", "n\n4\n", "Case the run was made for", "together", ".quit"):
        assert expected in out
    assert "99" not in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["SELECT nope;\nSELECT 42;", ".nope\n", ".format xml\n"])
def test_a_mistake_in_a_pipe_ends_it(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    assert piped(lake, tmp_path, text, monkeypatch) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_a_ready_question_is_asked_with_the_values_that_were_given(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (
        ".format csv\n.param top=1\n.param who=S029\n.param\n.ask best\n"
        "SELECT count(*) AS seen FROM sightings WHERE subject_id = $who;\n.param top\n.ask best\n"
    )
    assert piped(lake, tmp_path, text, monkeypatch) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[:2] == ["top = 1", "who = S029"]
    assert lines[2].startswith("run_id,case_ref,subject_id,name,score")
    assert lines[3].startswith(f"{RUN_ID},OP-LANTERN 12/26,S029,,0.7812")
    assert lines[4:6] == ["seen", "2"]
    assert len(lines[6:]) == 5
    assert (
        told.err.splitlines()
        == [f"of run {RUN_ID}, case OP-LANTERN 12/26; key: run_id, sighting_id"] * 2
    )


def test_a_parameter_without_a_value_is_named(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert piped(lake, tmp_path, "SELECT * FROM runs WHERE run_id = $RUN;\n", monkeypatch) == 2
    told = capsys.readouterr()
    assert "$RUN has no value" in told.err
    assert ".param RUN=VALUE" in told.err
    assert told.out == ""


def test_a_format_that_is_no_text_is_refused(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="choose table, csv, json"):
        prompt(lake, tmp_path, "parquet")


def test_at_a_terminal_a_query_may_span_lines_and_a_mistake_does_not_end_it(
    finished: Store, tmp_path: Path
) -> None:
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TYPED_BY_HAND, finished.uri, str(tmp_path)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
    )
    os.close(terminal)
    os.write(master, b"select nope;\rselect 6 * count(*)\rfrom runs;\r.quit\r")
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
    os.close(master)
    assert process.wait() == 0
    assert b"Binder Error" in shown
    assert b"12" in shown
    history = tmp_path / "sql_history"
    assert "+from runs;" in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
