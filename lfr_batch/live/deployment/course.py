"""A deployment that has begun: its clock, its tally, and what is written down of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lfr_batch.live.alerts.passes import KeptPasses
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.figures_file import save_figures
from lfr_batch.live.deployment.order import Deployment
from lfr_batch.live.deployment.recognition_rate import SeedingFigures, seeding_figures
from lfr_batch.live.deployment.standing import Standing, totals_of
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.live.records import VolunteerPass
from lfr_batch.results.hold import Hold
from lfr_batch.results.run_log import RunEntry, RunStatus, record_run


@dataclass(frozen=True, slots=True)
class Course:
    deployment: Deployment
    hold: Hold
    tally: Tally
    begun_s: float
    passes: dict[str, VolunteerPass] = field(default_factory=dict)
    """By id, as they were read last."""


def begun(deployment: Deployment, hold: Hold) -> Course:
    record = deployment.record
    tally = Tally(deployment.plan.router_folder, record.deployment_id, record.started_at)
    return Course(deployment, hold, tally, elapsed_s())


def since_start_s(course: Course) -> float:
    return elapsed_s() - course.begun_s


def elapsed_s() -> float:
    """A clock that nobody can set, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def figures_of(course: Course, standing: Standing, ended_at: datetime | None = None) -> Figures:
    """As of now; with ``ended_at``, of one that is over."""
    deployment, tally, receipt = course.deployment, course.tally, standing.receipt
    record, asked = deployment.record, deployment.plan.config.deployment
    return Figures(
        record=record,
        name=asked.name,
        window_starts_at=asked.starts_at,
        window_ends_at=asked.ends_at,
        as_of=datetime.now(UTC),
        ended_at=ended_at,
        reason=standing.reason if ended_at else None,
        aimed=deployment.plan.watch_from is not None,
        watching_since=tally.watching_since(),
        watchlist_gone_at=receipt.at if receipt and receipt.verified_gone else None,
        undelivered=tally.undelivered(deployment.sinks) if ended_at else {},
        unkept=standing.unkept,
        cut_off=standing.cut_off,
        extrapolated=deployment.choice.extrapolated,
        restarts=dict(standing.restarts),
        cameras=tally.cameras(record.cameras),
        alerts=tally.alerts(),
        minutes=tally.minutes(),
        watchlist=deployment.listed.composition,
        seeding=_seeding(course),
    )


def _seeding(course: Course) -> SeedingFigures | None:
    """Passes that a retention period has ended meanwhile stay counted."""
    deployment, seeding = course.deployment, course.deployment.listed.seeding
    if not seeding.volunteers:
        return None
    record = deployment.record
    kept = KeptPasses(deployment.plan.router_folder, record.deployment_id)
    course.passes.update({each.pass_id: each for each in kept.all()})
    recognitions = course.tally.recognitions.values()
    return seeding_figures(seeding, course.passes.values(), recognitions, record.cameras)


def save_so_far(course: Course, standing: Standing) -> None:
    """Raises StoreError."""
    course.tally.read_spool()
    save_figures(course.hold.run.store, figures_of(course, standing))


def save_last(course: Course, standing: Standing) -> Figures:
    """Of a deployment that is over. Raises StoreError."""
    course.tally.read_spool()
    course.tally.read_last_faces()
    figures = figures_of(course, standing, ended_at=datetime.now(UTC))
    save_figures(course.hold.run.store, figures)
    return figures


def record_end(
    course: Course, status: RunStatus, figures: Figures, error: str | None = None
) -> None:
    """In ``runs``. Raises StoreError."""
    entry = RunEntry(status, totals_of(figures), error)
    record_run(course.hold, course.deployment.request, entry)
