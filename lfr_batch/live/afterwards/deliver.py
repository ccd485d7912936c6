"""Alerts that a sink had not taken when its deployment ended are delivered later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lfr_batch.errors import SealBroken
from lfr_batch.live.afterwards.deliveries import Deliveries, PerSink, undelivered_now
from lfr_batch.live.afterwards.late_figures import update_figures
from lfr_batch.live.afterwards.reopen import (
    KeptDeployment,
    LateWork,
    Reopening,
    reopened,
    routed,
    setting_of,
)
from lfr_batch.live.alerts.held import Held
from lfr_batch.live.alerts.progress import sink_state, spool_states, waiting_in
from lfr_batch.live.alerts.spool import Spool
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.records import SinkState

LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class LateDelivery(Reopening):
    wait_s: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it went. ``sinks``: their states afterwards; ``carried``: by sink, what it has taken."""

    sinks: tuple[SinkState, ...]
    carried: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""
    """What kept the deployment's figures from being brought up to date."""
    lost: int = 0
    """Alerts that could not be kept when they were raised: nothing can deliver them."""
    cut_off: bool = False
    """Nobody knows whether there were more, since its process or its router had no last word."""


def deliver(order: LateDelivery, on_begin: Callable[[PerSink], None] = lambda _: None) -> Delivered:
    """Deliver what waits, until nothing does or the time is over.

    Raises what ``reopened`` and ``setting_of`` raise.
    """
    with reopened(order) as kept:
        if kept is None:
            return Delivered(())
        done = Delivered(_states(kept.spool))
        waiting = waiting_in(done.sinks)
        if waiting:
            setting = setting_of(kept, waiting)
            work = LateWork("delivery.begin", "delivery.done", {"waiting": waiting})
            on_begin(waiting)
            with routed(kept, setting, work) as router:
                _wait(router.sink_states, order.wait_s)
            done = Delivered(router.sink_states(), router.carried())
        return _noted(kept, done)


def _states(spool: Spool) -> tuple[SinkState, ...]:
    """As ``Router.sink_states`` has them, without a router."""
    numbers, damaged = list[int](), list[str]()
    for name in spool.names():
        try:
            numbers.append(spool.read(name).number)
        except SealBroken:
            damaged.append(name)
    numbers.sort()
    states = (sink_state(sink, spool.delivered(sink), numbers) for sink in spool.sinks())
    return (*states, *spool_states(len(numbers), damaged, Held()))


def _wait(states: Callable[[], Iterable[SinkState]], wait_s: float) -> None:
    until_s = time.monotonic() + wait_s
    while waiting_in(states()) and time.monotonic() < until_s:
        time.sleep(LOOK_S)


def _noted(kept: KeptDeployment, done: Delivered) -> Delivered:
    """The deployment's figures brought up to date wherever they are, and how that went."""
    found: list[Figures] = []

    def change(figures: Figures) -> Figures:
        found.append(figures)
        if figures.ended_at is None:
            return figures
        is_some_deleted = kept.spool.count_forgotten() > 0
        deliveries = Deliveries(waiting_in(done.sinks), done.carried, is_some_deleted)
        left = undelivered_now(figures, deliveries)
        return figures.model_copy(update={"undelivered": left})

    trouble = update_figures(kept.terms, kept.record.deployment_id, change)
    lost = max((figures.unkept for figures in found), default=0)
    cut_off = any(figures.at_least for figures in found)
    return Delivered(done.sinks, done.carried, trouble, lost, cut_off)
