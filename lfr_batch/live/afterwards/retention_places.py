"""The places a deployment's alerts are in: what of each is due, and how it is deleted.

Deleting twice, or again after it was killed half-way, ends in the same state.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from lfr_batch.errors import SealBroken
from lfr_batch.live.afterwards.retention_terms import keep_until
from lfr_batch.live.alerts.items import ALERTS, REVIEWS
from lfr_batch.live.alerts.passes import KeptPasses
from lfr_batch.live.alerts.sealed import destroy_key, load_seal
from lfr_batch.live.alerts.sinks.json_lines import Line, read_lines, remove_lines
from lfr_batch.live.alerts.sinks.parquet import alert_part, discard_half_parts
from lfr_batch.live.alerts.spool import Spool, discard_halves
from lfr_batch.live.deployment.counts import Decision, decision_of, latest_reviews
from lfr_batch.live.records import Alert, DeploymentRecord, Review
from lfr_batch.results import layout
from lfr_batch.results.parts import read_part
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store

_SURELY_LEFT = timedelta(hours=1)
"""A file that was half-written this long ago is nobody's work in hand."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_MEND = "restore it from a copy, or remove it if its time is over"


@dataclass(frozen=True, slots=True)
class Expiry:
    """What is over for a deployment."""

    deployment_id: str
    now: datetime
    whole: bool
    """The deployment's own time: nothing of it stays."""
    record: DeploymentRecord | None
    """None where only its alerts are here."""
    retention_h: float | None
    """Of each alert; None where that is not known."""

    def is_over(self, raised_at: datetime) -> bool:
        """Of an alert. Where neither period nor deployment is known, it is not."""
        until = self.record.keep_until if self.record else _NEVER
        if self.retention_h is not None:
            until = keep_until(raised_at, self.retention_h, until)
        return until <= self.now


class AlertPlace(Protocol):
    def due(self) -> frozenset[str]:
        """Ids of the alerts to delete."""

    def delete(self, alert_ids: Collection[str]) -> None:
        """Alerts and their reviews; of a deployment that is over, everything."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The router's folder. ``alive``: a router has it, whose key must stay."""

    folder: Path
    term: Expiry
    alive: bool

    def due(self) -> frozenset[str]:
        place = LocalStore(self.folder)
        there, reviewed = _ids(place.list(ALERTS)), _ids(place.list(REVIEWS))
        if self.term.whole:
            return there | reviewed
        return (reviewed - there) | {each for each in there if self._is_over(each)}

    def delete(self, alert_ids: Collection[str]) -> None:
        if not self.term.whole or self.alive:
            self._forget(alert_ids)
            return
        with disk_errors(self.folder):
            destroy_key(self.folder)
            for name in (ALERTS, REVIEWS):
                shutil.rmtree(self.folder / name, ignore_errors=True)

    def _is_over(self, alert_id: str) -> bool:
        name = f"{ALERTS}/{alert_id}"
        try:
            found = self._spool().read(name).record
            raised_at = found.raised_at if isinstance(found, Alert) else self.term.now
        except SealBroken:
            raised_at = _written_at(self.folder / name)
        return self.term.is_over(raised_at)

    def _forget(self, alert_ids: Collection[str]) -> None:
        made = self._decisions() if alert_ids else {}
        for alert_id in alert_ids:
            decision = made.get(alert_id, Decision())
            self._spool().forget(alert_id, replace(decision, volunteer=self._is_ones(alert_id)))
        if not self.alive:
            discard_halves(self.folder)

    def _is_ones(self, alert_id: str) -> bool:
        """A volunteer's; of one that nobody can read any more, that is not known."""
        try:
            found = self._spool().read(f"{ALERTS}/{alert_id}").record
        except (FileNotFoundError, SealBroken):
            return False
        return isinstance(found, Alert) and found.volunteer

    def _decisions(self) -> dict[str, Decision]:
        found = map(self._review, LocalStore(self.folder).list(REVIEWS))
        latest = latest_reviews(review for review in found if review)
        return {alert_id: decision_of(review) for alert_id, review in latest.items()}

    def _review(self, name: str) -> Review | None:
        try:
            record = self._spool().read(name).record
        except (FileNotFoundError, SealBroken):
            return None
        return record if isinstance(record, Review) else None

    def _spool(self) -> Spool:
        place = LocalStore(self.folder)
        return Spool(place, load_seal(place, self.term.deployment_id))


def due_passes(folder: Path, term: Expiry) -> tuple[str, ...]:
    """The files of volunteers' passes that are over: as an alert that was raised then would be."""
    kept = KeptPasses(folder, term.deployment_id)
    return tuple(name for name, at in kept.moments() if term.whole or term.is_over(at))


@dataclass(frozen=True, slots=True)
class LakeParts:
    """The deployment's parts in one results root. ``known``: its alerts in all other places."""

    store: Store
    term: Expiry
    known: frozenset[str]

    def due(self) -> frozenset[str]:
        alerts, reviews = (self._parts(dataset) for dataset in ("alerts", "reviews"))
        there, reviewed = _ids(alerts), _ids(reviews)
        if self.term.whole:
            return there | reviewed
        left_over = reviewed - there - self.known
        return left_over | {each for each in there if self._is_over(each)}

    def delete(self, alert_ids: Collection[str]) -> None:
        # Reviews first: without its alert, a review is left over only if it was written late.
        for path in (*self._parts("reviews"), *self._parts("alerts")):
            if self.term.whole or id_in(path) in alert_ids:
                self.store.delete(path)
        discard_half_parts(self.store, self.term.deployment_id, self.term.now - _SURELY_LEFT)

    def _parts(self, dataset: str) -> tuple[str, ...]:
        return self.store.list(layout.run_directory(dataset, self.term.deployment_id))

    def _is_over(self, alert_id: str) -> bool:
        path = alert_part(self.term.deployment_id, alert_id)
        try:
            (row,) = read_part(self.store, path, _MEND)
        except FileNotFoundError:
            return False
        until: datetime = row["keep_until"]
        return until <= self.term.now


@dataclass(frozen=True, slots=True)
class Lines:
    """The deployment's lines in a file of JSON lines."""

    path: Path
    term: Expiry

    def due(self) -> frozenset[str]:
        alerts = read_lines(self.path, lambda line: self._is_ours(line) and "raised_at" in line)
        return frozenset(
            line["alert_id"]
            for line in alerts
            if self.term.whole or self.term.is_over(datetime.fromisoformat(line["raised_at"]))
        )

    def delete(self, alert_ids: Collection[str]) -> None:
        with disk_errors(self.path):
            remove_lines(self.path, lambda line: self._is_unwanted(line, alert_ids))

    def _is_unwanted(self, line: Line, alert_ids: Collection[str]) -> bool:
        return self._is_ours(line) and (self.term.whole or line.get("alert_id") in alert_ids)

    def _is_ours(self, line: Line) -> bool:
        return bool(line.get("deployment_id") == self.term.deployment_id)


def _ids(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(map(id_in, paths))


def id_in(path: str) -> str:
    """The alert's id: the name's beginning, up to its first full stop."""
    return path.rpartition("/")[2].partition(".")[0]


def _written_at(path: Path) -> datetime:
    """Of a sealed file that can no longer be read, at least this is known."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
