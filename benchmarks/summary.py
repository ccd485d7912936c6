"""From measurements to what they say: medians, ratios within a round, the limit, targets. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measures import Hit, Measure
from benchmarks.tasks import (
    DEFAULT_STATIC,
    DEFAULT_STREET,
    EVERY,
    EVERY_1080P,
    EVERY_MINUTE,
    INSIGHTFACE,
    OVERHEAD,
    OVERHEAD_STATIC,
    PARTS,
    STARTUP,
    Task,
)

Spans = Sequence[tuple[float, float]]
Rounds = Mapping[Task, Sequence[Measure]]
"""Of each task one measure per round, in order."""

TOLERANCE_S = 1.0
"""A hit may begin or end this much outside the visit that it belongs to."""
OURS = frozenset(
    {"every", "gated", "default", "quick", "quick_default", "thorough", "thorough_default"}
)
NOT_LOOPS = frozenset({"parts", "startup", "overhead"})


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds. Rates are per second of wall-clock time."""

    contender: str
    footage: str
    frames_per_s: float
    looks_per_s: float
    times_real_time: float
    cpu_s_per_minute: float
    """CPU seconds per minute of footage."""
    peak_mib: float
    visits: int
    visits_found: int
    score: float | None
    """The known person's best."""
    hits: tuple[Hit, ...]
    stray_hits: int
    """Hits outside every visit: false alarms."""
    against_insightface: float | None
    """Frames of footage per second, as a multiple of the InsightFace loop's in the same round."""
    share_of_limit: float | None


@dataclass(frozen=True, slots=True)
class Target:
    """``figure`` is None where this run did not measure it."""

    name: str
    figure: float | None
    goal: float
    at_least: bool = True

    @property
    def reached(self) -> bool | None:
        if self.figure is None:
            return None
        return self.figure >= self.goal if self.at_least else self.figure <= self.goal


def row_of(task: Task, rounds: Rounds, visits: Spans) -> Row:
    """``visits``: when the known person is to be seen in the clip, in seconds."""
    measures = rounds[task]
    due = expected(visits, task.until_s)
    found = [found_visits(due, measure.hits) for measure in measures]
    worst = measures[found.index(min(found))]
    return Row(
        contender=task.contender,
        footage=task.footage,
        frames_per_s=median(frames_per_s(m) for m in measures),
        looks_per_s=median(m.looks / m.wall_s for m in measures),
        times_real_time=median(m.media_s / m.wall_s for m in measures),
        cpu_s_per_minute=median(60 * m.cpu_s / m.media_s for m in measures),
        peak_mib=median(m.peak_mib for m in measures),
        visits=len(due),
        visits_found=min(found),
        score=max((hit.score for hit in worst.hits), default=None),
        hits=worst.hits,
        stray_hits=max(stray_hits(visits, m.hits) for m in measures),
        against_insightface=_against_insightface(task, rounds),
        share_of_limit=_share_of_limit(task, rounds),
    )


def rows_of(rounds: Rounds, visits: Mapping[str, Spans]) -> list[Row]:
    return [row_of(task, rounds, visits[task.clip]) for task in rounds if is_loop(task)]


def is_loop(task: Task) -> bool:
    return task.contender not in NOT_LOOPS


def frames_per_s(measure: Measure) -> float:
    return measure.frames / measure.wall_s


def limit_for(measure: Measure, parts: Mapping[str, float]) -> float:
    """Frames/s of a program that did nothing but decode, detect and embed, for work like this.

    ``parts`` holds ``decode_s``, ``quick_s``, ``thorough_s`` and ``embed_s``, each of which kept
    every core busy, so that they add up. A template per track is the least that will do.
    """
    seconds = (
        measure.frames * parts["decode_s"]
        + (measure.looks - measure.thorough) * parts["quick_s"]
        + measure.thorough * parts["thorough_s"]
        + measure.tracks * parts["embed_s"]
    )
    return measure.frames / seconds


def expected(visits: Spans, until_s: float | None) -> list[tuple[float, float]]:
    """The visits of which at least the first half is in the footage up to ``until_s``."""
    return [(a, b) for a, b in visits if until_s is None or (a + b) / 2 <= until_s]


def found_visits(visits: Spans, hits: Sequence[Hit]) -> int:
    return sum(any(_belongs(hit, visit) for hit in hits) for visit in visits)


def stray_hits(visits: Spans, hits: Sequence[Hit]) -> int:
    return sum(not any(_belongs(hit, visit) for visit in visits) for hit in hits)


def targets_of(rounds: Rounds, rows: Sequence[Row]) -> list[Target]:
    """What is asked for on two CPU cores, and what this run says to it."""
    by_key = {(row.contender, row.footage): row for row in rows}

    def of(task: Task, figure: str) -> float | None:
        row = by_key.get((task.contender, task.footage))
        value: float | None = getattr(row, figure, None)
        return value

    ours = [row for row in rows if row.contender in OURS]
    lost = sum(row.visits - row.visits_found for row in ours)
    return [
        Target("every frame, times InsightFace's loop", of(EVERY, "against_insightface"), 11.0),
        Target("visits of the known person lost", float(lost) if ours else None, 0.0, False),
        Target("every frame, share of the limit", of(EVERY_MINUTE, "share_of_limit"), 0.70),
        Target("defaults, street, × real time", of(DEFAULT_STREET, "times_real_time"), 20.0),
        Target("on Ray, street, × real time", _ray_speed(rounds, OVERHEAD), 20.0),
        Target("defaults, static, × real time", of(DEFAULT_STATIC, "times_real_time"), 100.0),
        Target("on Ray, static, × real time", _ray_speed(rounds, OVERHEAD_STATIC), 100.0),
        Target("Ray against in-process, time", _ray_ratio(rounds), 1.05, False),
        Target("peak memory on 1080p, MiB", of(EVERY_1080P, "peak_mib"), 1.2e9 / 2**20, False),
        Target("start-up to first frame, s", figure_of(rounds, STARTUP, "startup_s"), 3.0, False),
    ]


def figure_of(rounds: Rounds, task: Task, name: str) -> float | None:
    values = [measure.figures[name] for measure in rounds.get(task, ())]
    return median(values) if values else None


def _ray_ratio(rounds: Rounds) -> float | None:
    figures = [measure.figures for measure in rounds.get(OVERHEAD, ())]
    return median(f["ray_s"] / f["in_process_s"] for f in figures) if figures else None


def _ray_speed(rounds: Rounds, task: Task) -> float | None:
    """Seconds of footage a second, over segments enough for all workers."""
    measures = rounds.get(task, ())
    return median(m.media_s / m.figures["ray_s"] for m in measures) if measures else None


def _against_insightface(task: Task, rounds: Rounds) -> float | None:
    """Only where both went through the same frames."""
    theirs = rounds.get(INSIGHTFACE, ())
    if not theirs or task.footage != INSIGHTFACE.footage:
        return None
    pairs = zip(rounds[task], theirs, strict=False)  # some tasks sit later rounds out
    return median(frames_per_s(one) / frames_per_s(other) for one, other in pairs)


def _share_of_limit(task: Task, rounds: Rounds) -> float | None:
    """Only of the clip whose parts were measured."""
    parts = rounds.get(PARTS, ())
    if task.clip != PARTS.clip or not parts:
        return None
    pairs = zip(rounds[task], parts, strict=False)
    return median(frames_per_s(m) / limit_for(m, p.figures) for m, p in pairs)


def _belongs(hit: Hit, visit: tuple[float, float]) -> bool:
    return hit.start_s >= visit[0] - TOLERANCE_S and hit.end_s <= visit[1] + TOLERANCE_S
