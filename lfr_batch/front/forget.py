"""Forgetting a run, a subject or a file: looked at, put on record, carried out, with a receipt.

What was put on record and interrupted is carried out by whoever comes next: another forgetting, or
`lfr retention sweep`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from lfr_batch.config.schema import S3Config
from lfr_batch.enrolment.forgetting import (
    carry_out as carry_out_of_gallery,
)
from lfr_batch.enrolment.forgetting import (
    finish_intended,
    new_intention,
    what_holds,
)
from lfr_batch.errors import UsageError
from lfr_batch.front.settings import Settings
from lfr_batch.front.stated import require_stated
from lfr_batch.gallery.folders import gallery_names
from lfr_batch.gallery.removal import holding
from lfr_batch.homes.at_hand import Home, gallery_at_hand, manifests_at_hand
from lfr_batch.live.afterwards.forgetting import (
    AlertIds,
    alerts_of,
    forget_alerts,
    is_named,
    require_ended,
)
from lfr_batch.live.deployment.watchlist import destroy_leftovers
from lfr_batch.oversight.authority import Authority
from lfr_batch.oversight.forgotten import (
    ForgetIntention,
    ForgetReceipt,
    done,
    intend,
    unfinished,
)
from lfr_batch.results import forget as lake_forgetting
from lfr_batch.results import layout, ticks
from lfr_batch.results.copies import Copy, delete_report, notes_of
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.hold import busy, newest_epoch, read_claim
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import is_locked
from lfr_batch.results.run_state import not_found
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.which_run import which_run
from lfr_batch.storage.store import Store
from lfr_batch.work.privacy import protect_files

What = Literal["run", "subject", "footage"]
_UNDER_WAY = """
SELECT run_id FROM runs
WHERE status IN ('planning', 'running') AND kind <> 'live'
  AND list_contains($galleries::VARCHAR[], gallery)
"""


@dataclass(frozen=True, slots=True)
class ForgetOrder:
    """What is to be forgotten, and who answers for it."""

    what: What
    value: str
    """Of a run its id, the beginning of it, or 'latest'; a subject's id; a file's uri."""
    stated: Authority
    gallery: str | None = None
    """Of a subject: whom that gallery calls so."""
    settings: Settings = field(default_factory=Settings)

    @property
    def home(self) -> Home:
        return self.settings.home_place

    @property
    def s3(self) -> S3Config:
        return self.settings.config().s3


def forget(
    what: What,
    value: str,
    stated: Authority,
    *,
    gallery: str | None = None,
    settings: Settings | None = None,
) -> ForgetReceipt:
    """Forget a run, a subject or a file of footage, for good: in the lake, in galleries, in alerts.

    Reports that are known to show it are deleted where they lie on this machine; exports are named
    as out of reach. What is intended is on record in the audit log before anything is touched; what
    was interrupted before is finished first. Footage itself is not touched.

    Raises RunNotFound, UsageError for what is nowhere and for a live deployment, RunBusy for a run
    or deployment that goes on, GalleryEmpty where a gallery would have nobody left, StoreError.
    """
    order = ForgetOrder(what, value, stated, gallery, settings or Settings())
    finish_forgetting(order.settings)
    return carry_out(order, foresee_forgetting(order))[0]


def foresee_forgetting(order: ForgetOrder, now: datetime | None = None) -> ForgetIntention:
    """What would go, and where copies are; nothing is changed. Raises as ``forget``."""
    stated, moment = require_stated(order.stated), now or datetime.now(UTC)
    root, s3 = order.settings.results_place()
    store, home = open_store(root, s3), order.home
    value = _run_meant(store, order.value) if order.what == "run" else order.value
    if order.gallery is not None and order.what != "subject":
        raise UsageError("Only a subject is of a gallery: leave --gallery out.")
    found = lake_forgetting.count(store, Forgetting(order.what, value, gallery=order.gallery))
    is_subject = order.what == "subject"
    snapshots: Mapping[str, int] = {}
    alerts: AlertIds = {}
    if is_subject:
        snapshots = dict(_snapshots(home, value, order.gallery, s3))
        if isinstance(home, Path):
            alerts = alerts_of(home, store, value, order.gallery)
    named = order.what == "footage" and ticks.names_uri(store, value)
    if is_subject and isinstance(home, Path):
        named = is_named(home, value, order.gallery)
    if found.nothing and not (snapshots or alerts or named):
        raise _nowhere(order, store, value)
    _require_idle(store, found.runs)
    if is_subject:
        _require_unsearched(store, s3, tuple(snapshots))
        if isinstance(home, Path):
            require_ended(home, tuple(snapshots), tuple(alerts))
    return ForgetIntention(
        id=f"{moment:%Y%m%d-%H%M%S}-forget-{order.what}-{secrets.token_hex(2)}",
        what=order.what,
        value=value,
        gallery=order.gallery,
        results=root,
        runs=found.runs,
        rows={name: rows for name, rows in found.rows.items() if rows},
        pictures=found.rows.get("best_shots", 0),
        snapshots=snapshots,
        alerts=alerts,
        copies=_copies(store, found.runs, shows_people=is_subject),
        case_ref=stated.case_ref,
        authority=stated.authority,
        purpose=stated.purpose,
        operator=stated.operator,
        at=moment,
    )


def carry_out(order: ForgetOrder, intention: ForgetIntention) -> tuple[ForgetReceipt, str]:
    """Put it on record, do it, and leave a receipt: that, and where it is. Raises StoreError,
    AuditBroken, RunBusy; what was begun is then finished by the next call."""
    put_on_record(order, intention)
    return finish(order.home, intention, order.s3)


def put_on_record(order: ForgetOrder, intention: ForgetIntention) -> None:
    """It is then to be carried out, by ``finish`` or by whoever comes next. Raises StoreError,
    AuditBroken."""
    protect_files()
    intend(order.home, intention, order.s3)


def forget_together(intentions: Sequence[ForgetIntention], s3: S3Config) -> None:
    """Take runs of one lake out of it: files that several are in are made anew once. They are on
    record, and ``finish`` ends each. Raises RunBusy, StoreError, ResultsError."""
    if intentions:
        first, *others = (each.value for each in intentions)
        store = open_store(intentions[0].results, s3)
        lake_forgetting.forget(store, Forgetting("run", first, also=tuple(others)))


def finish_forgetting(settings: Settings) -> list[ForgetReceipt]:
    """End what was interrupted. Raises as ``carry_out``."""
    home, s3 = settings.home_and_s3()
    return [finish(home, intention, s3)[0] for intention in unfinished(home, s3)]


def _run_meant(store: Store, said: str) -> str:
    run_id = which_run(store, said)
    if layout.is_deployment(run_id):
        raise UsageError(
            f"{run_id} was a live deployment: its alerts go when their time is over, by "
            "`lfr retention sweep`; `lfr forget subject` takes out those of one person."
        )
    if not layout.is_run_id(run_id):
        raise not_found(StoredRun(store, said))
    return run_id


def _snapshots(
    home: Home, subject_id: str, gallery: str | None, s3: S3Config
) -> Iterator[tuple[str, int]]:
    """How many of each gallery have the subject. Raises GalleryEmpty where nobody else is left."""
    for name in gallery_names(manifests_at_hand(home, s3)):
        if gallery in (None, name) and holding(gallery_at_hand(home, name, s3), name, [subject_id]):
            yield name, len(what_holds(home, name, [subject_id], s3))


def _nowhere(order: ForgetOrder, store: Store, value: str) -> Exception:
    if order.what == "run":
        return not_found(StoredRun(store, value))
    if order.what == "footage":
        return UsageError(
            f'Nothing in {store.uri} is of {value!r}: give the uri as `lfr sql "SELECT DISTINCT '
            'uri FROM footage"` shows it.'
        )
    where = f"gallery {order.gallery!r}" if order.gallery else "a gallery"
    return UsageError(
        f"Nobody is called {value!r} in {store.uri} or in {where} of {order.home}: `lfr gallery "
        "show NAME` lists whom a gallery has."
    )


def _require_idle(store: Store, run_ids: Sequence[str]) -> None:
    """Raises RunBusy, naming the holder of a run that somebody works on."""
    for run in (StoredRun(store, run_id) for run_id in run_ids):
        if is_locked(run):
            raise busy(run.run_id, read_claim(run, newest_epoch(run)))


def _require_unsearched(store: Store, s3: S3Config, galleries: Sequence[str]) -> None:
    """Raises RunBusy for a run that searches for the people of these galleries at this moment."""
    lake = open_lake(store.uri, s3)
    try:
        found = run_query(lake, _UNDER_WAY, {"galleries": list(galleries)})
    finally:
        lake.close()
    _require_idle(store, found.column(0).to_pylist())


def _copies(store: Store, run_ids: Sequence[str], *, shows_people: bool) -> dict[str, Copy]:
    found = notes_of(store, run_ids) if run_ids else {}
    return {path: copy for path, copy in found.items() if copy.shows_subjects or not shows_people}


def finish(
    home: Home, intention: ForgetIntention, s3: S3Config, *, left_lake: bool = False
) -> tuple[ForgetReceipt, str]:
    """However far it got before. ``left_lake``: that is done. Raises as ``carry_out``."""
    store = open_store(intention.results, s3)
    note = f"{intention.at:%Y-%m-%d} of case {intention.case_ref}"
    if not left_lake:
        what = Forgetting(intention.what, intention.value, note, intention.gallery)
        lake_forgetting.forget(store, what)
    uncalibrated: list[str] = []
    if intention.what == "subject":
        uncalibrated += _forget_in_galleries(home, intention, s3)
        if isinstance(home, Path):
            destroy_leftovers(home, intention.operator)
            said = intention.value, intention.gallery, intention.alerts
            forget_alerts(home, store, *said)
    if intention.what == "footage":
        ticks.forget_uri(store, intention.value)
    kept = _delete_reports(store, intention)
    receipt = ForgetReceipt(
        intention=intention,
        at=datetime.now(UTC),
        reports_gone=tuple(c.place for p, c in intention.reports.items() if p not in kept),
        out_of_reach=(*kept.values(), *map(_where, intention.exports)),
        calibration_lost=tuple(uncalibrated),
    )
    return receipt, done(home, receipt, s3)


def _forget_in_galleries(home: Home, intention: ForgetIntention, s3: S3Config) -> list[str]:
    """The galleries that have lost their calibration with it."""
    done_before = finish_intended(home, s3)
    stated = Authority(
        intention.case_ref, intention.authority, intention.purpose, intention.operator
    )
    receipts = [*done_before]
    for name, _ in _snapshots(home, intention.value, intention.gallery, s3):
        removal = new_intention("remove", name, stated, subjects=[intention.value])
        receipts.append(carry_out_of_gallery(home, removal, s3)[0])
    return [each.intention.gallery for each in receipts if each.calibration_lost]


def _delete_reports(store: Store, intention: ForgetIntention) -> dict[str, str]:
    """Those that could not be deleted, by their notes: a sentence each."""
    kept = {}
    for path, copy in intention.reports.items():
        why = delete_report(copy)
        if why is None:
            store.delete(path)
        else:
            kept[path] = f"{_where(copy)}: {why}"
    return kept


def _where(copy: Copy) -> str:
    when = f"{copy.at:%Y-%m-%d %H:%M} UTC by {copy.by}"
    return f"{copy.what} {copy.place} on {copy.machine}, written {when}"
