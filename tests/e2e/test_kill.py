"""kill -9 of workers and of the driver: after `lfr resume` the rows are those of a quiet run."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from tests.e2e import here
from tests.e2e.cli import LFR, WHO, lfr, rows, surroundings
from tests.one_case import Casework
from tests.patience import PATIENCE_S

COPIES = 3
UNREADABLE = 2000
SETTINGS = ("--set", "footage.segment_s=5", "--set", "engine.ledger_flush_s=0.1",
            "--set", "engine.cpus_per_worker=1")  # fmt: skip
STABLE = {
    "sightings": "run_id",
    "candidates": "run_id",
    "best_shots": "run_id",
    "footage": "run_id, state_id",
    "segments": "run_id, attempt, decode_s, infer_s, wall_s, host, computed_on",
}


@pytest.fixture(scope="module")
def archive(casework: Casework, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same walk several times over, as different files."""
    directory = tmp_path_factory.mktemp("archive")
    data = (casework.footage / "walk.mp4").read_bytes()
    for number in range(COPIES):
        free_atom = (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big")
        (directory / f"walk{number}.mp4").write_bytes(data + free_atom)
    (directory / "broken.mp4").write_bytes(data[:5000])
    return directory


def everything(results: Path) -> dict[str, list[dict[str, Any]]]:
    lake = open_lake(results)
    return {
        view: run_query(lake, f"SELECT * EXCLUDE ({volatile}) FROM {view} ORDER BY ALL").to_pylist()
        for view, volatile in STABLE.items()
    }


@pytest.fixture
def ray_files() -> Iterator[Path]:
    """Short, since sockets are below it."""
    folder = Path(mkdtemp(prefix="ray"))
    yield folder
    shutil.rmtree(folder)


def start(
    casework: Casework, archive: Path, results: Path, ray_files: Path
) -> subprocess.Popen[bytes]:
    command = [*LFR, "scan", str(archive), "--gallery", "people", *WHO, *SETTINGS,
               "--out", str(results)]  # fmt: skip
    return subprocess.Popen(
        command,
        env=surroundings(casework.home, RAY_TMPDIR=str(ray_files)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def workers_of(driver: int) -> list[int]:
    """Processes of the run's worker actors, by what Ray calls them."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            title = (entry / "cmdline").read_bytes().decode(errors="replace")
            if "Supervisor" in title and os.getpgid(int(entry.name)) >= 0:
                session = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[3])
                if session == driver:
                    found.append(int(entry.name))
    return found


def wait_for(condition: Any, limit_s: float = 120.0) -> Any:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("waited in vain")


@pytest.fixture
def many(archive: Path, tmp_path: Path) -> Path:
    """The archive, and so many files that are none that it takes a while to find out."""
    folder = tmp_path / "many"
    shutil.copytree(archive, folder)
    for number in range(UNREADABLE):
        (folder / f"w{number:04d}.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(500 + number))
    return folder


@pytest.mark.long
def test_rows_are_the_same_after_the_driver_was_killed_twice_while_it_planned(
    casework: Casework, many: Path, tmp_path: Path
) -> None:
    """By whoever asks again, by its id, and then by `lfr resume`."""
    quiet, disturbed = tmp_path / "quiet", tmp_path / "disturbed"
    asked = ("scan", many, "--gallery", "people", *WHO, *SETTINGS, "--engine", "in_process")
    done = lfr(casework.home, *asked, "--out", quiet)
    assert done.returncode == 3, done.stderr
    for time_ in (1, 2):
        driver = subprocess.Popen(
            [*LFR, *map(str, asked), "--run-id", "r1", "--out", str(disturbed)],
            env=surroundings(casework.home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            claim = f"0000{time_:02d}-*-block-*.parquet"
            wait_for(lambda named=claim: list(disturbed.glob(f"_state/*/probed/*/{named}")))
        finally:
            driver.kill()
            driver.wait()
        assert not list(disturbed.glob("_state/*/planned/*/catalogue.parquet"))
    (row,) = rows(lfr(casework.home, "runs", "--json", "--out", disturbed))
    assert (row["status"], row["files"]) == ("interrupted", COPIES + 1 + UNREADABLE)
    assert 0 < row["files_probed"] < row["files"]
    (row,) = rows(lfr(casework.home, "status", "r1", "--json", "--out", disturbed))
    assert 0 < row["files_probed"] < row["files"]
    resumed = lfr(casework.home, "resume", "r1", "--out", disturbed)
    assert resumed.returncode == 3, resumed.stderr
    assert f"of {COPIES + 1 + UNREADABLE} files probed already" in resumed.stderr
    assert everything(disturbed) == everything(quiet)
    assert not list(disturbed.glob("_state/*/probed/**/*.parquet"))


@pytest.mark.long
def test_rows_are_the_same_after_workers_and_driver_were_killed(
    casework: Casework, archive: Path, tmp_path: Path, ray_files: Path
) -> None:
    quiet, disturbed = tmp_path / "quiet", tmp_path / "disturbed"
    done = lfr(casework.home, "scan", archive, "--gallery", "people", *WHO, *SETTINGS,
               "--engine", "in_process", "--out", quiet)  # fmt: skip
    assert done.returncode == 3, done.stderr

    driver = start(casework, archive, disturbed, ray_files)
    try:
        os.kill(wait_for(lambda: workers_of(driver.pid))[0], signal.SIGKILL)
        ledger = disturbed / "_state"
        wait_for(lambda: list(ledger.glob("*/ledger/*.parquet")))
        os.kill(workers_of(driver.pid)[0], signal.SIGKILL)
        time.sleep(0.5)
    finally:
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()

    (run,) = (path.name.removeprefix("run_id=") for path in (disturbed / "_state").iterdir())
    shown = lfr(casework.home, "runs", "--out", disturbed, "--json")
    assert '"interrupted"' in shown.stdout
    assert list(ray_files.iterdir())
    resumed = lfr(casework.home, "resume", run, "--out", disturbed, RAY_TMPDIR=str(ray_files))
    assert resumed.returncode == 3, resumed.stderr
    assert everything(disturbed) == everything(quiet)
    assert list(ray_files.rglob("*")) == []  # neither its own session nor the killed driver's
    ended = run_query(open_lake(disturbed), "SELECT finished_at FROM runs").to_pylist()
    again = lfr(casework.home, "resume", run, "--out", disturbed)
    assert again.returncode == 3, again.stderr
    assert everything(disturbed) == everything(quiet)
    assert run_query(open_lake(disturbed), "SELECT finished_at FROM runs").to_pylist() == ended


@pytest.mark.parametrize(
    ("engine", "number", "code"),
    [
        ("in_process", signal.SIGTERM, 143),
        pytest.param("ray", signal.SIGTERM, 143, marks=pytest.mark.long),
        pytest.param("ray", signal.SIGINT, 130, marks=pytest.mark.long),
    ],
)
def test_who_is_told_to_end_says_how_to_go_on(
    casework: Casework,
    archive: Path,
    tmp_path: Path,
    ray_files: Path,
    engine: str,
    number: signal.Signals,
    code: int,
) -> None:
    """In order, in a sentence, with nothing of Ray's core on the terminal."""
    results, told = tmp_path / "a 'quoted' place", tmp_path / "said"
    command = [*LFR, "scan", str(archive), "--gallery", "people", *WHO, *SETTINGS,
               "--engine", engine, "--out", str(results)]  # fmt: skip
    with told.open("wb") as saying:
        driver = subprocess.Popen(
            command,
            env=surroundings(casework.home, RAY_TMPDIR=str(ray_files)),
            stdout=subprocess.DEVNULL,
            stderr=saying,
            start_new_session=True,
        )
    try:
        wait_for(lambda: list((results / "_state").glob("*/ledger/*.parquet")))
        driver.send_signal(number)
        assert driver.wait(PATIENCE_S) == code
    finally:
        driver.kill()
        driver.wait()
    lines = told.read_text().splitlines()
    assert [line for line in lines if "SIGTERM" in line or "ray" in line] == []
    (run,) = (path.name.removeprefix("run_id=") for path in (results / "_state").iterdir())
    stopped, _, way_on = lines[-1].partition(" To go on: ")
    assert stopped == "lfr: Stopped; what is done is kept."
    words = shlex.split(way_on)
    assert words == ["lfr", "resume", run, "--out", str(results)]
    resume = here.lfr if engine == "in_process" else lfr
    resumed = resume(casework.home, *words[1:], RAY_TMPDIR=str(ray_files))
    assert resumed.returncode == 3, resumed.stderr
