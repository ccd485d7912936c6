from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lfr_batch.cli.app import COMMANDS, STOPPED, STOPS, build_app, main
from lfr_batch.errors import RunCancelled
from lfr_batch.version import __version__

HEAVY = ("av", "boto3", "cv2", "duckdb", "faiss", "numpy", "openvino", "pandas", "pyarrow", "ray")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_overview_says_of_each_command_what_the_command_says(command: str) -> None:
    whole = CliRunner().invoke(build_app(command), [command, "--help"]).stdout
    summary = COMMANDS[command][1].rstrip(".")
    assert " ".join(whole.split()).count(summary) == 1
    assert f"  {command} " in CliRunner().invoke(build_app(None), ["--help"]).stdout


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (["--help"], HEAVY),
        (["report", "--help"], HEAVY),
        (["runs", "--help"], ("av", "boto3", "cv2", "faiss", "openvino", "pandas", "ray")),
    ],
    ids=["overview", "report", "runs"],
)
def test_a_short_command_does_not_wait_for_libraries_that_it_does_not_need(
    words: list[str], unwanted: tuple[str, ...]
) -> None:
    script = (
        "import sys; from lfr_batch.cli.app import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print('imported:', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    imported = done.stdout.rpartition("imported:")[2].split()
    assert "lfr_batch.cli.app" in imported
    assert sorted(set(imported) & set(unwanted)) == []


def test_options_before_the_command_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--", "runs"])
    assert stop.value.code == 2
    assert "Name the command first" in capsys.readouterr().err


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"lfr-batch {__version__}\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RunCancelled("Run r1 was cancelled by ae."), "lfr: Run r1 was cancelled by ae.\n"),
        (KeyboardInterrupt(), "lfr: Stopped.\n"),
        (RuntimeError("Query interrupted"), "lfr: Stopped.\n"),  # what DuckDB makes of it
    ],
)
def test_who_cancelled_is_not_told_of_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    said: str,
) -> None:
    def runs() -> None:
        raise error

    monkeypatch.setattr("lfr_batch.cli.results.runs", runs)
    with pytest.raises(SystemExit) as ended:
        main(["runs"])
    assert (ended.value.code, capsys.readouterr().err) == (130, said)


def test_where_a_run_was_stopped_it_is_said_how_it_goes_on() -> None:
    assert STOPS["scan"] == STOPS["resume"] == STOPPED
    assert STOPS.keys() < COMMANDS.keys()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_said_with_a_way_out(tmp_path: Path) -> None:
    script = "import sys; from lfr_batch.cli.app import main; main(sys.argv[1:])"
    words = ["runs", "--json", "--out", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "lfr: The output could not be written to its end (No space left on device): free space "
        "there, or write elsewhere, and give the command again."
    )


TOLD_TO_END = """
import os, signal, sys
from lfr_batch.cli.app import sigterm_interrupts
signal.signal(signal.SIGTERM, getattr(signal, sys.argv[1]))
came, said = [], []
try:
    with sigterm_interrupts(came):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            said.append("went on")
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            said.append("cleaned up")
except KeyboardInterrupt:
    said.append("interrupted")
print(len(came), *said, signal.getsignal(signal.SIGTERM).name)
"""


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("SIG_DFL", "2 cleaned up interrupted SIG_DFL"),
        ("SIG_IGN", "0 went on cleaned up SIG_IGN"),
    ],
)
def test_a_second_sigterm_does_not_break_off_what_the_first_began(before: str, said: str) -> None:
    """`timeout` sends two. Where SIGTERM was to be ignored it is."""
    done = subprocess.run(
        [sys.executable, "-c", TOLD_TO_END, before], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said
