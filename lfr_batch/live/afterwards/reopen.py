"""A deployment that is over is opened again: to deliver what waits, or to decide what is undecided.

Its own router folder is opened with nothing to raise: its sinks go on where they were. What
retention says is over is deleted first. The audit log has a line before anything leaves and one
with what did; afterwards the figures are brought up to date wherever the deployment wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
from lfr_batch.live.afterwards.retention import Sweep, sweep_one
from lfr_batch.live.afterwards.retention_terms import Terms, json_lines_path, read_terms
from lfr_batch.live.alerts.items import ALERTS
from lfr_batch.live.alerts.progress import SPOOL, waiting_in
from lfr_batch.live.alerts.router import Router, open_router
from lfr_batch.live.alerts.sealed import load_seal
from lfr_batch.live.alerts.sinks.delivery import Setting
from lfr_batch.live.alerts.sinks.table import open_sinks
from lfr_batch.live.alerts.spool import Spool, is_held
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.figures_file import load_figures, save_figures
from lfr_batch.live.deployment.folders import (
    deployment_folder,
    list_deployments,
    load_record,
    router_folder,
)
from lfr_batch.live.deployment.running import held_if_free
from lfr_batch.live.records import DeploymentRecord, SinkState
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import latest_row, record_run
from lfr_batch.results.run_state import load_run
from lfr_batch.results.store import open_store
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store

_COUNTED = ("footage", "footage_failed", "sightings", "media_s")
"""The columns of ``runs`` that count something of a deployment."""

Waiting = Mapping[str, int]
"""By sink, how many alerts and reviews it has not taken; only sinks that lack any."""
Change = Callable[[Figures], Figures]


@dataclass(frozen=True, slots=True)
class Reopening:
    """What the operator asked for."""

    home: Path
    deployment_id: str
    config: LiveConfig
    by: str
    results_root: str | None = field(default=None, kw_only=True)
    """None: where the deployment wrote its results."""


@dataclass(frozen=True, slots=True)
class KeptDeployment:
    """What is there of a deployment, without what is over."""

    record: DeploymentRecord
    spool: Spool
    terms: Terms


@contextmanager
def reopened(order: Reopening) -> Iterator[KeptDeployment | None]:
    """Held for as long as it is looked at; None where it never had a router.

    Raises RunNotFound, RunBusy for a deployment that runs, SealBroken without its key, LiveError
    where its retention period is over or could not be applied, StoreError, AuditBroken.
    """
    record = _record(order)
    with _held(order):
        yield _kept(order, record)


def setting_of(order: Reopening, kept: KeptDeployment, needed: Collection[str]) -> Setting:
    """What the sinks are opened with. Raises UsageError for sinks that are not the deployment's,
    of which ``needed`` must be there; ConfigError."""
    # Its own period and store: a later configuration must not prolong the one, nor hide the other
    # from the sweeps to come.
    own = RetentionConfig(hours=kept.terms.retention_h)
    s3 = order.config.s3 if order.results_root else kept.terms.s3
    config = order.config.model_copy(update={"retention": own, "s3": s3})
    store = open_store(order.results_root or kept.terms.results[0], s3)
    setting = Setting(kept.record, config, store)
    _check_sinks(order.deployment_id, open_sinks(setting), kept.spool, needed)
    _check_lines(order, kept.terms, needed)
    return setting


@contextmanager
def routed(
    order: Reopening,
    kept: KeptDeployment,
    setting: Setting,
    events: tuple[str, str],
    said: Mapping[str, Any],
    done: Callable[[], Mapping[str, Any]],
) -> Iterator[Router]:
    """``events``: of the audit log's two lines, with ``said`` and what ``done`` then says."""
    who = {"deployment_id": order.deployment_id, "by": order.by}
    begin, end = events
    audit.record(order.home, begin, [{**who, **said}])
    router = open_router(kept.spool.place.root, kept.record, setting.config, setting.store)
    try:
        yield router
    finally:
        router.close()
        how = {"delivered": router.carried(), "waiting": waiting_in(router.sink_states())}
        audit.record(order.home, end, [{**who, **done(), **how}])


def stock_of(spool: Spool) -> tuple[SinkState, ...]:
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


def figures_of(order: Reopening, terms: Terms) -> Figures | None:
    """The first that can be read."""
    for uri in terms.results:
        with suppress(StoreError, ResultsError):
            figures = load_figures(open_store(uri, terms.s3), order.deployment_id)
            if figures is not None:
                return figures
    return None


def update_figures(order: Reopening, terms: Terms, change: Change) -> str:
    """Bring the figures up to date wherever they are; what kept any of them from it."""
    troubles = []
    for uri in terms.results:
        store = open_store(uri, terms.s3)
        try:
            figures = load_figures(store, order.deployment_id)
            if figures is not None:
                _update(store, figures, change(figures))
        except (StoreError, ResultsError) as error:
            troubles.append(str(error))
    return "; ".join(troubles)


def undelivered_now(
    figures: Figures, spool: Spool, waiting: Waiting, carried: Waiting
) -> dict[str, int]:
    """What waits. Where alerts were deleted, those that no sink had taken stay in the figures."""
    left = dict(waiting)
    if spool.count_forgotten():
        for sink, number in figures.undelivered.items():
            left[sink] = max(left.get(sink, 0), number - carried.get(sink, 0))
    return {sink: number for sink, number in left.items() if number}


def _update(store: Store, before: Figures, after: Figures) -> None:
    """A run that had failures only because something was undelivered then is complete."""
    run_id = before.record.deployment_id
    if before == after:
        return
    with lock_run(store, run_id) as hold:
        save_figures(store, after)
        row = latest_row(store, run_id)
        if _has_failures(after) or not row or row["status"] != "complete_with_failures":
            return
        totals = {name: row[name] for name in _COUNTED}
        record_run(hold, load_run(store, run_id), "complete", totals=totals)


def _has_failures(figures: Figures) -> bool:
    unseen = any(not camera.frames_received for camera in figures.cameras)
    return bool(figures.undelivered or figures.unkept or figures.cut_off or unseen)


def _record(order: Reopening) -> DeploymentRecord:
    try:
        return load_record(deployment_folder(order.home, order.deployment_id))
    except FileNotFoundError:
        recent = list_deployments(order.home)[-3:]
        there = f"recent ones are {', '.join(reversed(recent))}" if recent else "there are none yet"
        raise RunNotFound(
            f"There is no deployment {order.deployment_id!r} under {order.home}: {there}."
        ) from None


@contextmanager
def _held(order: Reopening) -> Iterator[None]:
    folder = router_folder(order.home, order.deployment_id)
    with held_if_free(order.home, order.deployment_id) as free:
        if not free or is_held(folder):
            raise RunBusy(
                f"Deployment {order.deployment_id} is still running, or somebody delivers or "
                "decides for it already: wait until that has ended."
            )
        yield


def _kept(order: Reopening, record: DeploymentRecord) -> KeptDeployment | None:
    now = datetime.now(UTC)
    swept = sweep_one(Sweep(order.home, (), now, order.by), order.deployment_id)
    if swept and swept.state == "failed":
        raise LiveError(
            f"{order.deployment_id} is not opened, since what is to be deleted of it could not "
            f"be: {swept.detail}"
        )
    if record.keep_until <= now:
        raise LiveError(
            f"The retention period of {order.deployment_id} ended on "
            f"{record.keep_until:%d %b %Y at %H:%M %Z}: its alerts are deleted, and what was not "
            "decided or delivered by then cannot be any more."
        )
    place = LocalStore(router_folder(order.home, order.deployment_id))
    try:
        spool, terms = Spool(place, load_seal(place, order.deployment_id)), read_terms(place)
    except FileNotFoundError:
        if place.list(ALERTS):
            raise SealBroken(
                f"The key of {order.deployment_id} is destroyed: its alerts cannot be read, nor "
                "delivered, any more."
            ) from None
        return None
    return KeptDeployment(record, spool, terms) if terms else None


def _check_sinks(
    deployment_id: str, given: Collection[str], spool: Spool, needed: Collection[str]
) -> None:
    lacking = [sink for sink in needed if sink not in given]
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


def _check_lines(order: Reopening, terms: Terms, needed: Collection[str]) -> None:
    path = str(json_lines_path(order.config))
    if "json_lines" in needed and path not in terms.json_lines:
        raise UsageError(
            f"alerts.json_lines is {path} and was {terms.json_lines[-1]} when "
            f"{order.deployment_id} ran: give the configuration it ran with, from the same folder."
        )
