"""Somebody's alerts are taken out of every place that deployments of this home have put them in.

Alerts of others in whose rank lists somebody is are kept, without them there; of a file of JSON
lines such a line goes whole. What has left by a webhook is its receiver's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lfr_batch.errors import LfrError, RunBusy, SealBroken
from lfr_batch.live.afterwards.retention_places import Expiry, LakeParts, Lines, Sealed
from lfr_batch.live.afterwards.retention_terms import Terms, read_terms
from lfr_batch.live.alerts.items import ALERTS, Item
from lfr_batch.live.alerts.passes import KeptPasses
from lfr_batch.live.alerts.sealed import load_seal
from lfr_batch.live.alerts.sinks.json_lines import read_lines
from lfr_batch.live.alerts.spool import Spool, is_held
from lfr_batch.live.deployment.changes_file import forget_in_changes, is_about, load_changes
from lfr_batch.live.deployment.folders import (
    deployment_folder,
    list_deployments,
    load_record,
    router_folder,
)
from lfr_batch.live.deployment.running import LOCK
from lfr_batch.live.deployment.volunteers_file import (
    forget_volunteer,
    load_seeding,
    names_volunteer,
)
from lfr_batch.live.records import Alert, RankedCandidate
from lfr_batch.results import layout
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import read_part, write_part
from lfr_batch.results.store import open_store
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.locks import is_held as is_locked
from lfr_batch.storage.store import Store

_MEND = "restore it from a copy, or remove it if its time is over"

AlertIds = Mapping[str, tuple[str, ...]]
"""By deployment."""


def alerts_of(home: Path, store: Store, subject_id: str, gallery: str | None) -> AlertIds:
    """Alerts that propose a subject, in every place. Raises StoreError, ResultsError."""
    found: dict[str, set[str]] = {}
    for deployment_id in _deployments(home, store, gallery):
        ids = {*_sealed_ids(home, deployment_id, subject_id)}
        for place in _stores(home, deployment_id, store):
            ids.update(_lake_ids(place, deployment_id, subject_id))
        for path in _lines(home, deployment_id):
            ids.update(_line_ids(path, deployment_id, subject_id))
        if ids:
            found[deployment_id] = ids
    return {deployment_id: tuple(sorted(ids)) for deployment_id, ids in sorted(found.items())}


def require_ended(home: Path, galleries: Collection[str], with_alerts: Collection[str]) -> None:
    """Raises RunBusy for a deployment that runs with one of these galleries, or is one of those: it
    would go on raising alerts of whom it has on its watchlist."""
    for deployment_id in list_deployments(home):
        running = is_locked(deployment_folder(home, deployment_id) / LOCK)
        running = running or is_held(router_folder(home, deployment_id))
        gallery = _gallery_of(home, deployment_id)
        if running and (deployment_id in with_alerts or gallery is None or gallery in galleries):
            raise RunBusy(
                f"Deployment {deployment_id} is running with a copy of its watchlist: end it "
                "first, then forget."
            )


def forget_alerts(
    home: Path, store: Store, subject_id: str, gallery: str | None, known: AlertIds
) -> None:
    """Delete a subject's alerts with their reviews, and take the subject out of the rank lists of
    others. ``known``: what ``alerts_of`` had found. Doing it again ends in the same state.

    Raises StoreError, ResultsError.
    """
    for deployment_id in {*_deployments(home, store, gallery), *known}:
        folder, ids = router_folder(home, deployment_id), known.get(deployment_id, ())
        term = Expiry(deployment_id, datetime.now(UTC), False, None, None)
        if folder.exists():
            Sealed(folder, term, alive=False).delete(ids)
            _unrank_sealed(folder, deployment_id, subject_id)
        for path in _lines(home, deployment_id):
            ranked = _line_ids(path, deployment_id, subject_id, ranked=True)
            Lines(path, term).delete({*ids, *ranked})
        for place in _stores(home, deployment_id, store):
            LakeParts(place, term, frozenset()).delete(ids)
            _unrank_parts(place, deployment_id, subject_id)
    for deployment_id in list_deployments(home):
        forget_in_changes(deployment_folder(home, deployment_id), subject_id, gallery)
        _forget_volunteer(home, deployment_id, subject_id, gallery)


def is_named(home: Path, subject_id: str, gallery: str | None) -> bool:
    """Whether a deployment has on record that a subject was new, gone or changed on its watchlist,
    or a volunteer. Raises LiveError."""
    for folder in (deployment_folder(home, each) for each in list_deployments(home)):
        changes, seeding = load_changes(folder), load_seeding(folder)
        if changes is not None and is_about(changes, subject_id, gallery):
            return True
        if seeding is not None and names_volunteer(seeding, subject_id, gallery):
            return True
    return False


def _forget_volunteer(home: Path, deployment_id: str, subject_id: str, gallery: str | None) -> None:
    """With the passes; first these, since by the other it is known whose they are."""
    folder = deployment_folder(home, deployment_id)
    if gallery in (None, _gallery_of(home, deployment_id)):
        KeptPasses(router_folder(home, deployment_id), deployment_id).forget(subject_id)
    forget_volunteer(folder, subject_id, gallery)


def _deployments(home: Path, store: Store, gallery: str | None) -> Iterator[str]:
    there = map(layout.run_id_in, store.folders("alerts"))
    for deployment_id in sorted({*list_deployments(home), *there}):
        known = _gallery_of(home, deployment_id)
        if gallery is None or known in (None, gallery):
            yield deployment_id


def _gallery_of(home: Path, deployment_id: str) -> str | None:
    with suppress(FileNotFoundError, LfrError):
        return load_record(deployment_folder(home, deployment_id)).gallery
    return None


def _terms(home: Path, deployment_id: str) -> Terms | None:
    return read_terms(LocalStore(router_folder(home, deployment_id)))


def _stores(home: Path, deployment_id: str, store: Store) -> Collection[Store]:
    terms = _terms(home, deployment_id)
    known = (open_store(uri, terms.s3) for uri in terms.results) if terms else ()
    return {each.uri: each for each in (*known, store)}.values()


def _lines(home: Path, deployment_id: str) -> list[Path]:
    terms = _terms(home, deployment_id)
    return [Path(path) for path in terms.json_lines] if terms else []


def _sealed_alerts(folder: Path, deployment_id: str) -> Iterator[tuple[Spool, str, int, Alert]]:
    """Without those that nobody can read any more."""
    place = LocalStore(folder)
    names = place.list(ALERTS)
    if not names:
        return
    with suppress(FileNotFoundError):
        spool = Spool(place, load_seal(place, deployment_id))
        for name in names:
            with suppress(FileNotFoundError, SealBroken):
                item = spool.read(name)
                if isinstance(item.record, Alert):
                    yield spool, name, item.number, item.record


def _sealed_ids(home: Path, deployment_id: str, subject_id: str) -> Iterator[str]:
    for _, _, _, alert in _sealed_alerts(router_folder(home, deployment_id), deployment_id):
        if alert.subject_id == subject_id:
            yield alert.alert_id


def _unrank_sealed(folder: Path, deployment_id: str, subject_id: str) -> None:
    for spool, _, number, alert in _sealed_alerts(folder, deployment_id):
        kept = tuple(each for each in alert.candidates if each.subject_id != subject_id)
        if kept != alert.candidates:
            spool.add(Item(number, replace(alert, candidates=_ranked(kept))))


def _ranked(candidates: tuple[RankedCandidate, ...]) -> tuple[RankedCandidate, ...]:
    return tuple(replace(each, rank=rank) for rank, each in enumerate(candidates, 1))


def _parts(store: Store, deployment_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in store.list(layout.run_directory("alerts", deployment_id)):
        with suppress(FileNotFoundError):
            for row in read_part(store, path, _MEND):
                yield path, row


def _lake_ids(store: Store, deployment_id: str, subject_id: str) -> Iterator[str]:
    for _, row in _parts(store, deployment_id):
        if row["subject_id"] == subject_id:
            yield row["alert_id"]


def _unrank_parts(store: Store, deployment_id: str, subject_id: str) -> None:
    for path, row in _parts(store, deployment_id):
        ids, scores = row["candidate_subject_ids"] or (), row["candidate_scores"] or ()
        if subject_id in ids:
            pairs = [pair for pair in zip(ids, scores, strict=True) if pair[0] != subject_id]
            said = {
                "volunteer": None,  # as of a part of before 0.3
                **row,
                "candidate_subject_ids": [each for each, _ in pairs],
                "candidate_scores": [score for _, score in pairs],
            }
            write_part(store, path, [said], part_schema("alerts"))


def _line_ids(
    path: Path, deployment_id: str, subject_id: str, *, ranked: bool = False
) -> Iterator[str]:
    """``ranked``: also of alerts of others in whose rank lists the subject is."""
    for line in read_lines(path, lambda line: line.get("deployment_id") == deployment_id):
        among = (each.get("subject_id") for each in line.get("candidates", ()) if ranked)
        if subject_id in {line.get("subject_id"), *among}:
            yield line["alert_id"]
