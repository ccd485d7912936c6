"""Removing from galleries: subjects, snapshots, a gallery. What was intended is carried out to its
end, by whoever comes next if need be."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lfr_batch.enrolment.intentions import GalleryReceipt, Intention, Verb, done, intend, unfinished
from lfr_batch.errors import GalleryEmpty, GalleryNotFound, UsageError
from lfr_batch.gallery.calibrated import is_calibrated
from lfr_batch.gallery.folders import current_id, gallery_folder
from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.gallery.removal import (
    Holding,
    drop_snapshots,
    holding,
    publish_without,
    tidy,
)
from lfr_batch.gallery.snapshot_files import shared_files
from lfr_batch.gallery.store import delete_gallery, list_snapshots, load_snapshot
from lfr_batch.homes.at_hand import Home, gallery_at_hand
from lfr_batch.homes.change import forget_gallery, rid_gallery
from lfr_batch.oversight.authority import Authority
from lfr_batch.storage.store import S3Settings

CACHES = (
    "caches of other machines have it until somebody opens this home there, or for 30 days if "
    "nobody does"
)


@dataclass(frozen=True, slots=True)
class StayingSnapshot:
    """A snapshot that stays, and why."""

    info: SnapshotInfo
    why: str


@dataclass(frozen=True, slots=True)
class Pruning:
    kept: tuple[StayingSnapshot, ...]
    gone: tuple[SnapshotInfo, ...]


def what_holds(home: Home, name: str, subjects: Collection[str], s3: S3Settings) -> list[Holding]:
    """The snapshots that a removal of these subjects concerns.

    Raises GalleryNotFound, UsageError for a subject that none of them has, GalleryEmpty where
    nobody would be left.
    """
    folder = gallery_at_hand(home, name, s3)
    found = holding(folder, name, subjects)
    unknown = sorted({*subjects} - {whose for each in found for whose in each.subjects})
    current = load_snapshot(folder, name, verify=False)
    if unknown:
        raise UsageError(
            f"Gallery {name!r} has nobody called {', '.join(map(repr, unknown))}; "
            f"`lfr gallery show {name}` lists whom it has."
        )
    theirs = {each.snapshot_id: each.templates for each in found}
    if theirs.get(current.snapshot_id) == len(current.templates):
        raise GalleryEmpty(
            f"Nobody would be left in gallery {name!r}; `lfr gallery delete {name}` removes it."
        )
    return found


def what_goes(
    infos: Sequence[SnapshotInfo],
    current: str,
    named_by: Mapping[str, int],
    keep: int | None,
    older_than: timedelta | None,
    now: datetime,
) -> Pruning:
    """Which of a gallery's snapshots go: those that are not current, that no run names, that are
    not among the newest ``keep`` and, where that is given, older than ``older_than``.

    ``infos``: oldest first. ``named_by``: how many runs name each.
    """
    newest = {info.snapshot_id for info in infos[max(0, len(infos) - (keep or 0)) :]}
    kept: list[StayingSnapshot] = []
    gone: list[SnapshotInfo] = []
    for info in infos:
        runs = named_by.get(info.snapshot_id, 0)
        age = now - (info.enrolled_utc or now)
        if info.snapshot_id == current:
            kept.append(StayingSnapshot(info, "it is the current one"))
        elif runs:
            kept.append(StayingSnapshot(info, f"{runs} run{'s name' if runs > 1 else ' names'} it"))
        elif keep and info.snapshot_id in newest:
            kept.append(StayingSnapshot(info, f"it is among the newest {keep}"))
        elif older_than is not None and age <= older_than:
            kept.append(StayingSnapshot(info, f"it is not older than {older_than.days} days"))
        else:
            gone.append(info)
    return Pruning(tuple(kept), tuple(gone))


def new_intention(
    verb: Verb,
    gallery: str,
    stated: Authority,
    subjects: Sequence[str] = (),
    snapshots: Sequence[str] = (),
    now: datetime | None = None,
) -> Intention:
    moment = now or datetime.now(UTC)
    return Intention(
        id=f"{moment:%Y%m%d-%H%M%S}-gallery-{verb}-{secrets.token_hex(2)}",
        verb=verb,
        gallery=gallery,
        subjects=tuple(sorted(subjects)),
        snapshots=tuple(snapshots),
        case_ref=stated.case_ref,
        authority=stated.authority,
        purpose=stated.purpose,
        operator=stated.operator,
        at=moment,
    )


def carry_out(home: Home, intention: Intention, s3: S3Settings) -> tuple[GalleryReceipt, str]:
    """Put it on record, do it, and leave a receipt: that, and where it is. Raises StoreError,
    AuditBroken, GalleryError."""
    intend(home, intention, s3)
    return _finish(home, intention, s3)


def finish_intended(home: Home, s3: S3Settings) -> list[GalleryReceipt]:
    """End what was interrupted. Raises as ``carry_out``."""
    return [_finish(home, intention, s3)[0] for intention in unfinished(home, s3)]


@dataclass(frozen=True, slots=True)
class _Rid:
    """What went, and the current snapshot."""

    snapshots_gone: tuple[str, ...] = ()
    bytes_gone: int = 0
    current: str = ""
    calibration_lost: bool = False


def _finish(home: Home, intention: Intention, s3: S3Settings) -> tuple[GalleryReceipt, str]:
    name = intention.gallery
    if intention.verb == "delete":
        went = _Rid(_delete(home, intention, s3))
    else:
        went = _rid(home, intention, s3)
    receipt = GalleryReceipt(
        intention=intention,
        at=datetime.now(UTC),
        snapshots_gone=went.snapshots_gone,
        snapshot=went.current,
        bytes_gone=went.bytes_gone,
        out_of_reach=tuple(_out_of_reach(home, name)),
        calibration_lost=went.calibration_lost,
    )
    return receipt, done(home, receipt, s3)


def _delete(home: Home, intention: Intention, s3: S3Settings) -> tuple[str, ...]:
    """Also of a gallery that is gone, or half gone, already."""
    if isinstance(home, str):
        forget_gallery(home, intention.gallery, s3)
    else:
        with suppress(GalleryNotFound):
            delete_gallery(home, intention.gallery)
    return intention.snapshots


def _rid(home: Home, intention: Intention, s3: S3Settings) -> _Rid:
    name = intention.gallery
    try:
        with rid_gallery(home, name, s3, shared_files) as folder:
            was_calibrated = is_calibrated(_current(folder, name))
            if intention.verb == "remove":
                gone, size = _remove(folder, intention)
            else:
                current = current_id(folder, gallery_folder(folder, name))
                gone = tuple(each for each in intention.snapshots if each != current)
                size = drop_snapshots(folder, name, gone)
            size += tidy(folder, name)
            now = _current(folder, name)
            return _Rid(gone, size, now.name, was_calibrated and not is_calibrated(now))
    except GalleryNotFound:
        return _Rid()  # deleted since


def _current(folder: Path, name: str) -> Path:
    gallery = gallery_folder(folder, name)
    return gallery / "snapshots" / current_id(folder, gallery)


def _remove(folder: Path, intention: Intention) -> tuple[tuple[str, ...], int]:
    name, subjects = intention.gallery, frozenset(intention.subjects)
    found = [each.snapshot_id for each in holding(folder, name, subjects)]
    if current_id(folder, gallery_folder(folder, name)) in found:
        said = intention.case_ref, intention.authority
        publish_without(folder, name, subjects, *said, datetime.now(UTC))
    note = {
        "forgotten_utc": intention.at.isoformat(),
        "case_ref": intention.case_ref,
        "authority": intention.authority,
        "intention": intention.id,
    }
    size = drop_snapshots(folder, name, found, note)
    return tuple(sorted({*intention.snapshots, *found})), size


def _out_of_reach(home: Home, name: str) -> list[str]:
    if isinstance(home, str):
        return [CACHES]
    copies = sorted(home.glob(f"live/*/watchlist/galleries/{name}"))
    return [
        f"deployment {copy.parents[2].name} has a copy of its own until it ends" for copy in copies
    ]


def snapshots_of(home: Home, name: str, s3: S3Settings) -> tuple[list[SnapshotInfo], str]:
    """Oldest first, and the id of the current one. Raises GalleryNotFound, GalleryDamaged."""
    folder = gallery_at_hand(home, name, s3)
    current = current_id(folder, gallery_folder(folder, name))
    return list_snapshots(folder, name), current
