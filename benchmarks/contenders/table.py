"""The contenders by name: what each is, what does its work, and what it cannot do without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from benchmarks.measures import Case, Job, Measure


@dataclass(frozen=True, slots=True)
class Contender:
    label: str
    run: Callable[[Job], Measure]
    missing: Callable[[Case], str | None] = lambda _: None
    """Why it cannot run here, None where it can."""


# Imported in the contender's own process only: its memory and start are measured.
# ruff: noqa: PLC0415


def _every(job: Job) -> Measure:
    from benchmarks.contenders.ours import EVERY, scan

    return scan(job, EVERY)


def _gated(job: Job) -> Measure:
    from benchmarks.contenders.ours import GATED, scan

    return scan(job, GATED)


def _default(job: Job) -> Measure:
    from benchmarks.contenders.ours import DEFAULT, scan

    return scan(job, DEFAULT)


def _quick(job: Job) -> Measure:
    from benchmarks.contenders.ours import EVERY, scan

    return scan(job, EVERY, "quick")


def _thorough(job: Job) -> Measure:
    from benchmarks.contenders.ours import EVERY, scan

    return scan(job, EVERY, "thorough")


def _thorough_default(job: Job) -> Measure:
    from benchmarks.contenders.ours import DEFAULT, scan

    return scan(job, DEFAULT, "thorough")


def _quick_default(job: Job) -> Measure:
    from benchmarks.contenders.ours import DEFAULT, scan

    return scan(job, DEFAULT, "quick")


def _startup(job: Job) -> Measure:
    from benchmarks.contenders.ours import start

    return start(job)


def _overhead(job: Job) -> Measure:
    from benchmarks.contenders.overhead import compare_engines

    return compare_engines(job)


def _insightface(job: Job) -> Measure:
    from benchmarks.contenders.insightface_loop import run

    return run(job)


def _opencv(job: Job) -> Measure:
    from benchmarks.contenders.opencv_loop import run

    return run(job)


def _plain(job: Job) -> Measure:
    from benchmarks.contenders.plain_loop import run

    return run(job)


def _parts(job: Job) -> Measure:
    from benchmarks.contenders.parts import measure_parts

    return measure_parts(job)


def _no_scrfd(case: Case) -> str | None:
    return None if case.scrfd else "no SCRFD model: point --data at a folder with models/scrfd_*"


def _no_yunet(case: Case) -> str | None:
    return None if case.yunet else "no *yunet*.onnx in the folder of --opencv-models"


CONTENDERS: Mapping[str, Contender] = MappingProxyType(
    {
        "every": Contender("lfr, every frame", _every),
        "gated": Contender("lfr, every frame that changed", _gated),
        "default": Contender("lfr, default sampling", _default),
        "thorough": Contender("lfr, every frame, thorough detector", _thorough),
        "thorough_default": Contender("lfr, default sampling, thorough", _thorough_default),
        "quick": Contender("lfr, every frame, quick detector", _quick),
        "quick_default": Contender("lfr, default sampling, quick detector", _quick_default),
        "insightface": Contender("InsightFace FaceAnalysis loop", _insightface, _no_scrfd),
        "opencv": Contender("OpenCV YuNet + SFace loop", _opencv, _no_yunet),
        "plain": Contender("plain loop, CenterFace + SFace", _plain),
        "parts": Contender("decode, detect, embed alone", _parts),
        "startup": Contender("start-up", _startup),
        "overhead": Contender("Ray against in-process", _overhead),
    }
)
