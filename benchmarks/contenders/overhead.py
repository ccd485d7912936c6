"""What Ray costs: the same segments by one Ray worker and by this process, workers being open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from benchmarks.contenders.ours import DEFAULT, media_s, prepare, require_done, warm_up
from benchmarks.measures import Job, Measure
from lfr_batch.engine.table import open_engine
from lfr_batch.pipeline.worker import WorkerSpec, open_worker
from lfr_batch.records import Segment


def compare_engines(job: Job) -> Measure:
    """``passes`` copies of the clip's segments through either engine."""
    plan, spec = prepare(job, DEFAULT)
    segments = [
        replace(segment, segment_id=f"{segment.segment_id}-{number}")
        for number in range(job.passes)
        for segment in plan.segments
    ]
    figures = {f"{kind}_s": _seconds(spec, segments, kind) for kind in ("in_process", "ray")}
    return Measure(
        media_s=media_s(segments),
        wall_s=sum(figures.values()),
        figures=figures,
        how=f"{len(segments)} segments, {spec.threads} threads",
    )


def _seconds(spec: WorkerSpec, segments: Sequence[Segment], kind: str) -> float:
    """From the receipt of a short first segment, which opens the worker, to the last receipt."""
    engine = spec.config.engine.model_copy(update={"kind": kind})
    items = [warm_up(segments[0]), *segments]
    with open_engine(engine) as run:
        receipts = iter(run(open_worker, spec, items))
        require_done(next(receipts))
        started = perf_counter()
        for outcome in receipts:
            require_done(outcome)
        return perf_counter() - started
