"""Alerts whose time is over are deleted, wherever this machine has put them, and it is recorded.

An alert is kept for the deployment's retention period from when it was raised, and not beyond the
deployment's ``keep_until``, when its key and everything sealed with it go, too. Each alert has a
line in the audit log before anything of it is deleted (``retention.delete``), and each
deployment one when that is done (``retention.done``): what a killed sweep left is known by the
first without the second. What has left by a webhook is its receiver's to delete.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Literal

from lfr_batch.errors import LfrError
from lfr_batch.live.afterwards.retention_places import (
    AlertPlace,
    Expiry,
    LakeParts,
    Lines,
    Sealed,
    due_passes,
    id_in,
)
from lfr_batch.live.afterwards.retention_terms import Terms, read_terms
from lfr_batch.live.alerts.items import ALERTS
from lfr_batch.live.alerts.spool import is_held
from lfr_batch.live.deployment.changes_file import CHANGES, delete_changes
from lfr_batch.live.deployment.folders import (
    deployment_folder,
    list_deployments,
    load_record,
    router_folder,
)
from lfr_batch.live.deployment.volunteers_file import VOLUNTEERS, delete_seeding
from lfr_batch.live.records import DeploymentRecord
from lfr_batch.oversight import audit
from lfr_batch.results.layout import is_of_sighting, run_directory, run_id_of
from lfr_batch.results.schemas import LIVE_DATASETS
from lfr_batch.results.store import open_store
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store

DELETE, DELETE_PASSES, DONE = "retention.delete", "retention.delete_passes", "retention.done"


@dataclass(frozen=True, slots=True)
class Sweep:
    home: Path
    stores: tuple[Store, ...]
    """Results roots to look at beside those the deployments are known to have written to."""
    now: datetime
    by: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of one deployment. ``alerts``: how many were deleted, or are due."""

    deployment_id: str
    state: Literal["due", "deleted", "failed"]
    rule: str
    alerts: int
    whole: bool
    """Its key and everything sealed with it went, too."""
    detail: str = ""


def sweep(order: Sweep) -> tuple[Swept, ...]:
    """Delete what is due; one entry per deployment that had anything, or that failed.

    A deployment that fails does not keep the others from being swept. Raises AuditBroken.
    """
    pending = _pending(order.home)
    ids = {*list_deployments(order.home), *pending}
    failed = []
    for store in order.stores:
        try:
            ids |= _deployments_in(store)
        except LfrError as error:
            failed.append(Swept("", "failed", "", 0, whole=False, detail=str(error)))
    found = (_swept(order, each, pending.get(each, frozenset())) for each in sorted(ids))
    return (*(swept for swept in found if swept), *failed)


def sweep_one(order: Sweep, deployment_id: str) -> Swept | None:
    """As ``sweep``, of one deployment; None where nothing of it was due. Raises AuditBroken."""
    return _swept(order, deployment_id, _pending(order.home).get(deployment_id, frozenset()))


def _swept(order: Sweep, deployment_id: str, pending: frozenset[str]) -> Swept | None:
    try:
        return _sweep_deployment(order, deployment_id, pending)
    except (LfrError, OSError, ValueError) as error:
        return Swept(deployment_id, "failed", "", 0, whole=False, detail=str(error))


def _sweep_deployment(order: Sweep, deployment_id: str, pending: frozenset[str]) -> Swept | None:
    folder = router_folder(order.home, deployment_id)
    terms = read_terms(LocalStore(folder))
    term = _term(order, deployment_id, terms)
    alive = is_held(folder)
    if not (pending or term.whole or _may_have_due(term)):
        return None
    rule = _rule(term)
    places = _places(order, folder, term, terms, alive)
    if order.dry_run:
        due = pending.union(*(place.due() for place in places))
        state = Swept(deployment_id, "due", rule, len(due), term.whole)
        left = due_passes(folder, term) or (term.whole and _is_left(folder))
        return state if due or left else None
    deleted = pending
    for place in places:
        due = place.due()
        _order(order, deployment_id, rule, due - deleted)
        deleted |= due
        place.delete(deleted)
    passes = _delete_passes(order, folder, term, rule)
    removed = term.whole and not alive and _remove(folder)
    if not (deleted or removed or passes):
        return None
    done = {"deployment_id": deployment_id, "alerts": len(deleted), "whole": removed}
    done |= {"passes": passes} if passes else {}
    audit.record(order.home, DONE, [{**done, "rule": rule, "by": order.by}], order.now)
    return Swept(deployment_id, "deleted", rule, len(deleted), removed)


def _term(order: Sweep, deployment_id: str, terms: Terms | None) -> Expiry:
    record: DeploymentRecord | None
    try:
        record = load_record(deployment_folder(order.home, deployment_id))
    except FileNotFoundError:
        record = None
    over = record is not None and record.keep_until <= order.now
    return Expiry(deployment_id, order.now, over, record, terms.retention_h if terms else None)


def _may_have_due(term: Expiry) -> bool:
    """Without reading a single alert: nothing is older than the deployment."""
    if term.record is None or term.retention_h is None:
        return True
    return term.record.started_at + timedelta(hours=term.retention_h) <= term.now


def _rule(term: Expiry) -> str:
    if term.record and term.whole:
        return f"deployment kept until {term.record.keep_until.isoformat()}"
    if term.retention_h is None:
        return "keep_until of the alert"
    return f"alerts kept for {term.retention_h:g} h"


def _places(
    order: Sweep, folder: Path, term: Expiry, terms: Terms | None, alive: bool
) -> Iterator[AlertPlace]:
    """One after the other: what is here goes first, also while a results root is out of reach."""
    if folder.exists():
        yield Sealed(folder, term, alive)
    for path in terms.json_lines if terms else ():
        yield Lines(Path(path), term)
    known_stores = _known_stores(terms) if terms else ()
    stores = {store.uri: store for store in (*known_stores, *order.stores)}
    parts = (store.list(run_directory("alerts", term.deployment_id)) for store in stores.values())
    known = frozenset(map(id_in, chain(LocalStore(folder).list(ALERTS), *parts)))
    for store in stores.values():
        yield LakeParts(store, term, known)


def _known_stores(terms: Terms) -> Iterator[Store]:
    return (open_store(uri, terms.s3) for uri in terms.results)


def _delete_passes(order: Sweep, folder: Path, term: Expiry, rule: str) -> int:
    """How many passes of volunteers; that is in the audit log before."""
    due = due_passes(folder, term)
    if due:
        said = {"deployment_id": term.deployment_id, "rule": rule, "by": order.by}
        audit.record(order.home, DELETE_PASSES, [{**said, "passes": len(due)}], order.now)
    for name in due:
        LocalStore(folder).delete(name)
    return len(due)


def _order(order: Sweep, deployment_id: str, rule: str, alert_ids: Collection[str]) -> None:
    """Into the audit log, before anything is deleted."""
    said = {"deployment_id": deployment_id, "rule": rule, "by": order.by}
    entries = [{**said, "alert_id": alert_id} for alert_id in sorted(alert_ids)]
    if entries:
        audit.record(order.home, DELETE, entries, order.now)


def _is_left(folder: Path) -> bool:
    return folder.exists() or any((folder.parent / name).exists() for name in (CHANGES, VOLUNTEERS))


def _remove(folder: Path) -> bool:
    """What is left of the router's folder, and who had changed on the watchlist, or was a
    volunteer. Whether there was any of it."""
    there = any([delete_changes(folder.parent), delete_seeding(folder.parent)])
    if folder.exists():
        with disk_errors(folder):
            shutil.rmtree(folder)
        return True
    return there


def _pending(home: Path) -> dict[str, frozenset[str]]:
    """Deployment → alerts that a sweep has said it would delete, and not that it has."""
    begun: dict[str, frozenset[str]] = {}
    for entry in audit.entries(home):
        deployment_id = entry.get("deployment_id", "")
        if entry["event"] == DELETE:
            begun[deployment_id] = begun.get(deployment_id, frozenset()) | {entry["alert_id"]}
        elif entry["event"] == DONE:
            begun.pop(deployment_id, None)
    return begun


def _deployments_in(store: Store) -> frozenset[str]:
    paths = (path for name in sorted(LIVE_DATASETS) for path in store.list(name))
    found = (run_id_of(path) for path in paths if not is_of_sighting(path))
    return frozenset(each for each in found if each)
