"""What Ray costs: the same segments on Ray and in this process, workers being open.

Both are sized as `lfr scan` sizes them on this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Literal

from benchmarks.contenders.ours import DEFAULT, media_s, prepare, require_done, warm_up
from benchmarks.measures import Job, Measure
from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import open_engine
from lfr_batch.records import Segment
from lfr_batch.scanning.worker import WorkerSpec, open_worker
from lfr_batch.work.lost import none_lost
from lfr_batch.work.workers import Machine, sized

Kind = Literal["in_process", "ray"]
KINDS: tuple[Kind, ...] = ("in_process", "ray")


def compare_engines(job: Job) -> Measure:
    """``passes`` copies of the clip's segments through either engine."""
    plan, spec = prepare(job, DEFAULT)
    segments = [
        replace(segment, segment_id=f"{segment.segment_id}-{number}")
        for number in range(job.passes)
        for segment in plan.segments
    ]
    figures = {f"{kind}_s": _seconds(spec, segments, kind, job.cores) for kind in KINDS}
    return Measure(
        media_s=media_s(segments),
        wall_s=sum(figures.values()),
        figures=figures,
        how=f"{len(segments)} segments, {spec.threads} threads",
    )


def _seconds(spec: WorkerSpec, segments: Sequence[Segment], kind: Kind, cores: int) -> float:
    """From the receipts of short first segments, which open the workers, to the last receipt."""
    engine = sized(EngineConfig(kind=kind), Machine(cores), len(segments))
    numbers = range(engine.workers)
    first = [replace(warm_up(segments[0]), segment_id=f"warm-up-{i}") for i in numbers]
    with open_engine(engine) as run:
        replies = run(open_worker, _with(spec, engine), [*first, *segments])
        receipts = none_lost(replies)
        for _ in first:
            require_done(next(receipts))
        started = perf_counter()
        for outcome in receipts:
            require_done(outcome)
        return perf_counter() - started


def _with(spec: WorkerSpec, engine: EngineConfig) -> WorkerSpec:
    config = spec.config.model_copy(update={"engine": engine})
    return replace(spec, search=replace(spec.search, config=config))
