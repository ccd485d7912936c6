"""A scene through `lfr scan`, the product's defaults, against what the machine decodes of it.

The clip lies there many times over, under names of its own, as an archive would. Speed is taken
when all workers are warm; starting up is a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from time import perf_counter

from benchmarks.gpu.bench import Bench, Device, Scene
from benchmarks.gpu.decoding import frame_rate, limit_frames_per_s
from benchmarks.gpu.load import Load, gpu_load
from benchmarks.gpu.people import require_people
from benchmarks.gpu.scan import Scan, Speed, Until, scan, steady_speed
from benchmarks.rows import NOT_MEASURED, REFUSED, Row, refused
from lfr_batch.models.devices import available_cores

COPIES: Mapping[Device, int] = {"cuda": 96, "cpu": 12}
ENOUGH, QUICKLY = Until(after_s=16.0, rounds=3), Until(after_s=6.0, rounds=2)
PEOPLE = "people found"
OPTIONS: Mapping[Scene, str] = {"street": "--clip", "wall": "--static"}


def street(bench: Bench, known: Sequence[Row]) -> Iterator[Row]:
    yield from of_scene("street", bench, known)


def wall(bench: Bench, known: Sequence[Row]) -> Iterator[Row]:
    yield from of_scene("wall", bench, known)


def copies(clip: Path, folder: Path, count: int) -> list[Path]:
    """The clip under ``count`` names: links, so that no byte is there twice."""
    folder.mkdir(parents=True)
    paths = [folder / f"{number:03}{clip.suffix}" for number in range(count)]
    for path in paths:
        path.symlink_to(clip)
    return paths


def of_scene(scene: Scene, bench: Bench, known: Sequence[Row]) -> Iterator[Row]:
    if scene not in bench.clips:
        yield Row(scene, "", NOT_MEASURED, note=f"no clip: name it with {OPTIONS[scene]}")
        return
    clip, config = bench.clips[scene], bench.config()
    require_people(bench)
    folder = bench.scratch / scene
    paths = copies(clip, folder / "clips", COPIES[bench.device])
    limit, until = limit_frames_per_s(known, scene), QUICKLY if bench.quick else ENOUGH
    with gpu_load() as load:

        def tell(found: Scan) -> None:
            for row in rows_of(scene, found, limit and limit / frame_rate(clip), load):
                bench.tell(row)

        found = scan(bench.home, folder / "results", paths, config, until, tell)
    in_all_s = perf_counter() - found.started_s
    yield Row(f"{scene}: in all, start and end included", "", round(in_all_s, 2), "s")


def rows_of(scene: Scene, found: Scan, limit: float | None, load: Load) -> Iterator[Row]:
    """``limit`` in × real time."""
    speed = steady_speed(found.receipts, found.to_the_end)
    if found.failures:
        count = len(found.failures)
        yield Row(scene, f"{count} segments failed", REFUSED, note=found.failures[0])
    if speed is None:
        yield refused(scene, "defaults", RuntimeError("no segment was searched"))
        return
    setting = f"{speed.at_once} segments at once"
    took = [receipt.wall_s for receipt in found.receipts]
    yield Row(
        scene,
        setting,
        round(speed.times_real_time, 1),
        "× real time",
        limit,
        f"{speed.segments} of {len(found.receipts)} segments, {mean(took):.1f} s each",
        {"people": found.people},
    )
    yield from _about(scene, found, speed, load)


def _about(scene: Scene, found: Scan, speed: Speed, load: Load) -> Iterator[Row]:
    to_first = min(receipt.at_s - receipt.wall_s for receipt in found.receipts)
    for what, figure in (
        ("probing and planning", found.planned_s - found.started_s),
        ("from the plan to the first segment", to_first - found.planned_s),
    ):
        yield Row(f"{scene}: {what}", "", round(figure, 2), "s")
    cores = float(available_cores())
    yield Row(f"{scene}: cores busy", "", round(speed.busy_cores, 2), "cores", cores)
    for name, figure in load.means(speed.from_s, speed.until_s).items():
        what, _, unit = name.partition(", ")
        yield Row(f"{scene}: GPU, mean {what}", "", figure, unit)
    people = next(iter(found.people.values()), {})
    yield Row(f"{scene}: {PEOPLE}", "one clip", float(len(people)), "people")
