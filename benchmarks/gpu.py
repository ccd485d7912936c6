"""What a GPU does: detection, templates, footage end to end, its own load, and search.

    python -m benchmarks.gpu --home lfr-data --out gpu.json [--clip FILE] [--templates 1000000 …]

One run measures everything and prints a table; without a GPU it says so and ends with 2. Without
``--clip`` the benchmark's street is rendered, for which its material must be within reach.
``--device cpu`` takes the same measurements on the processor, to try them out. Galleries are random
directions; one is written into ``--home`` and removed again, 10 million templates take 5 GB in the
system's temporary folder.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import mean, median
from time import perf_counter

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.clips import DEFAULT_FOLDER, render_clips
from benchmarks.machine import describe_machine
from benchmarks.synthetic_gallery import unit_rows, write_gallery
from lfr_batch.config.schema import Config, InferenceConfig, S3Config
from lfr_batch.errors import DeviceUnavailable, LfrError
from lfr_batch.footage.nvdec import nvdec_obstacle
from lfr_batch.footage.pyav_input import open_video
from lfr_batch.gallery.faiss_index import Device, build_index, open_index, search, write_index
from lfr_batch.models.agreement import open_detector_session, open_embedder_session
from lfr_batch.models.devices import available_cores, cuda_is_usable, tensorrt_is_usable
from lfr_batch.models.sessions import Session
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.pipeline.search import SearchSpec
from lfr_batch.pipeline.worker import ProcessSegment, WorkerSpec, open_worker
from lfr_batch.records import ByteArray, Segment
from lfr_batch.results.layout import NO_EPOCH

Row = dict[str, str | float]

BATCHES = (1, 2, 4, 8, 16, 32, 64)
DETECTOR_HW = (480, 832)
FACE_HW = (112, 112)
PICTURES = {"cuda": 1024, "cpu": 16}
"""Pictures of one timed pass, and at least ``LEAST_BATCHES``."""
LEAST_BATCHES = {"cuda": 8, "cpu": 1}
PASSES = 3
PROBES = (1, 64, 1024)
BLOCK = 100_000
DEPTH = 40
GALLERY, GALLERY_TEMPLATES = "gpu-benchmark", 10_000
THRESHOLD = 0.5
DONE = "done"
SAMPLED_MS = 200
GPU_STATE = "utilization.gpu,utilization.decoder,memory.used"


def speeds(session: Session, size_hw: tuple[int, int], device: str) -> Iterator[tuple[int, float]]:
    """Pictures per second by batch, several batches under way as in a scan."""
    for size in BATCHES:
        count = max(LEAST_BATCHES[device], PICTURES[device] // size)
        batch = np.random.default_rng(size).integers(0, 256, (size, *size_hw, 3), np.uint8)
        _drain(session, [batch] * 2)
        work = partial(_drain, session, [batch] * count)
        passes = [elapsed_s(work) for _ in range(PASSES)]
        yield size, count * size / median(passes)


def _drain(session: Session, batches: Sequence[ByteArray]) -> None:
    for _ in session.run_all(batches):
        pass


def elapsed_s(run: Callable[[], object]) -> float:
    started = perf_counter()
    run()
    return perf_counter() - started


def inference(pack: Pack, device: Device, threads: int) -> Iterator[Row]:
    for precision in precisions(device):
        settings = InferenceConfig.model_validate({"device": device, "precision": precision})
        for what, open_session, size_hw in (
            ("detection, frames/s", open_detector_session, DETECTOR_HW),
            ("templates/s", open_embedder_session, FACE_HW),
        ):
            try:
                session = open_session(pack, settings, threads, threads)
            except LfrError as error:
                yield {"what": what, "setting": precision, "figure": "refused", "note": str(error)}
                continue
            for size, per_s in speeds(session, size_hw, device):
                setting = f"{session.description}, batch {size}"
                yield {"what": what, "setting": setting, "figure": round(per_s, 1)}


def precisions(device: Device) -> tuple[str, ...]:
    if device == "cpu":
        return ("auto",)
    return ("f32", "tf32", "f16") if tensorrt_is_usable() else ("f32", "tf32")


def footage(
    home: Path, pack: Pack, clip: Path, device: Device, workers: Sequence[int]
) -> Iterator[Row]:
    """The clip from file to shards: × real time of all workers together, and the GPU's load."""
    with open_video(str(clip), S3Config()) as video:
        duration_s = video.duration_s or 0.0
    snapshot = write_gallery(
        home, GALLERY, GALLERY_TEMPLATES, pack.manifest.pack_id, pack.manifest.identity
    )
    decoders = ["cpu"] if device == "cpu" or nvdec_obstacle() else ["cpu", "nvdec"]
    try:
        for decode in decoders:
            for count in workers:
                config = scan_config(pack, device, decode, count)
                with tempfile.TemporaryDirectory() as results:
                    search = SearchSpec(home, home, GALLERY, snapshot.name, THRESHOLD, config)
                    spec = WorkerSpec(search, results, "gpu-benchmark", NO_EPOCH)
                    yield from _footage(spec, clip, duration_s, count)
    finally:
        shutil.rmtree(home / "galleries" / GALLERY, ignore_errors=True)


def scan_config(pack: Pack, device: Device, decode: str, workers: int) -> Config:
    return Config.model_validate(
        {
            "pack": pack.manifest.name,
            "footage": {"decode": decode},
            "detect": {"batch": 32},
            "inference": {"device": device, "embed_batch": 64},
            "engine": {
                "cpus_per_worker": max(1.0, available_cores() / workers),
                "gpus_per_worker": 1.0 / workers if device == "cuda" else 0.0,
            },
        }
    )


def _footage(spec: WorkerSpec, clip: Path, duration_s: float, workers: int) -> Iterator[Row]:
    segments = [
        Segment(f"{i:032x}", "clip", str(clip), "video", 0, None, duration_s)
        for i in range(3 * workers)
    ]
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _prepare, (spec, context.Barrier(workers))) as pool:
        statuses = pool.map(_open_and_scan, segments[:workers], chunksize=1)
        with gpu_load() as load:
            started = perf_counter()
            if set(statuses) == {DONE}:
                statuses = pool.map(_scan, segments[workers:], chunksize=1)
            wall_s = perf_counter() - started
    setting = f"{workers} workers, decode {spec.config.footage.decode}"
    if failed := [status for status in statuses if status != DONE]:
        yield {"what": "footage", "setting": setting, "figure": "failed", "note": failed[0]}
        return
    speed = 2 * workers * duration_s / wall_s
    yield {"what": "footage, × real time", "setting": setting, "figure": round(speed, 1)}
    for name, values in load.items():
        figure = round(mean(values), 1)
        yield {"what": f"GPU, mean {name}", "setting": setting, "figure": figure}


@dataclass
class _Here:
    """A measured process: what it is to do, and its worker once that is open."""

    spec: WorkerSpec
    all_open: Barrier
    process: ProcessSegment | None = None


_HERE: list[_Here] = []


def _prepare(spec: WorkerSpec, all_open: Barrier) -> None:
    _HERE[:] = [_Here(spec, all_open)]


def _open_and_scan(segment: Segment) -> str:
    """Comes back once every process has done so: each gets exactly one."""
    here = _HERE[0]
    try:
        here.process = open_worker(here.spec)
        return _scan(segment)
    except LfrError as error:
        return str(error)
    finally:
        here.all_open.wait()


def _scan(segment: Segment) -> str:
    process = _HERE[0].process
    if process is None:
        raise RuntimeError("the worker has not been opened")
    outcome = process(segment)
    return outcome.error or outcome.status


@contextmanager
def gpu_load() -> Iterator[dict[str, list[float]]]:
    """What nvidia-smi sees meanwhile, by name of the figure; filled at the end, empty without."""
    found: dict[str, list[float]] = {}
    tool = shutil.which("nvidia-smi")
    if tool is None:
        yield found
        return
    command = [tool, "-i", "0", f"--query-gpu={GPU_STATE}", "--format=csv,noheader,nounits"]
    with subprocess.Popen(
        [*command, "-lms", str(SAMPLED_MS)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield found
        finally:
            process.terminate()
            lines, _ = process.communicate()
            found.update(parse_load(lines))


def parse_load(lines: str) -> dict[str, list[float]]:
    """Figures by name, without lines that are cut off or lack what a GPU does not tell."""
    names = GPU_STATE.split(",")
    found: dict[str, list[float]] = {}
    for line in lines.splitlines():
        values = [value.strip() for value in line.split(",")]
        if len(values) == len(names) and all(value.isdecimal() for value in values):
            for name, value in zip(names, values, strict=True):
                found.setdefault(name, []).append(float(value))
    return found


def searches(templates: int, device: Device, threads: int) -> Iterator[Row]:
    """Median time of a search, the gallery open; and whether the CPU gives the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.faiss"
        blocks = (unit_rows(min(BLOCK, templates - i), i) for i in range(0, templates, BLOCK))
        write_index(build_index(blocks), path)
        index, on_cpu = open_index(path, device, threads), open_index(path, "cpu", threads)
        for probes in PROBES:
            queries = unit_rows(probes, seed=templates + probes)
            rows = search(index, queries, DEPTH)[1]
            times_s = [elapsed_s(partial(search, index, queries, DEPTH)) for _ in range(21)]
            setting = f"{templates:,} templates, {probes} probes, on {index.device}"
            yield {
                "what": "search p50, ms",
                "setting": setting,
                "figure": round(1000 * median(times_s), 2),
            }
            if probes == PROBES[1]:
                same = np.array_equal(rows, search(on_cpu, queries, DEPTH)[1])
                yield {"what": "the same rows as the CPU", "setting": setting, "figure": str(same)}


def measure(arguments: argparse.Namespace) -> Iterator[Row]:
    pack = load_pack(arguments.home.resolve(), arguments.pack)
    device: Device = arguments.device
    threads = min(available_cores(), 16)
    cv2.setNumThreads(threads)
    yield from inference(pack, device, threads)
    clip = arguments.clip or _street()
    yield from footage(arguments.home.resolve(), pack, clip.resolve(), device, arguments.workers)
    for templates in arguments.templates:
        yield from searches(templates, device, threads)


def _street() -> Path:
    return render_clips(DEFAULT_FOLDER, DEFAULT_FOLDER / "archives", ["street"])["street"]


def require_gpu(device: Device) -> None:
    """Raises DeviceUnavailable."""
    if device == "cuda" and not cuda_is_usable():
        raise DeviceUnavailable(
            "No GPU can be used here, so nothing was measured: on a machine with one, "
            "`make setup-gpu` installs what is needed."
        )


def read_arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a GPU does.")
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    parser.add_argument("--pack", default="open")
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--templates", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--out", type=Path)
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    arguments = read_arguments(given)
    rows: list[Row] = []
    try:
        require_gpu(arguments.device)
        for row in measure(arguments):
            rows.append(row)
            print(*row.values(), sep=" | ", file=sys.stderr, flush=True)
    except LfrError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        if rows and arguments.out:
            report = {"machine": describe_machine(), "figures": rows}
            arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    Console(width=120).print(as_table(rows))
    return 0


def as_table(rows: Sequence[Row]) -> Table:
    table = Table("what", "setting", "figure")
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("what", "setting", "figure")))
    return table


if __name__ == "__main__":
    sys.exit(main())
