"""What was undecided when a deployment ended is decided later: its alerts are opened again.

Whatever waits for a sink is delivered meanwhile, and so is every decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from lfr_batch.errors import LiveError
from lfr_batch.live.afterwards.deliveries import Deliveries, undelivered_now
from lfr_batch.live.afterwards.late_figures import first_figures, update_figures
from lfr_batch.live.afterwards.reopen import (
    KeptDeployment,
    LateWork,
    Reopening,
    over,
    reopened,
    routed,
    setting_of,
)
from lfr_batch.live.alerts.progress import waiting_in
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.deployment.counts import FacesSeen
from lfr_batch.live.deployment.figures import AlertFigures, CameraFigures, Figures, moved
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.live.records import CameraHealth, DeploymentRecord


@dataclass(frozen=True, slots=True)
class Opened:
    """The alerts of a deployment that is over."""

    record: DeploymentRecord
    """As it was, but over: ``ends_at`` is when it ended."""
    router: Router
    undecided: Callable[[], int]


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
        setting = setting_of(kept, kept.spool.sinks())
        figures = first_figures(kept.terms, order.deployment_id)
        tally = Tally(kept.spool.place.root, order.deployment_id, kept.record.started_at)
        before = _decided(kept, tally)
        work = LateWork(
            "review.begin",
            "review.done",
            {"undecided": before.undecided},
            lambda: _made(before, _decided(kept, tally)),
        )
        with routed(kept, setting, work) as router:
            for health in _ended(kept, figures):
                router.report_health(health)
            left = partial(kept.spool.undecided, frozenset(tally.recognitions))
            decide(Opened(over(kept.record, figures), router, left))
        after = _decided(kept, tally)
        change = _Change(before.alerts, after.alerts, _deliveries(kept, router))
        trouble = update_figures(kept.terms, order.deployment_id, change.of)
        return Reviewed(**_made(before, after), trouble=trouble)


@dataclass(frozen=True, slots=True)
class _Decided:
    """How far the decisions are."""

    alerts: tuple[AlertFigures, ...]
    reviews: int
    undecided: int


def _decided(kept: KeptDeployment, tally: Tally) -> _Decided:
    """``tally``: the same each time, since it alone remembers what is deleted meanwhile."""
    tally.read_spool()
    return _Decided(tally.alerts(), tally.reviews, kept.spool.undecided(tally.recognitions))


def _made(before: _Decided, after: _Decided) -> dict[str, int]:
    return {"decisions": after.reviews - before.reviews, "undecided": after.undecided}


def _deliveries(kept: KeptDeployment, router: Router) -> Deliveries:
    is_some_deleted = kept.spool.count_forgotten() > 0
    return Deliveries(waiting_in(router.sink_states()), router.carried(), is_some_deleted)


@dataclass(frozen=True, slots=True)
class _Change:
    before: tuple[AlertFigures, ...]
    after: tuple[AlertFigures, ...]
    deliveries: Deliveries

    def of(self, figures: Figures) -> Figures:
        if figures.ended_at is None and not self.deliveries.is_some_deleted:
            return figures.model_copy(update={"alerts": self.after})
        # Of what was deleted only the figures know by which camera and when it was raised.
        alerts = moved(figures.alerts, self.before, self.after)
        left = undelivered_now(figures, self.deliveries)
        return figures.model_copy(update={"alerts": alerts, "undelivered": left})


def _ended(kept: KeptDeployment, figures: Figures | None) -> Iterator[CameraHealth]:
    """The last of each camera; the router adds to the faces it knows of, so it is given those."""
    faces, record = kept.spool.faces(), over(kept.record, figures)
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
