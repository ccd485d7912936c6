"""Alerts that a sink had not taken when its deployment ended are delivered later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lfr_batch.live.afterwards.reopen import (
    KeptDeployment,
    Reopening,
    Waiting,
    reopened,
    routed,
    setting_of,
    stock_of,
    undelivered_now,
    update_figures,
)
from lfr_batch.live.alerts.progress import waiting_in
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.records import SinkState

EVENTS = ("delivery.begin", "delivery.done")
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


def deliver(order: LateDelivery, on_begin: Callable[[Waiting], None] = lambda _: None) -> Delivered:
    """Deliver what waits, until nothing does or the time is over.

    Raises what ``reopened`` and ``setting_of`` raise.
    """
    with reopened(order) as kept:
        if kept is None:
            return Delivered(())
        done = Delivered(stock_of(kept.spool))
        waiting = waiting_in(done.sinks)
        if waiting:
            done = _carry_out(order, kept, waiting, on_begin)
        return _noted(order, kept, done)


def _carry_out(
    order: LateDelivery, kept: KeptDeployment, waiting: Waiting, on_begin: Callable[[Waiting], None]
) -> Delivered:
    setting = setting_of(order, kept, tuple(waiting))
    on_begin(waiting)
    with routed(order, kept, setting, EVENTS, {"waiting": waiting}, dict) as router:
        _wait(router.sink_states, order.wait_s)
    return Delivered(router.sink_states(), router.carried())


def _wait(states: Callable[[], Iterable[SinkState]], wait_s: float) -> None:
    until_s = time.monotonic() + wait_s
    while waiting_in(states()) and time.monotonic() < until_s:
        time.sleep(LOOK_S)


def _noted(order: LateDelivery, kept: KeptDeployment, done: Delivered) -> Delivered:
    """The deployment's figures brought up to date wherever they are, and how that went."""
    found: list[Figures] = []

    def change(figures: Figures) -> Figures:
        found.append(figures)
        if figures.ended_at is None:
            return figures
        left = undelivered_now(figures, kept.spool, waiting_in(done.sinks), done.carried)
        return figures.model_copy(update={"undelivered": left})

    trouble = update_figures(order, kept.terms, change)
    lost = max((figures.unkept for figures in found), default=0)
    cut_off = any(figures.at_least for figures in found)
    return Delivered(done.sinks, done.carried, trouble, lost, cut_off)
