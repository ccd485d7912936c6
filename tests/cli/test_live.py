"""`lfr live` as its user runs it: another process, which is stopped, killed, and refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lfr_batch.live import audit
from tests.casework import Casework
from tests.deploying import own_home
from tests.e2e.cli import LFR, lfr, rows, surroundings
from tests.live_case import FOR_EVER_H, wait_for

HOUR = timedelta(hours=1)


@pytest.fixture
def van(casework: Casework, tmp_path: Path) -> Path:
    """A folder with a home and a deployment that may begin now and goes on for an hour."""
    own_home(casework, tmp_path)
    now = datetime.now(UTC)
    content = {
        "deployment": {
            "name": "van",
            "place": "A test street",
            "starts_at": now - HOUR,
            "ends_at": now + HOUR,
            "case": "CASE-1",
            "authorising_officer": "Supt. Test",
            "authority": "ref 1",
            "purpose": "testing",
        },
        "watchlist": {"gallery": "people", "max_age_h": FOR_EVER_H},
        "cameras": [{"name": "north", "source": str(casework.footage / "walk.mp4"), "loop": True}],
        "console": {"port": 0},
        "engine": {"kind": "in_process"},
    }
    (tmp_path / "live.yaml").write_text(yaml.safe_dump(content))
    return tmp_path


@contextmanager
def running(van: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Once it has raised an alert."""
    with (van / "said").open("wb") as stderr, (van / "answered").open("wb") as stdout:
        command = [*LFR, "live", "--config", str(van / "live.yaml")]
        process = subprocess.Popen(
            command, env=surroundings(van / "home"), stdout=stdout, stderr=stderr
        )
    said = van / "said"
    try:
        wait_for(lambda: process.poll() is not None or " 1 alerts" in said.read_text(), 90)
        assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.wait()
        print(said.read_text())


def watchlists(van: Path) -> list[Path]:
    return list((van / "home" / "live").glob("*/watchlist"))


def shown_runs(van: Path) -> list[dict[str, Any]]:
    return rows(lfr(van / "home", "runs", "--json"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number: signal.Signals, van: Path) -> None:
    with running(van) as process:
        assert len(watchlists(van)) == 1
        ids = [path.parent.name for path in watchlists(van)]
        process.send_signal(number)
        assert process.wait(60) == 0, (van / "said").read_text()
    answered, said = (van / "answered").read_text(), (van / "said").read_text()
    assert f"{ids[0]} is over: it was stopped" in answered
    assert "faces seen" in answered
    assert "console: http://127.0.0.1:" in said
    assert "astronaut" not in said + answered
    assert watchlists(van) == []
    (run,) = shown_runs(van)
    assert (run["run_id"], run["status"], run["sightings"]) == (ids[0], "complete", 1)


def test_what_a_killed_one_leaves_is_destroyed_by_the_next_start(van: Path) -> None:
    with running(van) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (left,) = watchlists(van)
    (run,) = shown_runs(van)
    assert run["status"] == "interrupted"
    done = lfr(van / "home", "report", run["run_id"], "--out", van / "report.html")
    assert done.returncode == 0, done.stderr
    assert "This deployment was cut off" in (van / "report.html").read_text()
    assert ",interrupted,A test street," in (van / "report.csv").read_text()

    again = lfr(van / "home", "live", "--config", van / "live.yaml",
                "--set", "deployment.ends_at=2020-01-01T00:00:00Z")  # fmt: skip
    assert again.returncode == 2
    assert f"deployment {run['run_id']} left behind is destroyed" in again.stderr
    assert watchlists(van) == []
    receipt = json.loads((left.parent / "watchlist-receipt.json").read_text())
    assert (receipt["verified_gone"], receipt["why"]) == (True, "its process had died")
    events = [line["event"] for line in audit.entries(van / "home")]
    assert events == ["watchlist.copied", "watchlist.destroyed"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--set", "deployment.authority=' '"], "deployment.authority must be stated"),
        (["--set", "deployment.case=null"], "deployment.case is None"),
        (["--set", "watchlist.max_age_h=1.0"], "Watchlist 'people' expired"),
        (["--set", "cameras.0.source=rtsp://h/1", "--rehearse"], "A rehearsal plays files"),
        (["--out", "ftp://nowhere/x"], "is no place for results"),
        (["--engine", "threads"], "engine.kind is 'threads', but should be"),
    ],
)
def test_what_is_refused_is_one_sentence(given: list[str], says: str, van: Path) -> None:
    done = lfr(van / "home", "live", "--config", van / "live.yaml", *given)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("lfr: ")
    assert says in line
    assert done.stdout == ""


def test_an_address_that_is_taken_is_refused_and_leaves_no_watchlist(van: Path) -> None:
    done = lfr(van / "home", "live", "--config", van / "live.yaml",
               "--set", "console.host=192.0.2.1")  # fmt: skip
    assert done.returncode == 2
    assert "console" in done.stderr.splitlines()[-1]
    assert watchlists(van) == []


def test_the_job_does_the_same(van: Path) -> None:
    repository = Path(__file__).resolve().parents[2]
    command = [LFR[0], str(repository / "jobs" / "run_live.py"), "--config", "nowhere.yaml"]
    environment = surroundings(van / "home", PATH=os.environ["PATH"])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "lfr: The configuration nowhere.yaml cannot be read: No such file or " \
        "directory.\n"  # fmt: skip
