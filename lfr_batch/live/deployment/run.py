"""A deployment from its start to its end: by itself, and with nothing of the watchlist left.

Whatever ends it – its window, a signal, an error – its own copy of the watchlist is destroyed
before this returns, and what it came to is recorded.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from lfr_batch.errors import EngineError, LfrError, LiveError, StoreError
from lfr_batch.footage.stream_address import kind_of
from lfr_batch.live.deployment.figures import Figures, lost_alerts
from lfr_batch.live.deployment.figures_file import save_figures
from lfr_batch.live.deployment.folders import deployment_folder, save_record
from lfr_batch.live.deployment.order import Deployment
from lfr_batch.live.deployment.outages import Outages, restarts
from lfr_batch.live.deployment.plan import LiveEngine, LivePlan, PartState, RunningDeployment
from lfr_batch.live.deployment.running import claimed
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.live.deployment.watchlist import copy_watchlist, destroy_watchlist, require_gone
from lfr_batch.live.deployment.watchlist_receipt import Receipt
from lfr_batch.live.deployment.window import REASONS, Reason, is_over
from lfr_batch.live.records import CameraHealth, LiveCounts
from lfr_batch.results.hold import Hold
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import RunEntry, RunStatus, record_run
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.unexpected import unexpected

logger = logging.getLogger(__name__)

CUT_OFF = (
    "Its alert router did not answer at the end: alerts of the last moments may be lost, and faces "
    "not counted."
)
LOOK_S = 1.0
SAVE_S = 15.0
PLAYED_S = 2.0
"""So long after the last frame of the last file, its tracks have been decided on."""

OpenEngine = Callable[[LivePlan], AbstractContextManager[LiveEngine]]
Attend = Callable[[RunningDeployment], AbstractContextManager[object]]
"""What is there as long as the deployment runs: the console."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A deployment at one moment."""

    parts: tuple[PartState, ...]
    health: tuple[CameraHealth, ...]
    counts: LiveCounts


@dataclass(frozen=True, slots=True)
class Ended:
    figures: Figures
    receipt: Receipt
    status: RunStatus


def run_deployment(
    deployment: Deployment,
    open_engine: OpenEngine,
    attend: Attend,
    on_look: Callable[[Situation], None],
    stopping: Event,
) -> Ended:
    """Until its time is over, or ``stopping`` is set.

    Raises RunBusy if one of its name runs already; whatever else is raised, an interruption
    included, comes after the watchlist was destroyed. LiveError if that was not possible, or
    could not be recorded; EngineError if the engine is lost.
    """
    record, home = deployment.record, deployment.plan.home
    store = open_store(deployment.plan.results_root, deployment.plan.config.s3)
    name = deployment.plan.config.deployment.name
    run = StoredRun(store, record.deployment_id)
    with claimed(home, name, record.deployment_id), lock_run(run) as hold:
        save_record(deployment_folder(home, record.deployment_id), record)
        create_run(store, deployment.request, (), ())
        course = _Course(deployment, hold)
        save_figures(store, course.figures())
        with _failure_recorded(course), _watchlist(course):
            record_run(hold, deployment.request, RunEntry("running", at=record.started_at))
            with _engine(course, open_engine) as running, attend(running):
                course.reason = _watch(course, running, on_look, stopping)
        try:
            return course.ended()
        except StoreError as error:
            raise LiveError(course.unrecorded(error)) from error


class _Course:
    """How a deployment goes."""

    def __init__(self, deployment: Deployment, hold: Hold) -> None:
        self.deployment, self.hold, self.store = deployment, hold, hold.run.store
        self.reason: Reason = "failed"
        self.receipt: Receipt | None = None
        self.unkept = 0
        """Alerts that are only shown, as far as is known; lost once it has ended."""
        self.cut_off = False
        self.restarts: dict[str, int] = {}
        self.outages = Outages()
        record = deployment.record
        folder = deployment.plan.router_folder
        self.tally = Tally(folder, record.deployment_id, record.started_at)
        self._begun_s = elapsed_s()

    @property
    def since_start_s(self) -> float:
        return elapsed_s() - self._begun_s

    def figures(self, ended_at: datetime | None = None) -> Figures:
        record, asked = self.deployment.record, self.deployment.plan.config.deployment
        gone = self.receipt is not None and self.receipt.verified_gone
        return Figures(
            record=record,
            name=asked.name,
            window_starts_at=asked.starts_at,
            window_ends_at=asked.ends_at,
            as_of=datetime.now(UTC),
            ended_at=ended_at,
            reason=self.reason if ended_at else None,
            watchlist_gone_at=self.receipt.at if self.receipt and gone else None,
            undelivered=self.tally.undelivered(self.deployment.sinks) if ended_at else {},
            unkept=self.unkept,
            cut_off=self.cut_off,
            extrapolated=self.deployment.choice.extrapolated,
            restarts=self.restarts,
            cameras=self.tally.cameras(record.cameras),
            alerts=self.tally.alerts(),
            minutes=self.tally.minutes(),
        )

    def last_figures(self) -> Figures:
        """Of a deployment that is over, written down. Raises StoreError."""
        self.tally.read_spool()
        self.tally.read_last_faces()
        figures = self.figures(ended_at=datetime.now(UTC))
        save_figures(self.store, figures)
        return figures

    def ended(self) -> Ended:
        figures = self.last_figures()
        unseen = [c.camera for c in figures.cameras if not c.frames_received]
        status: RunStatus = "complete"
        if unseen or figures.undelivered or figures.unkept or figures.cut_off:
            status = "complete_with_failures"
        self.record(status, figures)
        assert self.receipt is not None
        return Ended(figures, self.receipt, status)

    def losses(self) -> str:
        """Begins with a space; nothing where nothing is lost."""
        known = f" {lost_alerts(self.unkept)}" if self.unkept else ""
        return f"{known} {CUT_OFF}" if self.cut_off else known

    def unrecorded(self, error: StoreError) -> str:
        return (
            f"{self.deployment.record.deployment_id} is over and its copy of the watchlist is "
            f"destroyed, but its last figures could not be written: {error}.{self.losses()}"
        )

    def record(self, status: RunStatus, figures: Figures, error: str | None = None) -> None:
        entry = RunEntry(status, totals_of(figures), error)
        record_run(self.hold, self.deployment.request, entry)


def totals_of(figures: Figures) -> dict[str, int | float]:
    """The columns of ``runs`` that fit: a camera is footage, an alert a sighting."""
    return {
        "footage": len(figures.cameras),
        "footage_failed": sum(not camera.frames_received for camera in figures.cameras),
        "sightings": figures.alerts_in_all,
        "media_s": sum(camera.live_s for camera in figures.cameras),
    }


def elapsed_s() -> float:
    """A clock that nobody can set, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def _engine(course: _Course, open_engine: OpenEngine) -> Iterator[LiveEngine]:
    running: LiveEngine | None = None
    try:
        with open_engine(course.deployment.plan) as running:
            yield running
    finally:
        if running is not None and running.lost is None:
            course.cut_off = True
        elif running is not None:
            course.unkept = running.lost or 0


@contextmanager
def _watchlist(course: _Course) -> Iterator[None]:
    """The deployment's own copy, for as long as it lasts."""
    plan, record = course.deployment.plan, course.deployment.record
    try:
        copy_watchlist(plan.home, record.deployment_id, course.deployment.snapshot, record.operator)
        yield
    except (KeyboardInterrupt, SystemExit):
        course.reason = "stopped"
        raise
    finally:
        why = REASONS[course.reason]
        course.receipt = destroy_watchlist(plan.home, record.deployment_id, why, record.operator)
        require_gone((course.receipt,))


@contextmanager
def _failure_recorded(course: _Course) -> Iterator[None]:
    try:
        yield
    except LfrError as error:
        _record_failure(course, str(error))
        if course.losses():
            raise LiveError(f"{error}{course.losses()}") from error
        raise
    except BaseException as error:
        foreseen = not isinstance(error, Exception)  # as Ctrl-C
        why = type(error).__name__ if foreseen else unexpected(error)
        _record_failure(course, f"{REASONS[course.reason]} ({why})")
        raise


def _record_failure(course: _Course, error: str) -> None:
    with suppress(StoreError):  # it may be the store that failed
        course.record("failed", course.last_figures(), error)


def _watch(
    course: _Course,
    running: LiveEngine,
    on_look: Callable[[Situation], None],
    stopping: Event,
) -> Reason:
    """Look after it until it is over; why it is. Raises EngineError where the engine is lost."""
    looked_s = saved_s = course.since_start_s
    played = _Played(course.deployment)
    while True:
        now_s, parts = course.since_start_s, running.parts()
        if running.trouble is not None:
            raise EngineError(running.trouble)
        course.restarts = restarts(parts)
        course.tally.nobody_looked(course.outages.since_last(parts), now_s)
        with _tolerated():
            look = Situation(parts, running.router.health(), running.router.counts())
            course.unkept = look.counts.unkept
            course.tally.hear(look.health, now_s, now_s - looked_s)
            looked_s = now_s
            on_look(look)
            if played.all_out(look.health, now_s):
                return "played"
        if now_s - saved_s >= SAVE_S:
            saved_s = now_s
            with _tolerated():
                course.tally.read_spool()
                save_figures(course.store, course.figures())
        if stopping.wait(LOOK_S):
            return "stopped"
        if is_over(course.deployment.term, datetime.now(UTC), course.since_start_s):
            return course.deployment.term.ends_by


class _Played:
    """Whether all there was to play has been played; cameras never are."""

    def __init__(self, deployment: Deployment) -> None:
        cameras = deployment.plan.config.cameras
        self._names = {camera.name for camera in cameras}
        self._endless = any(camera.loop or kind_of(camera.source) != "file" for camera in cameras)
        self._since_s: float | None = None

    def all_out(self, health: tuple[CameraHealth, ...], now_s: float) -> bool:
        ended = {each.camera for each in health if each.state == "ended"}
        if self._endless or ended != self._names:
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= PLAYED_S


@contextmanager
def _tolerated() -> Iterator[None]:
    """A router that is being restarted, or a store that is out of reach, ends no deployment."""
    try:
        yield
    except (EngineError, StoreError) as error:
        logger.warning("%s", error)
