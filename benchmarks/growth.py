"""The cost of growth: a measured curve, and from it what breaks first in an archive of 1e6 hours.

    python -m benchmarks.growth --home lfr-data --gallery NAME --clips SEEN OTHER --out growth.json

Two measurements. The whole product over 10, 100 and 1,000 copies of small clips (every tenth is
the first of ``--clips``), in process and on Ray; left out without ``--clips``. And the driver
alone, with real records of an archive that does not exist, in the two sizes of ``--synthetic``:
the slope between them is the cost of a segment. ``--work`` is where it is written, and removed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from benchmarks.growth_driver import PICTURE_BYTES
from benchmarks.growth_model import (
    MIB,
    Archive,
    Costs,
    Design,
    Figure,
    Limits,
    forecast,
    largest_run_hours,
)
from benchmarks.growth_product import Point, measure
from benchmarks.machine import describe_machine
from lfr_batch.results.ledger import FAN, LEVELS
from lfr_batch.results.publish import PART_BYTES
from lfr_batch.scanning.execute import LEDGER_BLOCK

PART_ROWS = 500_000
"""Of sightings and candidates, in 64 MiB, about."""
IN_RAY = 4096
"""Segments in the hands of a large cluster's workers; none waits in Ray."""
DESIGN = Design(IN_RAY, LEDGER_BLOCK, FAN, LEVELS, PART_ROWS, PART_BYTES)
DRIVER_PHASES = ("plan", "receipts", "shards", "resume", "publish")
ENGINES = ("in_process", "ray")

Numbers = dict[str, float]


def costs_of(small: Mapping[str, Numbers], large: Mapping[str, Numbers]) -> Costs:
    """What a segment costs: the slope between two sizes of the same archive, phase by phase.

    ``small`` and ``large`` map a phase to its numbers, each with its number of ``segments``.
    """

    def slope(phase: str, name: str) -> float:
        rise = large[phase][name] - small[phase][name]
        return max(rise / (large[phase]["segments"] - small[phase]["segments"]), 0.0)

    resume, publish = large["resume"], large["publish"]
    segments = resume["segments"]
    plan_bytes, files_bytes = slope("resume", "plan_bytes"), slope("resume", "files_bytes")
    pictures = large["shards"]["shards"] * PICTURE_BYTES
    return Costs(
        base_bytes=resume["base_bytes"],
        plan_bytes=plan_bytes,
        waiting_bytes=slope("resume", "waiting_bytes"),
        receipt_bytes=max(slope("publish", "peak_bytes") - plan_bytes - files_bytes, 0.0),
        asset_bytes=files_bytes * segments / resume["files"],
        block_bytes=slope("ray", "blocks_bytes"),
        ledger_bytes=large["receipts"]["ledger_bytes"] / segments,
        lake_bytes=max(publish["lake_bytes"] - pictures, 0.0) / segments,
        open_s=slope("resume", "cpu_s"),
        publish_s=slope("publish", "cpu_s"),
        submit_s=slope("ray", "first_cpu_s"),
        drive_s=large["ray"]["drive_cpu_s"],
    )


def measure_driver(segments: int, ray_items: int, work: Path) -> dict[str, Numbers]:
    root = work / f"driver-{segments}"
    found = {phase: _phase(phase, segments, root) for phase in DRIVER_PHASES}
    shutil.rmtree(root)
    return found | {"ray": _phase("ray", ray_items, root)}


def _phase(phase: str, segments: int, root: Path) -> Numbers:
    command = [sys.executable, "-m", "benchmarks.growth_driver", phase, str(segments), str(root)]
    started = perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    numbers: Numbers = json.loads(done.stdout.splitlines()[-1])
    return numbers | {"segments": segments, "wall_s": perf_counter() - started}


def curve_table(points: Sequence[Point]) -> Table:
    table = Table(title="The whole product, copies of small clips", box=None)
    for column in ("engine", "segments", "scan s", "driver MiB", "worker MiB", "sql s", "resume s",
                   "ledger files", "ledger kB", "lake files", "lake kB"):  # fmt: skip
        table.add_column(column, justify="right")
    for p in points:
        table.add_row(
            p.engine, str(p.segments), f"{p.scan_s:.1f}", f"{p.driver_peak_bytes / MIB:.0f}",
            f"{p.worker_peak_bytes / MIB:.0f}", f"{p.sql_s:.1f}", f"{p.resume_s:.1f}",
            str(p.ledger_files), f"{p.ledger_bytes / 1000:.0f}", str(p.lake_files),
            f"{p.lake_bytes / 1000:.0f}",
        )  # fmt: skip
    return table


def costs_table(costs: Costs) -> Table:
    table = Table(title="The driver alone, per segment", box=None)
    table.add_column("cost")
    table.add_column("measured", justify="right")
    for name, value in asdict(costs).items():
        shown = f"{value * 1e6:,.0f} µs" if name.endswith("_s") else f"{value:,.0f} B"
        table.add_row(name.rpartition("_")[0].replace("_", " "), shown)
    return table


def forecast_table(archive: Archive, figures: Sequence[Figure]) -> Table:
    title = f"One run over {archive.hours:,.0f} hours: {archive.segments:,} segments (a forecast)"
    table = Table(title=title, box=None)
    table.add_column("what")
    for column in ("there", "limit", "breaks at, hours"):
        table.add_column(column, justify="right")
    for f in figures:
        limit = "–" if f.limit is None else f"{f.limit:,.0f} {f.unit}"
        breaks = "–" if f.breaks_at_hours is None else f"{f.breaks_at_hours:,.0f}"
        table.add_row(f.what, f"{f.value:,.0f} {f.unit}", limit, breaks)
    return table


def advice(figures: Sequence[Figure]) -> str:
    hours = largest_run_hours(figures)
    if hours is None:
        return "Nothing breaks: one run may take the whole archive."
    return f"{figures[0].what} breaks first: split the archive into runs of at most {hours:,.0f} h."


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of growth.")
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    parser.add_argument("--gallery")
    parser.add_argument("--clips", type=Path, nargs="+", default=[])
    parser.add_argument("--segments", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--synthetic", type=int, nargs=2, default=[120_000, 600_000])
    parser.add_argument("--ray-items", type=int, nargs=2, default=[300, 3000])
    parser.add_argument("--hours", type=float, default=1e6)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.clips and not asked.gallery:
        parser.error("--clips needs --gallery")
    with tempfile.TemporaryDirectory(dir=asked.work) as folder:
        found = _measure(asked, Path(folder))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n")


def _measure(asked: argparse.Namespace, work: Path) -> dict[str, object]:
    console, machine = Console(), describe_machine()
    points = [
        measure(engine, n, asked.clips, asked.home.absolute(), asked.gallery, work / "product")
        for n in asked.segments
        for engine in asked.engines
        if asked.clips
    ]
    if points:
        console.print(curve_table(points))
    sizes = zip(asked.synthetic, asked.ray_items, strict=True)
    small, large = (measure_driver(segments, items, work) for segments, items in sizes)
    costs, archive = costs_of(small, large), Archive(hours=asked.hours)
    figures = forecast(archive, costs, DESIGN, Limits())
    for shown in (costs_table(costs), forecast_table(archive, figures), advice(figures)):
        console.print(shown)
    return {
        "machine": machine,
        "product": [asdict(point) for point in points],
        "driver": [small, large],
        "costs": asdict(costs),
        "archive": asdict(archive),
        "forecast": [asdict(figure) for figure in figures],
    }


if __name__ == "__main__":
    main()
