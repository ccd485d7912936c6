"""A deployment that is over is opened again: to deliver what waits, or to decide what is undecided.

Nobody else may have it (``reopened``), and what retention says is over is deleted first. Its sinks
must be its own (``setting_of``). Then its router folder is opened with nothing to raise
(``routed``): the sinks go on where they were, and the audit log has a line before anything leaves
and one with what did.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lfr_batch.config.live import LiveConfig, RetentionConfig
from lfr_batch.errors import LiveError, RunBusy, RunNotFound, SealBroken
from lfr_batch.live.afterwards.own_sinks import SinkChoice, check_choice
from lfr_batch.live.afterwards.retention import Sweep, sweep_one
from lfr_batch.live.afterwards.retention_terms import Terms, json_lines_path, read_terms
from lfr_batch.live.alerts.items import ALERTS
from lfr_batch.live.alerts.progress import waiting_in
from lfr_batch.live.alerts.router import Router, open_router
from lfr_batch.live.alerts.sealed import load_seal
from lfr_batch.live.alerts.sinks.delivery import Setting
from lfr_batch.live.alerts.sinks.table import open_sinks
from lfr_batch.live.alerts.spool import Spool, is_held
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.folders import (
    deployment_folder,
    list_deployments,
    load_record,
    router_folder,
)
from lfr_batch.live.deployment.running import held_if_free
from lfr_batch.live.records import DeploymentRecord
from lfr_batch.oversight import audit
from lfr_batch.results.store import open_store
from lfr_batch.storage.local_store import LocalStore


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

    order: Reopening
    record: DeploymentRecord
    spool: Spool
    terms: Terms


@dataclass(frozen=True, slots=True)
class LateWork:
    """What a deployment is opened again for, as the audit log has it."""

    begin: str
    """The event of the line that is written before anything leaves."""
    end: str
    """That of the line with what did."""
    said: Mapping[str, Any]
    """In the first line."""
    done: Callable[[], Mapping[str, Any]] = dict
    """For the last line, asked once the router is closed."""


@contextmanager
def reopened(order: Reopening) -> Iterator[KeptDeployment | None]:
    """Held for as long as it is looked at; None where it never had a router.

    Raises RunNotFound, RunBusy for a deployment that runs, SealBroken without its key, LiveError
    where its retention period is over or could not be applied, StoreError, AuditBroken.
    """
    record = _record(order)
    with _held(order):
        now = datetime.now(UTC)
        _delete_what_is_over(order, now)
        _check_period(record, now)
        yield _kept(order, record)


def setting_of(kept: KeptDeployment, needed: Collection[str]) -> Setting:
    """What the sinks are opened with. Raises UsageError for sinks that are not the deployment's,
    of which ``needed`` must be there; ConfigError."""
    order, terms = kept.order, kept.terms
    s3 = order.config.s3 if order.results_root else terms.s3
    # Its own period and store: a later configuration must not prolong the one, nor hide the other
    # from the sweeps to come.
    own = {"retention": RetentionConfig(hours=terms.retention_h), "s3": s3}
    store = open_store(order.results_root or terms.results[0], s3)
    setting = Setting(kept.record, order.config.model_copy(update=own), store)
    choice = SinkChoice(
        deployment_id=order.deployment_id,
        given=tuple(open_sinks(setting)),
        own=kept.spool.sinks(),
        needed=tuple(needed),
        lines=str(json_lines_path(order.config)),
        own_lines=terms.json_lines,
    )
    check_choice(choice)
    return setting


@contextmanager
def routed(kept: KeptDeployment, setting: Setting, work: LateWork) -> Iterator[Router]:
    """Its router, for ``work``, which is in the audit log before and afterwards."""
    home, who = kept.order.home, {"deployment_id": kept.order.deployment_id, "by": kept.order.by}
    audit.record(home, work.begin, [{**who, **work.said}])
    router = open_router(kept.spool.place.root, kept.record, setting.config, setting.store)
    try:
        yield router
    finally:
        router.close()
        how = {"delivered": router.carried(), "waiting": waiting_in(router.sink_states())}
        audit.record(home, work.end, [{**who, **work.done(), **how}])


def over(record: DeploymentRecord, figures: Figures | None) -> DeploymentRecord:
    """As it was, but over: ``ends_at`` is when it ended. One that was cut off has by now."""
    ended_at = (figures and figures.ended_at) or datetime.now(UTC)
    ends_at = min(record.ends_at, ended_at).astimezone(record.ends_at.tzinfo)
    return replace(record, ends_at=ends_at)


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


def _delete_what_is_over(order: Reopening, now: datetime) -> None:
    swept = sweep_one(Sweep(order.home, (), now, order.by), order.deployment_id)
    if swept and swept.state == "failed":
        raise LiveError(
            f"{order.deployment_id} is not opened, since what is to be deleted of it could not "
            f"be: {swept.detail}"
        )


def _check_period(record: DeploymentRecord, now: datetime) -> None:
    if record.keep_until <= now:
        raise LiveError(
            f"The retention period of {record.deployment_id} ended on "
            f"{record.keep_until:%d %b %Y at %H:%M %Z}: its alerts are deleted, and what was not "
            "decided or delivered by then cannot be any more."
        )


def _kept(order: Reopening, record: DeploymentRecord) -> KeptDeployment | None:
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
    return KeptDeployment(order, record, spool, terms) if terms else None
