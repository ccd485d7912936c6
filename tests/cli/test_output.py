from __future__ import annotations

import io
import json
import logging
import os
import pty
import sys

import pytest
from rich.console import Console
from rich.table import Table

from lfr_batch.cli.output import (
    answer,
    answer_json,
    answer_table,
    answer_text,
    complain,
    plain_text,
    say,
    table_of,
    take_any_text,
)
from lfr_batch.cli.results import RUN_COLUMNS
from lfr_batch.logs import LogLines
from lfr_batch.visible import visible
from tests.names import NAMES, SHOWN_AS
from tests.results.synthetic import RUN_ID

ENCODINGS = ("utf-8", "ascii")


class Streams:
    """Both streams of a process, of some encoding, or a terminal that is stdout."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
        self.out, self.err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
        monkeypatch.setattr(sys, "stdout", self.out)
        monkeypatch.setattr(sys, "stderr", self.err)

    def told(self) -> tuple[str, str]:
        read = []
        for stream in (self.out, self.err):
            stream.flush()
            assert isinstance(stream.buffer, io.BytesIO)
            read.append(stream.buffer.getvalue().decode(stream.encoding))
        return read[0], read[1]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_line_stays_a_line_and_a_name_a_name(
    name: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = visible(name, encoding)
    streams = Streams(monkeypatch, encoding)
    answer(name)
    say(name)
    complain(name)
    assert streams.told() == (f"{shown}\n", f"{shown}\nlfr: {shown}\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_table_shows_names_as_they_are(
    name: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = Streams(monkeypatch, encoding)
    answer_table([{"camera": name, "none": None}], ["camera", "none"])
    header, row = streams.told()[0].splitlines()
    assert header.split() == ["camera", "none"]
    nothing = "–" if encoding == "utf-8" else "-"
    assert row.rstrip().removesuffix(nothing).rstrip() == visible(name, encoding).rstrip()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_exact(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch, encoding)
    answer_json([{"name": name} for name in NAMES])
    assert [row["name"] for row in json.loads(streams.told()[0])] == list(NAMES)


def test_nothing_ends_a_command_that_writes_to_an_ascii_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = Streams(monkeypatch, "ascii")
    take_any_text()
    answer_text("– \x1b\n")
    assert streams.told()[0] == "\\u2013 \x1b\n"


def test_a_terminal_is_not_steered_by_an_exact_text(monkeypatch: pytest.MonkeyPatch) -> None:
    master, terminal = pty.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        answer_text("a\x1b[2Jb\u202e\n")
        stdout.flush()
        assert os.read(master, 100) == b"a\\x1b[2Jb\\u202e\r\n"
    os.close(master)


@pytest.mark.parametrize("name", NAMES)
def test_rich_finds_no_markup_in_a_name(name: str) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row(plain_text(name))
    console = Console(file=io.StringIO(), width=1000, force_terminal=True, color_system=None)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().rstrip() == SHOWN_AS[name].rstrip()


def test_log_lines_are_harmless_and_a_traceback_keeps_its_lines() -> None:
    error = ValueError("bad \x1b[31m name")
    record = logging.LogRecord(
        "x", logging.WARNING, "", 1, "file %s", ("a\u202eb",), (ValueError, error, None)
    )
    text = LogLines("%(message)s").format(record)
    assert text.splitlines()[0] == r"file a\u202eb"
    assert text.splitlines()[-1] == r"ValueError: bad \x1b[31m name"


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0.000"), (0.0004, "0.0004"), (0.43, "0.430")])
def test_only_nothing_is_shown_as_0(
    value: float, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_table([{"a": value}], ["a"])
    assert capsys.readouterr().out.split() == ["a", shown]


def test_a_run_id_is_in_one_line_on_a_narrow_terminal() -> None:
    row = {name: f"{name} of some length" for name in RUN_COLUMNS} | {"run_id": RUN_ID}
    shown = io.StringIO()
    Console(file=shown, width=80).print(table_of([row], RUN_COLUMNS), crop=False)
    assert RUN_ID in shown.getvalue()
    assert max(map(len, shown.getvalue().splitlines())) <= 80
