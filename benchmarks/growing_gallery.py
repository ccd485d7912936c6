"""What it costs to add pictures to a large gallery: time, memory, disk.

The gallery is of random directions, through the product's own writers; the pictures are portraits
that installed packages carry, each a little different, and go the whole way of `lfr gallery add`.

Run as ``python -m benchmarks.growing_gallery --home HOME [--templates N] [--pictures M]``; HOME has
the open pack. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

import cv2
import numpy as np

import lfr_batch as lfr
from benchmarks.machine import describe_machine
from benchmarks.synthetic_gallery import write_gallery
from lfr_batch.config.schema import Config
from lfr_batch.enrolment.intake import EnrolOrder, basis_of, pack_of
from lfr_batch.enrolment.made_with import made_with
from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits
from lfr_batch.gallery.compared import write_pairs
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.recognition.settle import agree_here
from lfr_batch.work.attempts import unheard
from tests.one_case import ACTOR, ASTRONAUT, installed_picture

NAME = "growing"
STATED = lfr.Authority("benchmark", "benchmark", "benchmark", "benchmark")
SETTLED_S = 3.0
"""Younger files are not remembered as verified."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--templates", type=int, default=1_000_000)
    parser.add_argument("--pictures", type=int, default=100)
    arguments = parser.parse_args()
    with TemporaryDirectory(dir=arguments.home.parent) as scratch:
        figures = measure(arguments, Path(scratch))
    print(json.dumps(figures, indent=1))


def measure(arguments: argparse.Namespace, scratch: Path) -> Mapping[str, object]:
    home = scratch / "home"
    home.mkdir()
    (home / "models").symlink_to((arguments.home / "models").resolve())
    write_base(home, scratch, arguments.templates)
    gallery = home / "galleries" / NAME
    settings = lfr.Settings(None, {"engine.kind": "in_process"}, home=home, results=scratch / "out")
    steps: dict[str, Callable[[], object]] = {}
    for step in ("first add", "second add"):
        pictures = lay_out(scratch / step, step, arguments.pictures)
        steps[step] = partial(lfr.add_to_gallery, NAME, pictures, STATED, settings=settings)
    steps["nothing new"] = steps["second add"]
    figures: dict[str, object] = {
        "machine": describe_machine(),
        "templates": arguments.templates,
        "pictures": arguments.pictures,
        "bytes_before": bytes_in(gallery),
    }
    for step, work in steps.items():
        sleep(SETTLED_S)
        before = bytes_in(gallery)
        with metered() as meter:
            work()
        figures[step] = {**meter, "more_bytes": bytes_in(gallery) - before}
    snapshot = load_snapshot(home, NAME)
    figures["templates_after"] = len(snapshot.templates)
    figures["segments"] = len(snapshot.parts)
    return figures


def write_base(home: Path, scratch: Path, templates: int) -> None:
    """As an enrolment with today's settings would have left it, its pairs compared."""
    config = Config()
    order = EnrolOrder(NAME, scratch, None, (), STATED, None, config, home)
    pack = pack_of(home, config)
    how = made_with(config, None, basis_of(order, pack, agree_here, unheard).settled)
    spec = pack.manifest
    path = write_gallery(home, NAME, templates, spec.pack_id, spec.identity, made_with=how)
    limits = PairLimits(config.enrol.duplicate_score, config.enrol.same_picture_score)
    write_pairs(path, ClosePairs(), limits)


def lay_out(folder: Path, seed: str, count: int) -> Path:
    """Portraits, none the same twice: scaled and lit a little differently."""
    rng = np.random.default_rng(list(seed.encode()))
    portraits = [installed_picture(source) for source in (ASTRONAUT, ACTOR)]
    for number in range(count):
        picture = portraits[number % 2]
        scale, light = rng.uniform(0.9, 1.1), rng.uniform(0.85, 1.15)
        scaled = cv2.resize(picture, None, fx=scale, fy=scale)
        lit = np.clip(scaled.astype(np.float32) * light, 0, 255).astype(np.uint8)
        (folder / f"N{seed[0]}{number:05d}").mkdir(parents=True)
        cv2.imwrite(str(folder / f"N{seed[0]}{number:05d}" / "portrait.jpg"), lit)
    return folder


def bytes_in(folder: Path) -> int:
    """On disk: a file of two names once."""
    stats = {path.stat().st_ino: path.stat() for path in folder.rglob("*") if path.is_file()}
    return sum(stat.st_blocks * 512 for stat in stats.values())


@contextmanager
def metered() -> Iterator[dict[str, Any]]:
    """Seconds, processor seconds (children's too), and the most memory that was not mapped files,
    of this process, in MiB."""
    found: dict[str, Any] = {}
    over, most = threading.Event(), [0]

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], anonymous_kib())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    began, used = perf_counter(), processor_s()
    try:
        yield found
    finally:
        found["wall_s"] = round(perf_counter() - began, 1)
        found["processor_s"] = round(processor_s() - used, 1)
        over.set()
        thread.join()
        found["peak_own_mib"] = most[0] >> 10


def anonymous_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def processor_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


if __name__ == "__main__":
    main()
