"""The product: the plan and the worker of `lfr scan`, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from time import monotonic, perf_counter, process_time
from typing import Literal

from benchmarks.case import AUTHORITY, KNOWN_ID
from benchmarks.measures import BenchFailed, Hit, Job, Measure
from lfr_batch.config.schema import Config, DetectConfig, EngineConfig, FootageConfig, MotionConfig
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.records import FootageAsset, Segment, SegmentOutcome, nanoseconds, seconds
from lfr_batch.results.layout import NO_EPOCH
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_state import RunRequest, begin_run, read_catalogue, read_plan
from lfr_batch.results.shards import read_shard
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.plan import Order, prepare_run
from lfr_batch.scanning.planning import plan_run
from lfr_batch.scanning.probing import probers_here
from lfr_batch.scanning.progress import UNHEARD
from lfr_batch.scanning.worker import WorkerSpec, open_worker
from lfr_batch.work.attempts import never

EVERY = FootageConfig(sample_fps=0.0, motion=MotionConfig(enabled=False))
GATED = FootageConfig(sample_fps=0.0)
DEFAULT = FootageConfig()
Frames = Literal["mixed", "thorough", "quick"]

WARM_UP_S = 1.0
ONE_FRAME_S = 0.02


def scan(job: Job, footage: FootageConfig, frames: Frames = "mixed") -> Measure:
    """All segments of the clip, ``passes`` times, one after another."""
    plan, spec = prepare(job, footage, frames)
    segments = cut(plan.segments, job.until_s)
    opening_s = perf_counter()
    process = open_worker(spec)
    open_s = perf_counter() - opening_s
    require_done(process(warm_up(segments[0])))
    wall_s, cpu_s = perf_counter(), process_time()
    outcomes = [process(segment) for _ in range(job.passes) for segment in segments]
    wall_s, cpu_s = perf_counter() - wall_s, process_time() - cpu_s
    for outcome in outcomes:
        require_done(outcome)
    looks = sum(outcome.frames_analysed for outcome in outcomes)
    footage_s, frame_rate = media_s(segments) * job.passes, plan.assets[0].frame_rate or 0.0
    return Measure(
        # Not the receipts' decoded frames: the decoder may leave out what nobody looks at.
        frames=round(footage_s * frame_rate),
        looks=looks,
        thorough=_thorough_at_least(looks, segments, job.passes, spec.search.config),
        tracks=sum(outcome.tracks for outcome in outcomes),
        media_s=footage_s,
        wall_s=wall_s,
        cpu_s=cpu_s,
        open_s=open_s,
        hits=_hits(spec, outcomes[-len(segments) :]),
        how=f"in-process worker, {spec.threads} threads",
    )


def start(job: Job) -> Measure:
    """From the start of the process to the receipt of one analysed frame."""
    plan, spec = prepare(job, DEFAULT)
    first = replace(plan.segments[0], end_ns=nanoseconds(ONE_FRAME_S))
    outcome = open_worker(spec)(first)
    startup_s = monotonic() - job.started_s
    require_done(outcome)
    if outcome.frames_analysed != 1:
        raise BenchFailed(f"start-up analysed {outcome.frames_analysed} frames instead of one")
    return Measure(frames=1, looks=1, wall_s=startup_s, figures={"startup_s": startup_s})


def prepare(job: Job, footage: FootageConfig, frames: Frames = "mixed") -> tuple[Plan, WorkerSpec]:
    engine = EngineConfig(kind="in_process", cpus_per_worker=float(job.cores), workers=1)
    config = Config(footage=footage, detect=DetectConfig(frames=frames), engine=engine)
    case = job.case
    clip = (str(job.clip),)
    order = Order("scan", clip, None, case.gallery, AUTHORITY, None, config, case.home)
    plan = _planned(order, str(case.home / "results"))
    request = plan.request
    search = SearchSpec(
        case.home, case.home, case.gallery, request.snapshot_id, request.threshold, config
    )
    return plan, WorkerSpec(search, str(case.home / "results"), request.run_id, NO_EPOCH)


@dataclass(frozen=True)
class Plan:
    request: RunRequest
    assets: tuple[FootageAsset, ...]
    segments: tuple[Segment, ...]


def _planned(order: Order, results: str) -> Plan:
    prepared = prepare_run(order, datetime.now(UTC))
    run = StoredRun(open_store(results), prepared.request.run_id)
    with lock_run(run) as hold:
        request = begin_run(hold, prepared.request, prepared.found.entries)
        plan_run(hold, request, order.config, probers_here, UNHEARD, never)
        return Plan(request, read_catalogue(run, hold.epoch), read_plan(run, hold.epoch))


def cut(segments: Sequence[Segment], until_s: float | None) -> list[Segment]:
    """The segments up to ``until_s`` of media time."""
    if until_s is None:
        return list(segments)
    kept = [segment for segment in segments if segment.start_s < until_s]
    return [replace(s, end_ns=nanoseconds(min(s.end_s, until_s))) for s in kept]


def warm_up(segment: Segment) -> Segment:
    """The first second of a segment, under a name of its own."""
    end_ns = segment.start_ns + nanoseconds(WARM_UP_S)
    return replace(segment, segment_id="warm-up", end_ns=end_ns)


def media_s(segments: Sequence[Segment]) -> float:
    return sum(segment.end_s - segment.start_s for segment in segments)


def require_done(outcome: SegmentOutcome) -> None:
    if outcome.status != "done":
        raise BenchFailed(f"{outcome.segment_id} {outcome.status}: {outcome.error}")


def _thorough_at_least(looks: int, segments: Sequence[Segment], passes: int, config: Config) -> int:
    """How many looks are thorough where the quick detector sees everybody; more where not."""
    if config.detect.frames != "mixed":
        return looks if config.detect.frames == "thorough" else 0
    periods = sum(ceil((s.end_s - s.start_s) / config.detect.thorough_every_s) for s in segments)
    return min(looks, passes * periods * config.track.min_frames)


def _hits(spec: WorkerSpec, receipts: Sequence[SegmentOutcome]) -> tuple[Hit, ...]:
    store = open_store(spec.results_root)
    sightings = [
        s for receipt in receipts for s in read_shard(StoredRun(store, spec.run_id), receipt)
    ]
    return tuple(
        Hit(seconds(one.start_ns), seconds(one.end_ns), one.score)
        for one in sightings
        if one.subject_id == KNOWN_ID
    )
