"""The whole command over copies of small clips, watched from outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

LFR = (sys.executable, "-m", "lfr_batch.cli.app")
WHO = ("--case", "benchmark", "--authority", "none", "--purpose", "measurement")
WATCH_EVERY_S = 0.2
FIRST_CLIP_EVERY = 10
LAKE = ("segments", "footage", "sightings", "candidates", "best_shots")


@dataclass(frozen=True, slots=True)
class Point:
    """A scan of as many segments, each of one small file."""

    engine: str
    segments: int
    scan_s: float
    driver_peak_bytes: int
    worker_peak_bytes: int
    """The largest worker's; in process, the driver's own."""
    sql_s: float
    resume_s: float
    """With nothing to do."""
    ledger_files: int
    ledger_bytes: int
    lake_files: int
    lake_bytes: int


def measure(
    engine: str, segments: int, clips: Sequence[Path], home: Path, gallery: str, work: Path
) -> Point:
    """Every tenth file is the first of ``clips``. Raises RuntimeError if a command fails."""
    footage, out = work / "footage", work / "results"
    _copy(clips, footage, segments)
    scan = ("scan", str(footage), "--gallery", gallery, *WHO, "--engine", engine, "--json")
    said, scan_s, driver, worker = _run(home, out, *scan)
    (run,) = json.loads(said)
    sql_s = _run(home, out, "sql", "SELECT count(*) FROM segments")[1]
    resume_s = _run(home, out, "resume", run["run_id"], "--json")[1]
    ledger = _sizes(out / "_state" / f"run_id={run['run_id']}" / "ledger")
    lake = [size for name in LAKE for size in _sizes(out / name)]
    shutil.rmtree(work)
    return Point(
        engine=engine,
        segments=run["segments"],
        scan_s=scan_s,
        driver_peak_bytes=driver,
        worker_peak_bytes=worker or driver,
        sql_s=sql_s,
        resume_s=resume_s,
        ledger_files=len(ledger),
        ledger_bytes=sum(ledger),
        lake_files=len(lake),
        lake_bytes=sum(lake),
    )


def _copy(clips: Sequence[Path], footage: Path, count: int) -> None:
    footage.mkdir(parents=True)
    for number in range(count):
        clip = clips[0] if number % FIRST_CLIP_EVERY == 0 else clips[-1]
        shutil.copyfile(clip, footage / f"{number:06d}{clip.suffix}")


def _run(home: Path, out: Path, *arguments: str) -> tuple[str, float, int, int]:
    """What it printed, its seconds, and the peak memory of the driver and of a worker."""
    started = perf_counter()
    child = subprocess.Popen(
        [*LFR, *arguments, "--out", str(out)],
        env={**os.environ, "LFR_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    driver = worker = 0
    while child.poll() is None:
        driver = max(driver, _peak_bytes(child.pid))
        worker = max([worker, *map(_peak_bytes, _workers_of(child.pid))])
        sleep(WATCH_EVERY_S)
    elapsed_s = perf_counter() - started
    said, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"lfr {' '.join(arguments)} ended with {child.returncode}")
    return said, elapsed_s, driver, worker


def _workers_of(driver: int) -> Iterator[int]:
    """Processes below the driver that Ray titles with the engine's actor."""
    parents: dict[int, int] = {}
    titled: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            status = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(entry.name)] = int(status[1])
            if b"WorkerActor" in (entry / "cmdline").read_bytes():
                titled.append(int(entry.name))
    for pid in titled:
        above = parents.get(pid)
        while above and above != driver:
            above = parents.get(above)
        if above:
            yield pid


def _peak_bytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*.parquet")]
