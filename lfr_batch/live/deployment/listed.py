"""The watchlist looked through before a deployment begins: faults, composition, what changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from lfr_batch.config.live import SeedingConfig
from lfr_batch.config.policy import WatchlistPolicy
from lfr_batch.errors import LfrError, UsageError
from lfr_batch.gallery.differ import differ
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.snapshot_files import read_subject_table
from lfr_batch.gallery.store import load_snapshot, read_subjects_of
from lfr_batch.gallery.warned import warning_of
from lfr_batch.live.deployment.changes import Changes, with_subjects
from lfr_batch.live.deployment.composition import Composition, composed
from lfr_batch.live.deployment.entries import (
    FIELDS,
    FaultyEntries,
    entry_of,
    find_faults,
    first_names,
)
from lfr_batch.live.deployment.folders import deployment_folder, list_deployments, load_record
from lfr_batch.live.deployment.volunteers import (
    Seeding,
    is_volunteer,
    said_of_volunteers,
    seeding_of,
)
from lfr_batch.live.records import DeploymentRecord


@dataclass(frozen=True, slots=True)
class Listed:
    faults: tuple[FaultyEntries, ...]
    composition: Composition
    changes: Changes | None
    """None where no deployment went before."""
    seeding: Seeding
    warning: str | None = None
    """Of children on it."""


def look_through(
    home: Path,
    snapshot: Snapshot,
    rules: WatchlistPolicy,
    starts_at: datetime,
    seeding: SeedingConfig = SeedingConfig(),  # noqa: B008 - it is frozen
) -> Listed:
    """Volunteers are no entries. Raises GalleryError for a watchlist that cannot be read,
    UsageError where it is not clear who is a volunteer."""
    today = starts_at.date()
    subjects = read_subjects_of(snapshot, sorted(set(snapshot.subject_ids)))
    people = {whose: subject.attributes for whose, subject in subjects.items()}
    seeded = seeding_of(snapshot.name, seeding, people)
    listed = sorted(subjects.keys() - seeded.volunteers.keys())
    entries = [entry_of(whose, people[whose]) for whose in listed]
    before = deployment_before(home, starts_at)
    changes = None if before is None else _changes_since(home, before, snapshot)
    return Listed(
        find_faults(entries, rules, today),
        composed(entries, rules, today, changes),
        changes,
        seeded,
        warning_of(snapshot, today),
    )


def require_allowed(listed: Listed, rules: WatchlistPolicy) -> None:
    """Raises UsageError for what the rules of the house refuse."""
    refused = [fault for fault in listed.faults if fault.kind in rules.refuse]
    if not refused:
        return
    said = "; ".join(_sentence(fault, listed) for fault in refused)
    why = said if listed.composition.stated else _nothing_said()
    raise UsageError(
        f"The policy refuses this watchlist: {why}. Mend its table and enrol it again with "
        "--subjects, or change watchlist.refuse in policy.yaml."
    )


def deployment_before(home: Path, starts_at: datetime) -> DeploymentRecord | None:
    """The last of this home that was no rehearsal. One whose record cannot be read is none."""
    found = []
    for deployment_id in list_deployments(home):
        with suppress(FileNotFoundError, LfrError):
            found.append(load_record(deployment_folder(home, deployment_id)))
    real = [each for each in found if not each.rehearsal and each.started_at < starts_at]
    return max(real, key=lambda each: each.started_at, default=None)


def said_of(listed: Listed) -> Iterator[str]:
    """A line for each kind of fault and change: never more than a screen."""
    if listed.warning:
        yield listed.warning
    yield from said_of_volunteers(listed.seeding)
    if not listed.composition.stated:
        yield _nothing_said()
    elif not listed.faults:
        yield "nothing that the policy asks of an entry is missing, old or not reviewed"
    else:
        yield from (_sentence(fault, listed) for fault in listed.faults)
    yield from _said_of_changes(listed.changes)


def _said_of_changes(changes: Changes | None) -> Iterator[str]:
    if changes is None:
        yield "no deployment went before it here with which it could be compared"
        return
    since = f"since deployment {changes.deployment_id}"
    kinds = {
        "new": changes.new,
        "gone": changes.gone,
        "other pictures": changes.pictures,
        "other attributes": changes.attributes,
    }
    if changes.trouble:
        yield f"what changed {since} cannot be said: {changes.trouble}"
    elif not any(kinds.values()):
        yield f"nobody is new, gone or changed {since}"
    for what, who in kinds.items():
        if who:
            yield f"{what} {since}: {len(who)} ({first_names(who)})"


def _changes_since(home: Path, record: DeploymentRecord, after: Snapshot) -> Changes:
    used, uses = (record.gallery, record.snapshot_id), (after.name, after.snapshot_id)
    changes = Changes(record.deployment_id, used, uses)
    try:
        before = load_snapshot(home, *used)
        tables = [read_subject_table(each.subjects_path) for each in (before, after)]
        found = differ(before, after, *tables)
        there = [_looked_for(*each) for each in zip((before, after), tables, strict=True)]
    except LfrError as error:  # what is over keeps nothing from beginning
        return Changes(record.deployment_id, used, uses, trouble=str(error))
    return with_subjects(changes, found, *there)


def _looked_for(snapshot: Snapshot, table: pa.Table) -> set[str]:
    """Who can be recognised and is no volunteer."""
    said = zip(*(table[name].to_pylist() for name in ("subject_id", "attributes")), strict=True)
    volunteers = {whose for whose, pairs in said if is_volunteer(whose, dict(pairs))}
    return set(snapshot.subject_ids) - volunteers


def _sentence(fault: FaultyEntries, listed: Listed) -> str:
    of = f"{len(fault.who)} of {listed.composition.entries} entries"
    return f"{fault.what}: {of} ({first_names(fault.who)})"


def _nothing_said() -> str:
    fields = ", ".join(FIELDS[:-1])
    return (
        f"its entries say nothing of {fields} and {FIELDS[-1]}, which are columns of "
        "`lfr gallery enrol --subjects`"
    )
