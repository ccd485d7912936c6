"""What a contender is asked to do and what it answers, as records that travel as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


class BenchFailed(Exception):
    """A contender did not do its work; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Case:
    """A home with the open pack and a gallery in which the known person is enrolled."""

    home: Path
    gallery: str
    threshold: float
    """The product's own for this gallery; the other loops are held to the same."""
    portrait: Path
    """The picture from which the known person is enrolled."""
    detectors: Mapping[str, Path]
    """By the turn in which they look at frames."""
    embedder: Path
    scrfd: Path | None
    yunet: Path | None
    """Detectors of others, where they are at hand."""


@dataclass(frozen=True, slots=True)
class Job:
    contender: str
    clip: Path
    until_s: float | None
    """Only the footage up to here; None: all of it."""
    passes: int
    """How often in a row, to make short work measurable."""
    cores: int
    case: Case
    started_s: float
    """``time.monotonic`` just before the contender's process was started."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The known person, without interruption, in seconds of media time."""

    start_s: float
    end_s: float
    score: float


@dataclass(frozen=True, slots=True)
class Measure:
    """One contender's work, all passes together; opening and warming up are not part of it."""

    frames: int = 0
    """Frames of footage gone through."""
    looks: int = 0
    """Of these, those in which faces were looked for."""
    thorough: int = 0
    """Of these, those that the thorough detector has to see: the least that will do."""
    tracks: int = 0
    media_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    open_s: float = 0.0
    peak_mib: float = 0.0
    """Of the process, from its start to its end."""
    hits: tuple[Hit, ...] = ()
    """Of one pass."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What only this contender measures."""
    how: str = ""
    """Models, backends and threads, in words."""


def to_json(record: Job | Measure) -> str:
    return json.dumps(asdict(record), default=str)


def job_from_json(text: str) -> Job:
    fields: dict[str, Any] = json.loads(text)
    case = fields["case"]
    paths: dict[str, Any] = {
        name: Path(case[name]) if case[name] else None
        for name in ("home", "portrait", "embedder", "scrfd", "yunet")
    }
    paths["detectors"] = {turn: Path(path) for turn, path in case["detectors"].items()}
    return Job(**{**fields, "clip": Path(fields["clip"]), "case": Case(**{**case, **paths})})


def measure_from_json(text: str) -> Measure:
    fields: dict[str, Any] = json.loads(text)
    return Measure(**{**fields, "hits": tuple(Hit(**hit) for hit in fields["hits"])})
