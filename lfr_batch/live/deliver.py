"""Alerts that a sink had not taken when its deployment ended are delivered later.

The deployment's own router folder is opened again, with nothing to raise: its sinks go on where
they were. What retention says is over is deleted first and not delivered. The audit log has a line
before anything leaves (``delivery.begin``) and one with what did (``delivery.done``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lfr_batch.config.live import LiveConfig, RetentionConfig
from lfr_batch.errors import (
    LiveError,
    ResultsError,
    RunBusy,
    RunNotFound,
    SealBroken,
    StoreError,
    UsageError,
)
from lfr_batch.live import audit
from lfr_batch.live.figures import Figures, load_figures, save_figures
from lfr_batch.live.folders import (
    deployment_folder,
    list_deployments,
    load_record,
    router_folder,
)
from lfr_batch.live.records import DeploymentRecord, SinkState
from lfr_batch.live.retention import Sweep, sweep_one
from lfr_batch.live.retention_terms import Terms, json_lines_path, read_terms
from lfr_batch.live.router import SPOOL, open_router
from lfr_batch.live.running import held_if_free
from lfr_batch.live.sealed import load_seal
from lfr_batch.live.sinks.delivery import Setting
from lfr_batch.live.sinks.table import open_sinks
from lfr_batch.live.spool import ALERTS, Spool, is_held
from lfr_batch.results.local_store import LocalStore
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import latest_row, record_run
from lfr_batch.results.run_state import load_run
from lfr_batch.results.store import Store, open_store

BEGIN, DONE = "delivery.begin", "delivery.done"
LOOK_S = 0.1
_COUNTED = ("footage", "footage_failed", "sightings", "media_s")
"""The columns of ``runs`` that count something of a deployment."""


Waiting = Mapping[str, int]
"""By sink, how many alerts and reviews it has not taken; only sinks that lack any."""


@dataclass(frozen=True, slots=True)
class LateDelivery:
    """What the operator asked for."""

    home: Path
    deployment_id: str
    config: LiveConfig
    by: str
    wait_s: float
    results_root: str | None = None
    """None: where the deployment wrote its results."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it went. ``sinks``: their states afterwards; ``carried``: by sink, what it has taken."""

    sinks: tuple[SinkState, ...]
    carried: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""
    """What kept the deployment's figures from being brought up to date."""


def deliver(order: LateDelivery, on_begin: Callable[[Waiting], None] = lambda _: None) -> Delivered:
    """Deliver what waits, until nothing does or the time is over.

    Raises RunNotFound, RunBusy for a deployment that runs, UsageError for sinks that are not the
    deployment's, ConfigError, SealBroken without its key, LiveError where its retention period is
    over or could not be applied, StoreError, AuditBroken.
    """
    record = _record(order)
    with _held(order):
        spool, terms = _kept(order, record)
        if spool is None or terms is None:
            return Delivered(())
        stock = _stock(spool)
        waiting = _waiting(stock)
        done = Delivered(stock)
        if waiting:
            setting = _setting(order, record, spool, terms, waiting)
            on_begin(waiting)
            done = _carry_out(order, spool.place.root, setting, waiting)
        return _noted(order, spool, terms, done)


def _waiting(states: Iterable[SinkState]) -> Waiting:
    return {each.name: each.waiting for each in states if each.waiting and each.name != SPOOL}


def _record(order: LateDelivery) -> DeploymentRecord:
    try:
        return load_record(deployment_folder(order.home, order.deployment_id))
    except FileNotFoundError:
        recent = list_deployments(order.home)[-3:]
        there = f"recent ones are {', '.join(reversed(recent))}" if recent else "there are none yet"
        raise RunNotFound(
            f"There is no deployment {order.deployment_id!r} under {order.home}: {there}."
        ) from None


@contextmanager
def _held(order: LateDelivery) -> Iterator[None]:
    folder = router_folder(order.home, order.deployment_id)
    with held_if_free(order.home, order.deployment_id) as free:
        if not free or is_held(folder):
            raise RunBusy(
                f"Deployment {order.deployment_id} is still running, or somebody delivers for it "
                "already: wait until that has ended."
            )
        yield


def _kept(order: LateDelivery, record: DeploymentRecord) -> tuple[Spool | None, Terms | None]:
    """The deployment's sealed files, without what is over; None where it never had any."""
    now = datetime.now(UTC)
    swept = sweep_one(Sweep(order.home, (), now, order.by), order.deployment_id)
    if swept and swept.state == "failed":
        raise LiveError(
            f"Nothing of {order.deployment_id} is delivered, since what is to be deleted could not "
            f"be: {swept.detail}"
        )
    if record.keep_until <= now:
        raise LiveError(
            f"The retention period of {order.deployment_id} ended on "
            f"{record.keep_until:%d %b %Y at %H:%M %Z}: its alerts are deleted, and what was not "
            "delivered by then cannot be any more."
        )
    place = LocalStore(router_folder(order.home, order.deployment_id))
    try:
        return Spool(place, load_seal(place, order.deployment_id)), read_terms(place)
    except FileNotFoundError:
        if place.list(ALERTS):
            raise SealBroken(
                f"The key of {order.deployment_id} is destroyed: its alerts cannot be read, nor "
                "delivered, any more."
            ) from None
        return None, None


def _stock(spool: Spool) -> tuple[SinkState, ...]:
    """What is there for each sink, as ``Router.sink_states`` has it."""
    numbers, damaged = [], []
    for name in spool.names():
        try:
            numbers.append(spool.read(name).number)
        except SealBroken:
            damaged.append(name)
    states = []
    for sink in spool.sinks():
        waiting = sum(number > spool.delivered(sink) for number in numbers)
        states.append(SinkState(sink, len(numbers) - waiting, waiting, None))
    if damaged:
        said = f"cannot be read: {', '.join(damaged)}"
        states.append(SinkState(SPOOL, len(numbers), len(damaged), said))
    return tuple(states)


def _setting(
    order: LateDelivery, record: DeploymentRecord, spool: Spool, terms: Terms, waiting: Waiting
) -> Setting:
    """What the sinks are opened with. Raises UsageError, ConfigError."""
    # Its own retention period: that of a later configuration must not prolong it.
    own = RetentionConfig(hours=terms.retention_h)
    config = order.config.model_copy(update={"retention": own})
    store = open_store(order.results_root or terms.results[0], config.s3)
    setting = Setting(record, config, store)
    _check_sinks(order.deployment_id, open_sinks(setting), spool, waiting)
    _check_lines(order, terms, waiting)
    return setting


def _carry_out(order: LateDelivery, folder: Path, setting: Setting, waiting: Waiting) -> Delivered:
    said = {"deployment_id": order.deployment_id, "by": order.by}
    audit.record(order.home, BEGIN, [{**said, "waiting": waiting}])
    router = open_router(folder, setting.deployment, setting.config, setting.store)
    try:
        _wait(router.sink_states, order.wait_s)
    finally:
        router.close()
        states, carried = router.sink_states(), router.carried()
        how = {"delivered": carried, "waiting": _waiting(states)}
        audit.record(order.home, DONE, [{**said, **how}])
    return Delivered(states, carried)


def _check_sinks(
    deployment_id: str, given: Collection[str], spool: Spool, waiting: Waiting
) -> None:
    lacking = [sink for sink in waiting if sink not in given]
    if lacking:
        raise UsageError(
            f"{' and '.join(lacking)} of {deployment_id} still waits for alerts, and the "
            "configuration has no such sink: give the one the deployment ran with."
        )
    strange = sorted(set(given).difference(spool.sinks()))
    if strange:
        raise UsageError(
            f"{deployment_id} had no {' and no '.join(strange)}, to which all of its alerts would "
            "be sent: give the configuration the deployment ran with."
        )


def _check_lines(order: LateDelivery, terms: Terms, waiting: Waiting) -> None:
    path = str(json_lines_path(order.config))
    if "json_lines" in waiting and path not in terms.json_lines:
        raise UsageError(
            f"alerts.json_lines is {path} and was {terms.json_lines[-1]} when "
            f"{order.deployment_id} ran: give the configuration it ran with, from the same folder."
        )


def _wait(states: Callable[[], Iterable[SinkState]], wait_s: float) -> None:
    until_s = time.monotonic() + wait_s
    while _waiting(states()) and time.monotonic() < until_s:
        time.sleep(LOOK_S)


def _noted(order: LateDelivery, spool: Spool, terms: Terms, done: Delivered) -> Delivered:
    """The deployment's figures brought up to date wherever they are, and how that went."""
    troubles = []
    for uri in terms.results:
        store = open_store(uri, order.config.s3)
        try:
            figures = load_figures(store, order.deployment_id)
            if figures is not None and figures.ended_at is not None:
                _update(store, figures, _undelivered(figures, spool, done))
        except (StoreError, ResultsError) as error:
            troubles.append(str(error))
    return Delivered(done.sinks, done.carried, "; ".join(troubles))


def _undelivered(figures: Figures, spool: Spool, done: Delivered) -> dict[str, int]:
    """What waits. Where alerts were deleted, those that no sink had taken stay in the figures."""
    left = dict(_waiting(done.sinks))
    if spool.count_forgotten():
        for sink, number in figures.undelivered.items():
            left[sink] = max(left.get(sink, 0), number - done.carried.get(sink, 0))
    return {sink: number for sink, number in left.items() if number}


def _update(store: Store, figures: Figures, undelivered: dict[str, int]) -> None:
    """A run that had failures only because something was undelivered then is complete."""
    run_id = figures.record.deployment_id
    if figures.undelivered == undelivered:
        return
    with lock_run(store, run_id):
        save_figures(store, figures.model_copy(update={"undelivered": undelivered}))
        row = latest_row(store, run_id)
        unseen = any(not camera.frames_received for camera in figures.cameras)
        if undelivered or unseen or not row or row["status"] != "complete_with_failures":
            return
        totals = {name: row[name] for name in _COUNTED}
        record_run(store, load_run(store, run_id), "complete", totals=totals)
