"""A deployment's own copy of its watchlist: ``HOME/live/<deployment>/watchlist/``.

It is a home of its own, with one gallery of one snapshot. It is destroyed when the deployment ends,
in whatever way: its files are overwritten, removed, and looked for again. Overwriting reaches what
lay on the disk only where the file system writes in place and the disk has no spare blocks: keep
LFR_HOME on encrypted storage.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lfr_batch.errors import AuditBroken, LfrError, LiveError, StoreError, StoreFull
from lfr_batch.gallery.records import Snapshot, SnapshotInfo
from lfr_batch.gallery.snapshot_files import MANIFEST, files_of, read_manifest
from lfr_batch.gallery.store import verify_snapshot
from lfr_batch.live.deployment.folders import deployment_folder, list_deployments, load_record
from lfr_batch.live.deployment.running import held_if_free
from lfr_batch.live.deployment.watchlist_receipt import (
    DestroyedFile,
    Receipt,
    load_receipt,
    save_receipt,
    with_files,
)
from lfr_batch.live.deployment.window import LONGEST, REASONS
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_facts import WATCHLIST_COPIED as COPIED
from lfr_batch.oversight.audit_facts import WATCHLIST_DESTROYED as DESTROYED
from lfr_batch.storage.disk_errors import disk_errors
from lfr_batch.storage.files import own, sha256_of, sync, write_text
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.overwriting import overwrite

_AT_ONCE = 1 << 20


def watchlist_home(home: Path, deployment_id: str) -> Path:
    return deployment_folder(home, deployment_id) / "watchlist"


def copy_watchlist(home: Path, deployment_id: str, snapshot: Snapshot, by: str) -> SnapshotInfo:
    """Copy the snapshot for the deployment, verified against its manifest.

    Raises GalleryDamaged, StoreFull, StoreError, AuditBroken; what was copied then stays, to be
    destroyed.
    """
    said = {"deployment_id": deployment_id, "gallery": snapshot.name}
    said |= {"snapshot_id": snapshot.snapshot_id, "by": by}
    audit.record(home, COPIED, [said])
    place = watchlist_home(home, deployment_id)
    gallery = place / "galleries" / snapshot.name
    folder = gallery / "snapshots" / snapshot.snapshot_id
    there = snapshot.path.parents[1]
    with disk_errors(place):
        make_own_folder(folder)
        for path in files_of(snapshot.path, read_manifest(snapshot.path)):
            copy = gallery / path.relative_to(there)
            make_own_folder(copy.parent)
            _copy(path, copy)
        _copy(snapshot.path / MANIFEST, folder / MANIFEST)
        write_text(gallery / "CURRENT", f"{snapshot.snapshot_id}\n")
    return verify_snapshot(place, snapshot.name, snapshot.snapshot_id)


def destroy_watchlist(home: Path, deployment_id: str, why: str, by: str) -> Receipt:
    """Destroy the deployment's copy, if there is one, and leave a receipt and a line in the audit
    log. Call it while holding the deployment. A file that resists does not save the others.

    Raises LiveError for what cannot be recorded, AuditBroken: all is destroyed by then.
    """
    folder, place = deployment_folder(home, deployment_id), watchlist_home(home, deployment_id)
    receipt = _begun(home, deployment_id, why, by)
    with suppress(StoreError):  # the files go all the same, which may make room for their receipt
        save_receipt(folder, receipt)
    done, troubles = [], []
    for file in receipt.files:
        try:
            done.append(_destroy(folder, file))
        except OSError as error:
            troubles.append(f"{file.path}: {error.strerror or error}")
            done.append(replace(file, gone=False))
    shutil.rmtree(place, ignore_errors=True)
    gone = not place.exists() and not place.is_symlink()
    receipt = replace(
        receipt,
        files=tuple(done),
        at=datetime.now(UTC),
        verified_gone=gone and all(file.gone for file in done),
        trouble="; ".join(troubles),
    )
    try:
        save_receipt(folder, receipt)
        # Last: without this line `destroy_leftovers` knows that something is not recorded.
        audit.record(home, DESTROYED, [_audit_line(receipt)])
    except StoreError as error:
        raise LiveError(_unrecorded(receipt, error)) from error
    return receipt


def destroy_leftovers(home: Path, by: str) -> tuple[Receipt, ...]:
    """Destroy the copies of deployments that no process has any more, and any that is older than
    24 hours; and record what was destroyed and could not be recorded then. One receipt each:
    ``verified_gone`` and ``trouble`` tell how it went.

    Raises AuditBroken, LiveError for what could not be recorded, after the last.
    """
    found: list[Receipt] = []
    unrecorded: list[LfrError] = []
    owed = _unrecorded_ones(home)
    for deployment_id in list_deployments(home):
        if deployment_id not in owed and not _is_there(watchlist_home(home, deployment_id)):
            continue
        with held_if_free(home, deployment_id) as free:
            # Between the look and the lock its own process may have destroyed it.
            there = _is_there(watchlist_home(home, deployment_id))
            there = there or (free and deployment_id in _unrecorded_ones(home))
            if there and (free or _is_too_old(home, deployment_id)):
                try:
                    why = REASONS["died" if free else "longest"]
                    found.append(destroy_watchlist(home, deployment_id, why, by))
                except LfrError as error:
                    unrecorded.append(error)
    if unrecorded:
        raise unrecorded[0]
    return tuple(found)


def require_gone(receipts: tuple[Receipt, ...]) -> None:
    """Raises LiveError for a copy that could not be destroyed."""
    for receipt in receipts:
        if not receipt.verified_gone:
            raise LiveError(
                f"The watchlist of deployment {receipt.deployment_id} could not be destroyed "
                f"({receipt.trouble or 'its folder is still there'}): mend that, then run "
                "`lfr retention sweep`."
            )


def _begun(home: Path, deployment_id: str, why: str, by: str) -> Receipt:
    """With every file that is there, and every file that a killed predecessor had set out on."""
    folder, place = deployment_folder(home, deployment_id), watchlist_home(home, deployment_id)
    gallery, snapshot_id = _which(folder)
    earlier = load_receipt(folder)
    receipt = Receipt(
        deployment_id=deployment_id,
        gallery=gallery,
        snapshot_id=snapshot_id,
        why=why,
        by=by,
        at=datetime.now(UTC),
        files=earlier.files if earlier else (),
    )
    return with_files(receipt, _listed(folder, place))


def _which(folder: Path) -> tuple[str, str]:
    with suppress(FileNotFoundError, LfrError):
        record = load_record(folder)
        return record.gallery, record.snapshot_id
    return "", ""


def _listed(folder: Path, place: Path) -> Iterator[DestroyedFile]:
    for path in sorted(place.rglob("*")):
        if path.is_symlink():
            yield DestroyedFile(str(path.relative_to(folder)), 0, "")
        elif path.is_file():
            name, size = str(path.relative_to(folder)), path.stat().st_size
            yield DestroyedFile(name, size, _sha256(path))


def _sha256(path: Path) -> str:
    """Empty for a file that cannot be read, which must go all the same."""
    try:
        return sha256_of(path)
    except OSError:
        return ""


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as there, open(target, "wb", opener=own) as here:
        shutil.copyfileobj(there, here, _AT_ONCE)
    sync(target)


def _destroy(folder: Path, file: DestroyedFile) -> DestroyedFile:
    path, overwritten = folder / file.path, file.overwritten
    if path.is_file() and not path.is_symlink():
        with suppress(OSError):
            overwrite(path)
            overwritten = True
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync(path.parent)
    return replace(file, overwritten=overwritten, gone=not os.path.lexists(path))


def _unrecorded(receipt: Receipt, error: StoreError) -> str:
    gone = "is destroyed" if receipt.verified_gone else "could not be destroyed altogether"
    why = "the disk is full" if isinstance(error, StoreFull) else str(error).rstrip(".")
    return (
        f"The watchlist of deployment {receipt.deployment_id} {gone}, and that could not be "
        f"recorded ({why}): mend that, then run `lfr retention sweep`, which records it."
    )


def _unrecorded_ones(home: Path) -> frozenset[str]:
    """Deployments that the audit log knows to have had a copy, and not what became of it."""
    copied: set[str] = set()
    with suppress(AuditBroken, OSError):  # whoever writes the next line says so
        for line in audit.entries(home):
            if line["event"] == COPIED:
                copied.add(str(line.get("deployment_id")))
            elif line["event"] == DESTROYED:
                copied.discard(str(line.get("deployment_id")))
    return frozenset(copied)


def _audit_line(receipt: Receipt) -> dict[str, object]:
    return {
        "deployment_id": receipt.deployment_id,
        "gallery": receipt.gallery,
        "snapshot_id": receipt.snapshot_id,
        "why": receipt.why,
        "by": receipt.by,
        "files": len(receipt.files),
        "bytes": sum(file.bytes for file in receipt.files),
        "verified_gone": receipt.verified_gone,
    }


def _is_there(place: Path) -> bool:
    return os.path.lexists(place)


def _is_too_old(home: Path, deployment_id: str) -> bool:
    try:
        started_at = load_record(deployment_folder(home, deployment_id)).started_at
    except (FileNotFoundError, LfrError):
        return False
    return datetime.now(UTC) >= started_at + LONGEST
