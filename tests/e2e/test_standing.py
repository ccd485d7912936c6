"""kill -9 of a watch: whoever asks again goes on, and the rows are those of a quiet scan."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cli import LFR, WHO, lfr, rows, surroundings
from tests.e2e.test_kill import everything, wait_for
from tests.one_case import Casework
from tests.patience import PATIENCE_S

COPIES = 3
SETTINGS = ("--set", "footage.segment_s=5", "--set", "engine.ledger_flush_s=0.1",
            "--set", "job.still_s=0.5", "--engine", "in_process")  # fmt: skip


@pytest.fixture
def archive(casework: Casework, tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    data = (casework.footage / "walk.mp4").read_bytes()
    for number in range(COPIES):
        free_atom = (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big")
        (folder / f"walk{number}.mp4").write_bytes(data + free_atom)
    return folder


def watch(casework: Casework, asked: tuple[str, ...], said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as telling:
        return subprocess.Popen(
            [*LFR, *asked, "--watch", "--every", "1s", "--json"],
            env=surroundings(casework.home),
            stdout=telling,
            stderr=subprocess.DEVNULL,
        )


def ticks(said: Path) -> list[dict[str, Any]]:
    """Those that have been told to their end."""
    text = said.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


@pytest.mark.long
def test_whoever_watches_after_a_kill_goes_on(
    casework: Casework, archive: Path, tmp_path: Path
) -> None:
    quiet, disturbed, said = (tmp_path / name for name in ("quiet", "disturbed", "said"))
    what = ("scan", str(archive), "--gallery", "people", *WHO, *SETTINGS)
    done = lfr(casework.home, *what, "--out", quiet)
    assert done.returncode == 0, done.stderr
    asked = (*what, "--out", str(disturbed))
    first = watch(casework, asked, said)
    try:
        wait_for(lambda: list((disturbed / "_state").glob("*/ledger/*.parquet")))
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    shown = rows(lfr(casework.home, "runs", "--json", "--out", disturbed))
    assert {row["kind"]: row["status"] for row in shown} == {
        "scan": "interrupted",
        "standing": "stopped",
    }
    second = watch(casework, asked, said)
    try:
        wait_for(lambda: len(ticks(said)) > 1)
        refused = lfr(casework.home, *asked, "--watch")
        assert (refused.returncode, "is watched already" in refused.stderr) == (2, True)
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE_S) == 143
    finally:
        second.kill()
        second.wait()
    run_id = next(row["run_id"] for row in shown if row["kind"] == "scan")
    assert [(tick["taken_up"], tick["run_id"]) for tick in ticks(said)][:2] == [
        ([run_id], None),
        ([], None),
    ]
    assert everything(disturbed) == everything(quiet)
