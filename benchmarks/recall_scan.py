"""Footage with known answers through the whole product in this process, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import process_time
from typing import TypeVar

import numpy as np

from benchmarks.planted import Plant, PlantedClip, position
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.table import Engines
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.machinery import HERE
from lfr_batch.front.runs import run_order
from lfr_batch.oversight.authority import Authority
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.scanning.execute import OpenEngine
from lfr_batch.scanning.plan import Order
from lfr_batch.work.attempts import Runner, Tell
from lfr_batch.work.lost import NotNow

AUTHORITY = Authority("BENCHMARK", "benchmarks.recall", "measuring recall", "benchmark")
SIGHTINGS = """
SELECT s.subject_id, f.uri, s.start_s, s.end_s, s.best_s, s.box, s.score
FROM sightings s JOIN footage f USING (run_id, footage_id)
ORDER BY f.uri, s.start_s, s.subject_id
"""

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Found:
    """A sighting as the results lake tells it; ``file`` is a bare name."""

    subject_id: str
    file: str
    start_s: float
    end_s: float
    best_s: float
    box_xyxy: tuple[float, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found, and what it cost once the models were loaded."""

    found: tuple[Found, ...]
    threshold: float
    media_s: float
    frames_analysed: int
    cpu_s: float
    """Processor time of all threads: other work on the machine hardly shows in it."""
    wall_s: float


def enrol_gallery(home: Path, gallery: str, images: Path) -> tuple[str, ...]:
    """Enrol ``images/SUBJECT/*``. The reasons for which pictures were refused, by file."""
    order = EnrolOrder(gallery, images, None, (), AUTHORITY, None, Config(), home)
    refusals = enrol_order(order, machinery=HERE).enrolment.refusals
    return tuple(f"{Path(r.uri).name}: {r.reason}" for r in refusals)


def scan(footage: Sequence[Path], gallery: str, config: Config, home: Path, root: Path) -> Scan:
    """Scan the files as `lfr scan --engine in_process` does, into a new results root.

    Raises AssertionError if any of the footage cannot be searched.
    """
    inputs = tuple(str(path) for path in footage)
    order = Order("scan", inputs, None, gallery, AUTHORITY, None, config, home)
    engine, spent = metered()
    run = run_order(order, str(root), machinery=replace(HERE, joined=partial(_joined, engine)))
    assert run.status == "complete", run.result.progress.errors
    outcomes = run.result.outcomes.values()
    return Scan(
        found=tuple(_found(root)),
        threshold=run.threshold,
        media_s=sum(outcome.media_s for outcome in outcomes),
        frames_analysed=sum(outcome.frames_analysed for outcome in outcomes),
        cpu_s=sum(spent),
        wall_s=sum(outcome.wall_s for outcome in outcomes),
    )


def _found(root: Path) -> Iterator[Found]:
    for row in run_query(open_lake(root), SIGHTINGS).to_pylist():
        box = tuple(row.pop("box").values())
        yield Found(file=Path(row.pop("uri")).name, box_xyxy=box, **row)


@contextmanager
def _joined(engine: OpenEngine, config: EngineConfig) -> Iterator[Engines]:
    with HERE.joined(config) as engines:
        yield replace(engines, open=engine)


def metered() -> tuple[OpenEngine, list[float]]:
    """The in-process engine, and a list that it fills with the processor seconds of each item."""
    spent: list[float] = []

    def run_metered(
        open_worker: Callable[[Spec], Callable[[Item], Result]],
        spec: Spec,
        items: Iterable[Item | NotNow],
        together: int = 1,
    ) -> Iterator[Result]:
        assert together == 1, "the time of items that run at once cannot be told apart"
        process = open_worker(spec)
        for item in items:
            assert not isinstance(item, NotNow), "the footage is on a disk"
            started = process_time()
            result = process(item)
            spent.append(process_time() - started)
            yield result

    @contextmanager
    def engine(_config: EngineConfig, _tell: Tell) -> Iterator[Runner]:
        yield run_metered

    return engine, spent


@dataclass(frozen=True, slots=True)
class Visit:
    """A plant, and the sightings that are of it, in order of time."""

    clip: PlantedClip
    plant: Plant
    found: tuple[Found, ...]

    @property
    def start_s(self) -> float:
        return min(one.start_s for one in self.found)

    @property
    def end_s(self) -> float:
        return max(one.end_s for one in self.found)

    @property
    def score(self) -> float:
        return max(one.score for one in self.found)


def visits(clips: Iterable[PlantedClip], found: Sequence[Found]) -> list[Visit]:
    """Every plant of the clips, strangers too, whom nothing can be found of."""
    return [
        Visit(clip, plant, tuple(one for one in found if is_of(one, clip, plant)))
        for clip in clips
        for plant in clip.plants
    ]


def false_sightings(clips: Iterable[PlantedClip], found: Iterable[Found]) -> list[Found]:
    """Sightings in the clips that are of no plant."""
    by_file = {clip.file: clip for clip in clips}
    return [
        one
        for one in found
        if one.file in by_file
        and not any(is_of(one, by_file[one.file], plant) for plant in by_file[one.file].plants)
    ]


def is_of(one: Found, clip: PlantedClip, plant: Plant) -> bool:
    """Whether the sighting's best shot shows the plant: its person, at its place, in its time."""
    place = position(plant.path, one.best_s)
    if place is None or (one.file, one.subject_id) != (clip.file, plant.person):
        return False
    left, top, right, bottom = one.box_xyxy
    apart = np.hypot((left + right) / 2 - place[0], (top + bottom) / 2 - place[1])
    return bool(apart < plant.face_px / 2)
