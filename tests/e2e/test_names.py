"""Odd names from the command line to every output: as they are, and harmless."""

from __future__ import annotations

import csv
import io
import os
import pty
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.visible import visible
from tests.e2e import here
from tests.e2e.cli import LFR, WHO, lfr, rows, surroundings
from tests.one_case import Casework

FILES = (
    "[backup]/gate.mp4",
    "[/red]x.jpg",
    "=1+1.jpg",
    "two\nlines \x1b[31mred.jpg",
    "\u202egpj.exe.jpg",
    "gäte – 中.jpg",
)
CAMERA = "@Gate [/south] :car:\u2067"
CASE = "=OP [/1]"
C = {"LC_ALL": "C"}


@dataclass(frozen=True)
class Scanned:
    home: Path
    footage: Path
    out: Path
    run_id: str
    told: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def scanned(casework: Casework, tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """One of its files is cut off, so that failures are named, too."""
    folder = tmp_path_factory.mktemp("names")
    footage, out = folder / "[archive]", folder / "results"
    for name in FILES:
        (footage / name).parent.mkdir(parents=True, exist_ok=True)
        still = casework.footage / "portrait.jpg"
        source = casework.played / "passing.mp4" if name.endswith("mp4") else still
        shutil.copy(source, footage / name)
    (footage / "cut [red]\x1b[1m.mp4").write_bytes(
        (casework.footage / "walk.mp4").read_bytes()[:20_000]
    )
    manifest = footage / "cameras.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("uri", "camera_id"), *((name, CAMERA) for name in FILES)])
    told = here.lfr(
        casework.home, "scan", footage, "--manifest", manifest, "--gallery", "people", *WHO[2:],
        "--case", CASE, "--engine", "in_process", "--out", out, encoding="ascii",
    )  # fmt: skip
    run_id = rows(here.lfr(casework.home, "runs", "--json", "--out", out))[0]["run_id"]
    return Scanned(casework.home, footage, out, run_id, told)


def test_a_scan_names_them_in_ascii(scanned: Scanned) -> None:
    assert scanned.told.returncode == 3, scanned.told.stderr
    assert "Traceback" not in scanned.told.stderr
    for name in FILES:
        assert visible(str(scanned.footage / name), "ascii") in scanned.told.stdout
    assert scanned.told.stdout.count(visible(CAMERA, "ascii")) == len(FILES)
    assert f"case {visible(CASE)}" in scanned.told.stderr
    assert visible("cut [red]\x1b[1m.mp4") in scanned.told.stderr
    for text in (scanned.told.stdout, scanned.told.stderr):
        assert all(line.isprintable() for line in text.split("\n"))


def assert_harmless(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode in {0, 2}, done.stderr
    assert "Traceback" not in done.stderr
    for text in (done.stdout, done.stderr):
        assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize(
    "words",
    [
        ["runs"],
        ["runs", "--json"],
        ["status", "RUN"],
        ["status", "RUN", "--json"],
        ["sql", "SELECT uri, camera_id, error FROM footage"],
        ["sql", "SELECT uri, camera_id, error FROM footage", "--format", "json"],
        ["sql", "--ask", "best"],
        ["sql", "SELECT 'x'::INT AS \"\x1b\u202e\""],
        ["status", "no\x1b\nrun"],
    ],
)
def test_no_command_is_steered_or_stopped(scanned: Scanned, words: list[str]) -> None:
    asked = [scanned.run_id if word == "RUN" else word for word in words]
    done = here.lfr(scanned.home, *asked, "--out", scanned.out, encoding="ascii")
    assert_harmless(done)
    assert (done.stdout + done.stderr).isascii()


@pytest.mark.parametrize(
    "words", [["status", "RUN"], ["sql", "SELECT uri, camera_id, error FROM footage"]]
)
def test_nor_in_a_process_that_was_told_of_no_language(scanned: Scanned, words: list[str]) -> None:
    asked = [scanned.run_id if word == "RUN" else word for word in words]
    assert_harmless(lfr(scanned.home, *asked, "--out", scanned.out, **C))


def test_programs_get_them_exactly_and_spreadsheets_compute_nothing(scanned: Scanned) -> None:
    ask = ("sql", "SELECT uri, camera_id FROM sightings JOIN footage USING (run_id, footage_id, "
           "camera_id) ORDER BY uri", "--out", scanned.out)  # fmt: skip
    uris = sorted(str(scanned.footage / name) for name in FILES)
    found = rows(here.lfr(scanned.home, *ask, "--format", "json", encoding="ascii"))
    assert sorted(row["uri"] for row in found) == uris
    assert {row["camera_id"] for row in found} == {CAMERA}
    raw = subprocess.run(
        [*LFR, *map(str, ask), "--format", "parquet"],
        env=surroundings(scanned.home), capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert sorted(pq.read_table(pa.BufferReader(raw)).column("uri").to_pylist()) == uris
    text = here.lfr(scanned.home, *ask, "--format", "csv").stdout
    cells = list(csv.DictReader(io.StringIO(text, newline="")))
    assert sorted(row["uri"] for row in cells) == uris
    assert {row["camera_id"] for row in cells} == {f"'{CAMERA}"}


@pytest.mark.parametrize("words", [["runs"], ["sql", "SELECT uri FROM footage", "--format", "csv"]])
def test_a_terminal_is_not_steered(scanned: Scanned, words: list[str]) -> None:
    master, terminal = pty.openpty()
    environment = {**surroundings(scanned.home), "TERM": "xterm", "COLUMNS": "300"}
    process = subprocess.Popen(
        [*LFR, *words, "--out", str(scanned.out)], stdout=terminal, env=environment
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
    os.close(master)
    assert process.wait() == 0
    for steering in (b"\x1b[31m", "\u202e".encode()):
        assert steering not in shown
    assert (b"=OP [/1]" if words[0] == "runs" else b"\\x1b[31m") in shown


def test_a_report_shows_them(scanned: Scanned, tmp_path: Path) -> None:
    page = tmp_path / "[r]\x1b.html"
    where = ("--results", scanned.out, "--out", page)
    done = here.lfr(scanned.home, "report", scanned.run_id, *where, encoding="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{visible(str(page))}\n"
    text = page.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.split("\n"))
    for name in (
        "[/red]x.jpg",
        r"two\nlines \x1b[31mred.jpg",
        r"\u202egpj.exe.jpg",
        "gäte – 中.jpg",
    ):
        assert name in text
    assert visible(CASE) in text.partition("</title>")[0]
