"""A deployment keeps nothing of those who are not on its watchlist: not in its folder, results,
logs, Ray's files or shared memory; and no part of it would leave a core file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

from lfr_batch.engine.live.shared_pictures import Arena
from lfr_batch.live.alerts.sealed import MARK
from tests.e2e.cli import surroundings
from tests.e2e.test_forgetting import files_below, holding
from tests.live_case import THRESHOLD, live_config, wait_for
from tests.one_case import Casework

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
KINDS = {"input", "crop", "aligned", "template", "stranger"}
WATCHED_LIVE = (sys.executable, "-m", "tests.e2e.watched_live")
ROOT = Path(__file__).resolve().parents[2]


def canaries(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir() if path.stat().st_size}


def processes_of(session: int) -> list[int]:
    """Every process of the session that the deployment's own process leads."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[3]) == session and after_name[0] != "Z":
                found.append(int(entry.name))
    return found


def core_limits(process: int) -> tuple[str, str]:
    lines = Path(f"/proc/{process}/limits").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("Max core file size"))
    soft, hard = line.removeprefix("Max core file size").split()[:2]
    return soft, hard


def shared_memory(processes: Iterable[int]) -> Iterator[tuple[str, bytes]]:
    """Ray's object store and the arenas of lent pictures: what of them is in use."""
    seen: set[int] = set()
    for process in processes:
        for link in Path(f"/proc/{process}/fd").glob("*"):
            with suppress(OSError):
                target = str(link.readlink())
                if not target.startswith(("/dev/shm", "/memfd:")):
                    continue
                with link.open("rb") as file:
                    if (inode := os.fstat(file.fileno()).st_ino) not in seen:
                        seen.add(inode)
                        yield target, b"".join(extents(file.fileno()))


def extents(file: int) -> Iterator[bytes]:
    """The parts of a sparse file that hold data."""
    end = 0
    with suppress(OSError):  # no data beyond
        while True:
            start = os.lseek(file, end, os.SEEK_DATA)
            end = os.lseek(file, start, os.SEEK_HOLE)
            yield os.pread(file, end - start, start)


def memory_holding(needles: Iterable[bytes], processes: Iterable[int]) -> set[str]:
    wanted = list(needles)
    return {
        name for name, data in shared_memory(processes) if any(piece in data for piece in wanted)
    }


def files_holding(needles: Iterable[bytes], files: Iterable[Path]) -> set[Path]:
    """As ``holding``, of files that come and go."""
    wanted, hits = list(needles), set()
    for path in files:
        with suppress(FileNotFoundError, ValueError):
            hits |= holding(wanted, [path])
    return hits


@contextmanager
def deployed(
    home: Path, folder: Path, ray_files: Path, casework: Casework
) -> Iterator[subprocess.Popen[bytes]]:
    """Two looped clips as cameras: one of a person who is enrolled, one of six who are not."""
    config = live_config(casework, {"north": "walk.mp4", "south": "group.mp4"})
    asked = folder / "live.yaml"
    asked.write_text(config.model_dump_json())
    with (folder / "output.txt").open("wb") as output:
        driver = subprocess.Popen(
            [*WATCHED_LIVE, "live", "--config", str(asked), "--out", str(folder / "results"),
             "--threshold", str(THRESHOLD), "--rehearse", "--set", "console.port=0",
             "--set", "watchlist.max_age_h=1000000"],
            env=surroundings(home, RAY_TMPDIR=str(ray_files), LFR_LOG="DEBUG",
                             CANARIES=str(ray_files.with_suffix(".canaries"))),
            cwd=ROOT, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            yield driver
        finally:
            left = processes_of(driver.pid)
            for process in left:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            driver.wait()


@pytest.fixture
def ray_files() -> Iterator[Path]:
    """Short, as the sockets below it must have short names. Beside it: what the analyst held."""
    folder = Path(mkdtemp(prefix="ray"))
    folder.with_suffix(".canaries").mkdir()
    yield folder
    shutil.rmtree(folder)
    shutil.rmtree(folder.with_suffix(".canaries"))


def test_strangers_leave_nothing_behind(
    casework: Casework, tmp_path: Path, ray_files: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(casework.home, home, symlinks=True)
    held = ray_files.with_suffix(".canaries")
    places = (home, ray_files, tmp_path)
    with deployed(home, tmp_path, ray_files, casework) as driver:

        def alerts() -> list[Path]:
            assert driver.poll() is None, (tmp_path / "output.txt").read_text()
            return list(home.glob("live/*/router/alerts/[!.]*"))

        (alert,) = wait_for(alerts)
        wait_for(lambda: len(list(held.glob("stranger.*"))) > 10)
        wait_for(lambda: list((tmp_path / "results" / "alerts").rglob("*.parquet")))
        processes = processes_of(driver.pid)
        assert len(processes) >= 6  # ours, Ray's two, the router, the analyst, the cameras
        assert {core_limits(process) for process in processes} == {("0", "0")}
        needles = canaries(held)
        assert {path.name.split(".")[0] for path in needles} == KINDS
        assert files_holding(needles.values(), files_below(*places)) == set()
        faces = [data for path, data in needles.items() if not path.name.startswith("input")]
        memories = {name for name, _ in shared_memory(processes)}
        assert any("lfr-pictures" in name for name in memories)
        assert any("plasma" in name for name in memories)
        stores = memory_holding([*faces, JPEG], processes)
        assert not [name for name in stores if "lfr-pictures" not in name]
        wait_for(lambda: not memory_holding(faces, processes))  # lent for a moment at most
        assert alert.read_bytes().startswith(MARK)
        os.kill(driver.pid, signal.SIGTERM)
        assert driver.wait(300) == 0, (tmp_path / "output.txt").read_text()
        wait_for(lambda: not processes_of(driver.pid))

    kept = files_below(*places)
    assert any(ray_files in path.parents and path.suffix == ".log" for path in kept)
    assert files_holding(canaries(held).values(), kept) == set()
    sealed_or_logged = [*files_below(ray_files, home / "live"), tmp_path / "output.txt"]
    assert files_holding([JPEG], sealed_or_logged) == set()
    results = tmp_path / "results"
    pictures = files_holding([JPEG], files_below(results))
    assert {path.relative_to(results).parts[0] for path in pictures} == {"alerts"}


@pytest.mark.parametrize("where", ["file", "memory"])
def test_the_search_for_canaries_finds_what_is_there(where: str, tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    canary = picture[32, 8:40].tobytes()
    if where == "file":
        leak = tmp_path / "leak.bin"
        leak.write_bytes(b"noise" * 1000 + canary + b"noise")
        assert files_holding([canary], [leak, tmp_path / "gone"]) == {leak}
        return
    with Arena().lend([picture]):
        (name,) = memory_holding([canary], [os.getpid()])
        assert "lfr-pictures" in name
    assert memory_holding([canary], [os.getpid()]) == set()
