"""What was undecided when a deployment ended is decided later: its alerts are opened again.

Whatever waits for a sink is delivered meanwhile, and so is every decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lfr_batch.errors import LiveError
from lfr_batch.live.afterwards.reopen import (
    KeptDeployment,
    Reopening,
    figures_of,
    reopened,
    routed,
    setting_of,
    undelivered_now,
    update_figures,
)
from lfr_batch.live.alerts.progress import waiting_in
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.alerts.spool import Spool
from lfr_batch.live.deployment.counts import FacesSeen
from lfr_batch.live.deployment.figures import AlertFigures, CameraFigures, Figures, moved
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.live.records import CameraHealth, DeploymentRecord

EVENTS = ("review.begin", "review.done")


@dataclass(frozen=True, slots=True)
class Opened:
    """The alerts of a deployment that is over."""

    record: DeploymentRecord
    """As it was, but over: ``ends_at`` is when it ended."""
    router: Router
    spool: Spool


@dataclass(frozen=True, slots=True)
class Reviewed:
    decisions: int
    """That were made meanwhile."""
    undecided: int
    trouble: str = ""
    """What kept the deployment's figures from being brought up to date."""


def review(order: Reopening, decide: Callable[[Opened], None]) -> Reviewed:
    """Open the alerts until ``decide`` returns.

    Raises what ``reopened`` and ``setting_of`` raise, LiveError where there is nothing to decide.
    """
    with reopened(order) as kept:
        if kept is None or not kept.spool.names():
            raise LiveError(f"{order.deployment_id} has no alerts: there is nothing to decide.")
        setting = setting_of(order, kept, kept.spool.sinks())
        figures = figures_of(order, kept.terms)
        tally = Tally(kept.spool.place.root, order.deployment_id, kept.record.started_at)
        tally.read_spool()
        before, reviews = tally.alerts(), tally.reviews
        said = {"undecided": kept.spool.undecided()}
        with routed(
            order, kept, setting, EVENTS, said, lambda: _done(kept, tally, reviews)
        ) as router:
            for health in _ended(kept, figures):
                router.report_health(health)
            decide(Opened(_over(kept.record, figures), router, kept.spool))
        change = _Change(kept, router, before, tally.alerts())
        trouble = update_figures(order, kept.terms, change.of)
        return Reviewed(tally.reviews - reviews, kept.spool.undecided(), trouble)


def _done(kept: KeptDeployment, tally: Tally, reviews_before: int) -> dict[str, int]:
    tally.read_spool()
    made = tally.reviews - reviews_before
    return {"decisions": made, "undecided": kept.spool.undecided()}


@dataclass(frozen=True, slots=True)
class _Change:
    kept: KeptDeployment
    router: Router
    before: tuple[AlertFigures, ...]
    after: tuple[AlertFigures, ...]

    def of(self, figures: Figures) -> Figures:
        spool, waiting = self.kept.spool, waiting_in(self.router.sink_states())
        if figures.ended_at is None and not spool.count_forgotten():
            return figures.model_copy(update={"alerts": self.after})
        # Of what was deleted only the figures know by which camera and when it was raised.
        alerts = moved(figures.alerts, self.before, self.after)
        left = undelivered_now(figures, spool, waiting, self.router.carried())
        return figures.model_copy(update={"alerts": alerts, "undelivered": left})


def _over(record: DeploymentRecord, figures: Figures | None) -> DeploymentRecord:
    """One that was cut off has ended by now, too."""
    ended_at = (figures and figures.ended_at) or datetime.now(UTC)
    return replace(record, ends_at=min(record.ends_at, ended_at))


def _ended(kept: KeptDeployment, figures: Figures | None) -> Iterator[CameraHealth]:
    """The last of each camera; the router adds to the faces it knows of, so it is given those."""
    faces, record = kept.spool.faces(), _over(kept.record, figures)
    known = {camera.camera: camera for camera in figures.cameras} if figures else {}
    for name in record.cameras:
        was = known.get(name, CameraFigures(camera=name))
        yield CameraHealth(
            camera=name,
            state="ended",
            at=record.ends_at,
            since=record.ends_at,
            detail="the deployment is over",
            frames_received=was.frames_received,
            frames_dropped=was.frames_dropped,
            frames_damaged=was.frames_damaged,
            frames_analysed=was.frames_analysed,
            faces_seen=faces.get(name, FacesSeen()).now,
            reconnects=was.reconnects,
            look_ms_p50=was.look_ms_p50,
            look_ms_p99=was.look_ms_p99,
        )
