"""From a run that has begun to published results: plan it, run what is pending, keep every receipt,
stitch, publish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from lfr_batch.config.load import parse_config
from lfr_batch.config.schema import Config, EngineConfig, LimitsConfig
from lfr_batch.errors import (
    LfrError,
    ResultsError,
    RunCancelled,
    RunTakenOver,
    StoreError,
    UsageError,
)
from lfr_batch.homes.at_hand import Home, home_at
from lfr_batch.logs import about
from lfr_batch.recognition.search import SearchSpec, require_planned
from lfr_batch.recognition.settle import computed_on, obeying
from lfr_batch.records import FootageAsset, Segment, SegmentOutcome, SegmentStatus, Sighting
from lfr_batch.results.cancel import asked_to_end, now_and_then
from lfr_batch.results.hold import Hold, require_hold
from lfr_batch.results.ledger import open_ledger, pending, read_outcomes
from lfr_batch.results.lock import LEASE_S, lock_run
from lfr_batch.results.progress import RETRY, RunProgress, summarise
from lfr_batch.results.publish import publish_run, tidy, withdraw
from lfr_batch.results.run_log import RunEntry, RunStatus, latest_row, record_run
from lfr_batch.results.run_state import (
    RunRequest,
    RunState,
    is_planned,
    load_run,
    read_catalogue,
    require_open,
)
from lfr_batch.results.shards import read_shard
from lfr_batch.results.stored_run import StoredRun, in_haste
from lfr_batch.scanning.keeping import keep
from lfr_batch.scanning.noting import NotingProgress
from lfr_batch.scanning.planning import plan_run
from lfr_batch.scanning.probed_again import Planned, as_planned, probed_again
from lfr_batch.scanning.probing import OpenProbers, probers_here
from lfr_batch.scanning.progress import UNHEARD, Progress
from lfr_batch.scanning.proposed import Proposed
from lfr_batch.scanning.receipts import run_segments
from lfr_batch.scanning.worker import WorkerSpec
from lfr_batch.tracks.patience import patient
from lfr_batch.tracks.stitch import stitch
from lfr_batch.version import __version__
from lfr_batch.work.attempts import Runner, Tell
from lfr_batch.work.machine import FindMachine, this_machine
from lfr_batch.work.workers import sized

LEDGER_BLOCK = 256
"""Receipts that are written at once, at the latest."""

RETRY_FAILED: frozenset[SegmentStatus] = frozenset({"failed"})

OpenEngine = Callable[[EngineConfig, Tell], AbstractContextManager[Runner]]
"""What it is told of the work is for the operator."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a run is done with."""

    open_engine: OpenEngine
    find_machine: FindMachine = this_machine
    """Where workers are to be."""
    open_probers: OpenProbers = probers_here


@dataclass(frozen=True, slots=True)
class RunResult:
    request: RunRequest
    assets: tuple[FootageAsset, ...]
    progress: RunProgress
    status: RunStatus
    sightings: int
    """After stitching."""
    outcomes: Mapping[str, SegmentOutcome]


@dataclass(frozen=True, slots=True)
class Resumption:
    """What `lfr resume` may say differently from the run's own request."""

    engine: EngineConfig | None = None
    retry_failed: bool = False
    probe_again: bool = False
    """Whether footage is probed anew that could not be got at."""
    limits: LimitsConfig | None = None

    @property
    def retry(self) -> frozenset[SegmentStatus]:
        """Receipts whose segments are searched again."""
        return RETRY | RETRY_FAILED if self.retry_failed else RETRY


AS_ASKED = Resumption()


@dataclass(frozen=True, slots=True)
class _Job:
    """A run that this process holds, and what is to be done in it."""

    hold: Hold
    request: RunRequest
    config: Config
    planned: Planned
    retry: frozenset[SegmentStatus]
    stopping: Callable[[], bool]
    """Whether it is asked to end."""

    @property
    def plan(self) -> tuple[Segment, ...]:
        return self.planned.segments


def execute_run(
    run: StoredRun,
    means: Means,
    progress: Progress = UNHEARD,
    resumption: Resumption = AS_ASKED,
    lease_s: float = LEASE_S,
) -> RunResult:
    """Bring a run that has begun to its end, from wherever it stands.

    Raises RunBusy if another process is at it, RunTakenOver if one took it up while this one stood
    still; StoreError and EngineError leave a run that can be resumed.
    """
    with lock_run(run, lease_s) as hold:
        return execute_held(hold, means, progress, resumption)


def execute_held(
    hold: Hold, means: Means, progress: Progress = UNHEARD, resumption: Resumption = AS_ASKED
) -> RunResult:
    """As ``execute_run``, of a run that this process holds."""
    with about(run_id=hold.run.run_id):
        request = load_run(hold.run)
        _require_same_version(request)
        require_open(hold.run)
        config = _config(request, resumption)
        with _failure_recorded(hold, request):
            noting = NotingProgress(progress, hold)
            stopping = now_and_then(partial(_is_asked_to_end, hold))
            was_planned = is_planned(hold.run, request)
            if not was_planned:
                plan_run(hold, request, config, means.open_probers, noting, stopping)
            planned = as_planned(hold.run)
            if was_planned and resumption.probe_again:
                planned = probed_again(hold, config, planned, means.open_probers, noting.tell)
            job = _Job(hold, request, config, planned, resumption.retry, stopping)
            return _publish(job, _run_pending(job, means, noting))


def _require_same_version(request: RunRequest) -> None:
    if request.software_version != __version__:
        raise UsageError(
            f"Run {request.run_id} was started with version {request.software_version} and this "
            f"is {__version__}, whose results may differ: finish it there, or scan anew."
        )


@contextmanager
def _failure_recorded(hold: Hold, request: RunRequest) -> Iterator[None]:
    """Where the run was taken over, that is the error, and the other's to record."""
    try:
        yield
    except LfrError as error:
        status: RunStatus = "cancelled" if isinstance(error, RunCancelled) else "failed"
        with suppress(StoreError):  # it may be the store that failed
            _require_not_taken(hold, error)
            record_run(hold, request, RunEntry(status, error=str(error)))
        raise


def _require_not_taken(hold: Hold, error: LfrError) -> None:
    try:
        require_hold(hold)
    except RunTakenOver as taken:
        with suppress(StoreError, ResultsError):
            withdraw(hold)
        raise taken from error


def _config(request: RunRequest, resumption: Resumption) -> Config:
    config = parse_config(request.config, f"the request of run {request.run_id}")
    now = {"engine": resumption.engine, "limits": resumption.limits}
    return config.model_copy(update={name: said for name, said in now.items() if said})


def _run_pending(job: _Job, means: Means, progress: Progress) -> Mapping[str, SegmentOutcome]:
    """Every receipt of the run, old and new."""
    hold, request = job.hold, job.request
    outcomes = read_outcomes(hold.run)
    todo = pending(job.plan, outcomes, job.retry)
    progress.start(job.plan, len(todo))
    if not todo:
        return outcomes
    ledger = open_ledger(hold, outcomes.values())
    del outcomes  # they would lie in memory as long as the run takes
    record_run(hold, request, RunEntry("running"))
    machine = means.find_machine(computed_on(job.config, request.settled))
    engine = sized(job.config.engine, machine, len(todo))
    spec = _spec(hold, request, job.config.model_copy(update={"engine": engine}))
    require_planned(spec.search)
    # Whatever ends it, the pass is over before its engine is: Ray would start another cluster.
    receipts = partial(run_segments, tell=progress.tell, stopping=job.stopping)
    with (
        means.open_engine(engine, progress.tell) as run,
        closing(receipts(run, spec, todo)) as found,
    ):
        keep(found, ledger.append, LEDGER_BLOCK, engine.ledger_flush_s, progress.take)
    outcomes = read_outcomes(hold.run, hold.epoch)
    if job.stopping():
        _require_all(hold, job.plan, outcomes)
    _require_receipts(request, job.plan, outcomes)
    return outcomes


def _is_asked_to_end(hold: Hold) -> bool:
    """A store that does not answer asks for nothing."""
    with suppress(StoreError):
        return asked_to_end(replace(hold, run=in_haste(hold.run))) is not None
    return False


def _require_all(
    hold: Hold, plan: Sequence[Segment], outcomes: Mapping[str, SegmentOutcome]
) -> None:
    """Raises RunCancelled where something is left of a run that was asked to end."""
    asked, left = asked_to_end(hold), len(pending(plan, outcomes, retry=()))
    if asked and left:
        run_id = hold.run.run_id
        raise RunCancelled(
            f"Run {run_id} was cancelled by {asked.operator}, with {left} of {len(plan)} segments "
            f"left: what was searched is kept, and `lfr resume {run_id}` goes on."
        )


def _require_receipts(
    request: RunRequest, plan: Sequence[Segment], outcomes: Mapping[str, SegmentOutcome]
) -> None:
    lost = len(pending(plan, outcomes, retry=()))
    if lost:
        raise ResultsError(
            f"{lost} segments of run {request.run_id} were searched, and their receipts or "
            f"sightings are gone; `lfr resume {request.run_id}` searches them again"
        )


def _spec(hold: Hold, request: RunRequest, config: Config) -> WorkerSpec:
    search = search_spec(request, config)
    return WorkerSpec(search, hold.run.store.uri, request.run_id, hold.epoch)


def search_spec(
    request: RunRequest, config: Config, gallery_home: Home | None = None
) -> SearchSpec:
    """``gallery_home``: where the gallery is that was asked for; None: with the models."""
    home = home_at(request.home)
    return SearchSpec(
        home,
        gallery_home or home,
        request.gallery,
        request.snapshot_id,
        request.threshold,
        obeying(config, request.settled),
        request.lone_threshold,
        request.score_kind,
        request.settled,
        request.planned,
    )


def _publish(job: _Job, outcomes: Mapping[str, SegmentOutcome]) -> RunResult:
    run = job.hold.run
    assets = read_catalogue(run, job.planned.by)
    state = RunState(job.request, assets, job.plan, outcomes)
    progress = summarise(job.plan, outcomes)
    status = _end_of(state, progress)
    published = latest_row(run) or {}
    # Where nothing was left to do, the end stays as it was; a complete run is only tidied up.
    if published.get("status") != "complete_with_failures" or job.planned.by == job.hold.epoch:
        sightings = stitched(run, state, job.config)
        entry = RunEntry(status, at=datetime.now(UTC))
        publish_run(job.hold, state, sightings, entry, Proposed(job.request, job.config.s3))
        published = latest_row(run) or {}
    else:
        tidy(job.hold)
    count = published.get("sightings") or 0
    return RunResult(job.request, state.assets, progress, status, count, outcomes)


def _end_of(state: RunState, progress: RunProgress) -> RunStatus:
    faulty = any(asset.status in {"damaged", "failed"} for asset in state.assets)
    if faulty or state.request.gaps or progress.failed or progress.quarantined:
        return "complete_with_failures"
    partly = progress.unsearched or any(asset.unsearched for asset in state.assets)
    return "complete_partly" if partly else "complete"


def stitched(run: StoredRun, state: RunState, config: Config) -> Iterator[Sighting]:
    """The run's sightings, one asset after another; only one asset's are in memory."""
    sample_fps = config.footage.sample_fps
    by_id = {asset.footage_id: asset for asset in state.assets}
    of_asset: dict[str, list[SegmentOutcome]] = {}
    for segment in state.plan:
        outcome = state.outcomes.get(segment.segment_id)
        if outcome is not None and outcome.sightings:
            of_asset.setdefault(segment.footage_id, []).append(outcome)
    for footage_id, receipts in of_asset.items():
        pieces = [piece for each in receipts for piece in read_shard(run, each)]
        asset = by_id[footage_id]
        limits = patient(config.track, asset.frame_rate, sample_fps, asset.views)
        yield from stitch(pieces, limits, config.decide.top_k)
