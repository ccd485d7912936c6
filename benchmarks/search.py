"""Search at scale: a synthetic gallery opened, searched in batches, and a still against it.

    python -m benchmarks.search --templates 1000000 --threads 2 --home lfr-data --out search.json

Throughput stands beside the limit of the machine, measured in turn with it: the bare product of
probes and templates by numpy's BLAS with as many threads, nothing kept of the scores; and beside
FAISS as it comes. The gallery is written into ``--home`` and removed again, unless ``--keep``.
With ``--still PICTURE`` the home's model pack finds, embeds and searches the faces of that picture.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from typing import Any

import cv2
import faiss
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine
from benchmarks.synthetic_gallery import unit_rows, write_gallery
from lfr_batch.config.schema import Config
from lfr_batch.faces.stages import FaceStages, detect_in_still, open_stages
from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.stills import open_stills
from lfr_batch.gallery.faiss_index import BLAS_FROM, BLAS_ROWS, open_index, search
from lfr_batch.gallery.matcher import Matcher, open_matcher
from lfr_batch.gallery.snapshot_files import files_of, read_manifest, verify_files
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.search import Search
from lfr_batch.records import FloatArray, Segment
from lfr_batch.scanning.segment import scan_segment
from lfr_batch.storage.verified import SETTLED_S

Figures = dict[str, float]
Work = Callable[[], object]
Clock = Callable[[], float]

BATCHES = (1, 16, 64, 256, 1024)
DEPTH = 40
"""Images asked for: those of ten candidates."""
TOP_K = 10
THRESHOLD = 0.5
FAISS_OWN = {"distance_compute_blas_threshold": 128_000, "distance_compute_blas_database_bs": 1024}
CLOCKS: Mapping[str, Clock] = {"wall": perf_counter, "cpu": process_time}
OURS = {
    "distance_compute_blas_threshold": BLAS_FROM,
    "distance_compute_blas_database_bs": BLAS_ROWS,
}
SCORES_AT_ONCE = 1 << 24
SHARERS, SHARERS_S = 2, 600.0
"""Processes that open one gallery together, and how long to wait for them."""


def medians_s(work: Mapping[str, Work], repeats: int, clock: Clock = perf_counter) -> Figures:
    """Each in turn, ``repeats`` times, so that a busy moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, run in work.items():
            started = clock()
            run()
            times[name].append(clock() - started)
    return {name: median(values) for name, values in times.items()}


def opening(home: Path, name: str, path: Path) -> Figures:
    """Seconds to open a gallery whose files the system has in memory."""
    manifest = read_manifest(path)
    sleep(SETTLED_S)
    load_snapshot(home, name)  # remembered from here on
    work: dict[str, Work] = {
        "sha256_of_all_files": lambda: verify_files(files_of(path, manifest)),
        "load_remembered": lambda: load_snapshot(home, name),
        "load_unverified": lambda: load_snapshot(home, name, verify=False),
        "open_index": lambda: open_index(path / "index.faiss", "cpu"),
    }
    return medians_s(work, repeats=3)


def throughput(
    matcher: Matcher, threads: int, repeats: int, clock: Clock
) -> list[dict[str, float]]:
    """Probes per second by batch: bare BLAS, FAISS as it comes, our search, whole decisions."""
    in_memory = np.array(matcher.index.vectors)  # aligned, as numpy wants it for BLAS
    faiss.omp_set_num_threads(threads)
    return [_throughput(matcher, in_memory, batch, repeats, clock) for batch in BATCHES]


def _throughput(
    matcher: Matcher, in_memory: FloatArray, batch: int, repeats: int, clock: Clock
) -> dict[str, float]:
    probes = unit_rows(batch, seed=1)
    work: dict[str, Work] = {
        "blas": lambda: multiply(probes, in_memory),
        "faiss": lambda: with_settings(
            FAISS_OWN, lambda: matcher.index.on_cpu.search(probes, DEPTH)
        ),
        "search": lambda: search(matcher.index, probes, DEPTH),
        "match": lambda: matcher.match(probes, THRESHOLD, TOP_K),
    }
    seconds = medians_s(work, repeats, clock)
    per_s = {name: batch / value for name, value in seconds.items()}
    return {"batch": batch, **per_s, "share_of_blas": per_s["match"] / per_s["blas"]}


def multiply(probes: FloatArray, templates: FloatArray) -> None:
    """Every score, into one buffer over and over."""
    rows = min(len(templates), max(BLAS_ROWS, SCORES_AT_ONCE // len(probes)))
    buffer = np.empty(len(probes) * rows, np.float32)
    for start in range(0, len(templates), rows):
        part = templates[start : start + rows]
        scores = buffer[: len(probes) * len(part)].reshape(len(probes), len(part))
        np.matmul(probes, part.T, out=scores)


def with_settings(settings: Mapping[str, int], run: Work) -> object:
    """``run`` with FAISS' global settings changed, ours after it."""
    for name, value in settings.items():
        setattr(faiss.cvar, name, value)
    try:
        return run()
    finally:
        for name, value in OURS.items():
            setattr(faiss.cvar, name, value)


def memory(home: Path, name: str) -> list[Figures]:
    """MiB of ``SHARERS`` processes while each has the gallery open and has searched it."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(SHARERS), context.Queue()
    sharers = [
        context.Process(target=_share, args=(home, name, barrier, answers)) for _ in range(SHARERS)
    ]
    for process in sharers:
        process.start()
    found = [answers.get(timeout=SHARERS_S) for _ in sharers]
    for process in sharers:
        process.join()
    return found


def _share(home: Path, name: str, barrier: Barrier, answers: Queue[Figures]) -> None:
    before = footprint_mib()
    matcher = open_matcher(load_snapshot(home, name), "cpu")
    matcher.match(unit_rows(16, seed=2), THRESHOLD, TOP_K)
    barrier.wait()
    after = footprint_mib()
    barrier.wait()
    answers.put({key: after[key] - before[key] for key in after})


def footprint_mib() -> Figures:
    """This process's own pages, pages mapped from files, and its fair share of both."""
    rollup = _kib(Path("/proc/self/smaps_rollup").read_text().splitlines())
    status = _kib(Path("/proc/self/status").read_text().splitlines())
    return {"own": status["RssAnon"] / 1024, "mapped": status["RssFile"] / 1024,
            "share": rollup["Pss"] / 1024}  # fmt: skip


def _kib(lines: Iterable[str]) -> dict[str, int]:
    fields = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(value) for name, value, _ in fields}


def still_against(
    matcher: Matcher, home: Path, pack: str, picture: Path, threads: int, repeats: int
) -> Figures:
    """Milliseconds for a still, models loaded and gallery open: in all, and its parts."""
    cv2.setNumThreads(threads)
    config = Config()
    stages = open_stages(load_pack(home, pack), config, threads)
    segment = Segment("still", "still", str(picture), "still", 0, None, None)
    frame = next(open_stills(segment, LocalFile(segment.uri)))
    probe = unit_rows(1, seed=3)

    def whole() -> object:
        frames = open_stills(segment, LocalFile(segment.uri))
        return scan_segment(segment, frames, Search(stages, matcher, THRESHOLD, config))

    whole()
    work: dict[str, Work] = {
        "whole": whole,
        "decoding": lambda: next(open_stills(segment, LocalFile(segment.uri))),
        **detections(stages, frame, config),
        "search_of_one_probe": lambda: matcher.match(probe, THRESHOLD, TOP_K),
    }
    return {name: 1000 * value for name, value in medians_s(work, repeats).items()}


def detections(stages: FaceStages, frame: Any, config: Config) -> dict[str, Work]:
    """Detection in all sizes, and in each alone."""
    sides_px, smallest_px = config.detect.still_long_sides_px, config.quality.min_face_px

    def look(sides: tuple[int, ...]) -> Work:
        return lambda: detect_in_still(stages.still_detector, frame, sides, smallest_px)

    each = {f"detection_{side}_px": look((side,)) for side in sides_px}
    return {"detection": look(sides_px), **each}


def measure(arguments: argparse.Namespace) -> dict[str, object]:
    home, name = arguments.home.resolve(), f"search-benchmark-{arguments.templates}"
    pack = load_pack(home, arguments.pack)
    folder = home / "galleries" / name
    path = folder / "snapshots" / f"{arguments.templates:012x}"
    try:
        started = perf_counter()
        if not path.is_dir():
            identity = (pack.manifest.pack_id, pack.manifest.identity)
            write_gallery(home, name, arguments.templates, *identity)
        writing_s = perf_counter() - started
        figures: dict[str, object] = {
            "machine": describe_machine(),
            "templates": arguments.templates,
            "threads": arguments.threads,
            "clock": arguments.clock,
            "writing_s": writing_s,
            "bytes": {file.name: file.stat().st_size for file in sorted(path.iterdir())},
            "opening_s": opening(home, name, path),
            "memory_mib": memory(home, name),
        }
        matcher = open_matcher(load_snapshot(home, name), "cpu", arguments.threads)
        if arguments.still:
            figures["still_ms"] = still_against(
                matcher, home, arguments.pack, arguments.still, arguments.threads, 7
            )
        figures["probes_per_s"] = throughput(
            matcher, arguments.threads, arguments.repeats, CLOCKS[arguments.clock]
        )
        return figures
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)


def show(figures: Mapping[str, Any]) -> None:
    console = Console()
    console.print(f"{figures['templates']:,} templates, {figures['threads']} threads")
    _show_rows(console, "opening, s", [figures["opening_s"]], ".3f")
    _show_rows(console, "memory of processes that share the gallery, MiB",
               figures["memory_mib"], ".0f")  # fmt: skip
    _show_rows(
        console, f"probes per second ({figures['clock']} clock)", figures["probes_per_s"], ".4g"
    )
    if "still_ms" in figures:
        _show_rows(console, "a still, ms", [figures["still_ms"]], ".1f")


def _show_rows(console: Console, title: str, rows: list[Mapping[str, float]], number: str) -> None:
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*(format(value, number) for value in row.values()))
    console.print(table)


def with_threads(threads: int) -> None:
    """Start again with the thread counts that numpy's BLAS and OpenMP read when they load."""
    wanted = {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        command = [sys.executable, "-m", "benchmarks.search", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **wanted})


def main() -> None:
    parser = argparse.ArgumentParser(description="Search at scale, on the CPU.")
    parser.add_argument("--templates", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="'cpu' counts processor time: where others compute, with --threads 1",
    )
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    parser.add_argument("--pack", default="open")
    parser.add_argument("--still", type=Path, help="a picture to find, embed and search")
    parser.add_argument("--keep", action="store_true", help="leave the gallery in the home")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    arguments = parser.parse_args()
    with_threads(arguments.threads)
    figures = measure(arguments)
    show(figures)
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
