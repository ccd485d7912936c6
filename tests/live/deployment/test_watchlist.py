from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lfr_batch.errors import AuditBroken, GalleryDamaged, LiveError
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.deployment.folders import deployment_folder, save_record
from lfr_batch.live.deployment.running import held_if_free
from lfr_batch.live.deployment.watchlist import (
    copy_watchlist,
    destroy_leftovers,
    destroy_watchlist,
    require_gone,
    watchlist_home,
)
from lfr_batch.live.deployment.watchlist_receipt import load_receipt
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.storage.files import sync
from tests.gallery.publisher import publish
from tests.live.full_disk import filled
from tests.live.made import DEPLOYMENT, a_record


class Killed(BaseException):
    """Nothing that the code under test could catch."""


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Of a home of its own."""
    publish(tmp_path, seed=1)
    return load_snapshot(tmp_path, "custody")


def copied(home: Path, snapshot: Snapshot, started_at: datetime | None = None) -> Path:
    record = a_record(started_at or datetime.now(UTC))
    record = replace(record, gallery=snapshot.name, snapshot_id=snapshot.snapshot_id)
    save_record(deployment_folder(home, DEPLOYMENT), record)
    copy_watchlist(home, DEPLOYMENT, snapshot, "j.doe")
    return watchlist_home(home, DEPLOYMENT)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def events(home: Path) -> list[tuple[str, Any]]:
    return [(line["event"], line.get("verified_gone")) for line in audit.entries(home)]


def test_the_copy_is_a_gallery_of_its_own_that_only_its_owner_can_read(
    tmp_path: Path, snapshot: Snapshot
) -> None:
    place = copied(tmp_path, snapshot)
    own = load_snapshot(place, "custody", snapshot.snapshot_id)
    assert np.array_equal(own.templates, snapshot.templates)
    assert own.path != snapshot.path
    assert contents(own.path) == contents(snapshot.path)
    for path in place.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.is_dir() or path.stat().st_nlink == 1


def test_a_damaged_gallery_is_noticed_in_the_copy(tmp_path: Path, snapshot: Snapshot) -> None:
    with snapshot.parts[0].templates_path.open("r+b") as file:
        file.write(b"X")
    with pytest.raises(GalleryDamaged, match=r"watchlist.*templates\.parquet"):
        copied(tmp_path, snapshot)
    assert destroy_watchlist(tmp_path, DEPLOYMENT, "it failed", "j.doe").verified_gone


def test_destroyed_is_overwritten_gone_and_on_record(
    tmp_path: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(tmp_path, snapshot)
    load_snapshot(place, "custody")
    held, really_unlink = contents(place), Path.unlink
    unlinked: dict[str, bytes] = {}

    def unlink(path: Path, missing_ok: bool = False) -> None:
        unlinked[str(path.relative_to(place))] = path.read_bytes()
        really_unlink(path)

    monkeypatch.setattr(Path, "unlink", unlink)
    receipt = destroy_watchlist(tmp_path, DEPLOYMENT, "its window ended", "j.doe")
    monkeypatch.undo()
    assert not place.exists()
    assert unlinked == {name: bytes(len(data)) for name, data in held.items()}
    assert {f.path: (f.bytes, f.sha256) for f in receipt.files} == {
        f"watchlist/{name}": (len(data), sha256(data).hexdigest()) for name, data in held.items()
    }
    assert all(file.overwritten and file.gone for file in receipt.files)
    assert (receipt.verified_gone, receipt.why, receipt.by) == (True, "its window ended", "j.doe")
    assert (receipt.gallery, receipt.snapshot_id) == ("custody", snapshot.snapshot_id)
    assert load_receipt(deployment_folder(tmp_path, DEPLOYMENT)) == receipt
    assert events(tmp_path) == [("watchlist.copied", None), ("watchlist.destroyed", True)]
    assert verify(tmp_path).entries == 2
    assert contents(snapshot.path), "the gallery itself stays"


def test_what_is_linked_into_the_copy_is_left_alone(tmp_path: Path, snapshot: Snapshot) -> None:
    place = copied(tmp_path, snapshot)
    (outside := tmp_path / "outside").write_bytes(b"somebody else's")
    (place / "soft").symlink_to(outside)
    (place / "hard").hardlink_to(outside)
    receipt = destroy_watchlist(tmp_path, DEPLOYMENT, "it was stopped", "j.doe")
    assert receipt.verified_gone
    assert outside.read_bytes() == b"somebody else's"
    files = {file.path: file for file in receipt.files}
    assert not files["watchlist/soft"].overwritten
    assert not files["watchlist/hard"].overwritten


@pytest.mark.parametrize("steps", range(6))
def test_a_process_that_dies_over_it_leaves_the_rest_to_the_next(
    steps: int, tmp_path: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(tmp_path, snapshot)
    held = {f"watchlist/{name}": sha256(d).hexdigest() for name, d in contents(place).items()}
    monkeypatch.setattr("lfr_batch.live.deployment.watchlist.sync", dies_after(steps, sync))
    with pytest.raises(Killed):
        destroy_watchlist(tmp_path, DEPLOYMENT, "it was stopped", "j.doe")
    monkeypatch.undo()
    (receipt,) = destroy_leftovers(tmp_path, "next")
    assert receipt.verified_gone
    assert {file.path: file.sha256 for file in receipt.files} == held
    assert destroy_leftovers(tmp_path, "next") == ()


def dies_after(steps: int, call: Callable[[Path], None]) -> Callable[[Path], None]:
    left = iter(range(steps))

    def counted(path: Path) -> None:
        if next(left, None) is None:
            raise Killed
        call(path)

    return counted


def test_what_a_living_deployment_holds_is_no_leftover_for_a_day(
    tmp_path: Path, snapshot: Snapshot
) -> None:
    copied(tmp_path, snapshot)
    with held_if_free(tmp_path, DEPLOYMENT):
        assert destroy_leftovers(tmp_path, "sweep") == ()
        save_record(
            deployment_folder(tmp_path, DEPLOYMENT),
            a_record(datetime.now(UTC) - timedelta(hours=24)),
        )
        (receipt,) = destroy_leftovers(tmp_path, "sweep")
    assert receipt.verified_gone
    assert receipt.why == "it had lasted for 24 hours"


def test_a_leftover_without_a_record_goes_too(tmp_path: Path, snapshot: Snapshot) -> None:
    copy_watchlist(tmp_path, DEPLOYMENT, snapshot, "j.doe")
    (receipt,) = destroy_leftovers(tmp_path, "sweep")
    assert (receipt.verified_gone, receipt.gallery) == (True, "")
    assert receipt.why == "its process had died"


def test_a_file_that_resists_does_not_save_the_others_and_is_named(
    tmp_path: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(tmp_path, snapshot)
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "index.faiss":
            raise PermissionError(1, "Operation not permitted")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr("lfr_batch.live.deployment.watchlist.shutil.rmtree", lambda *_, **__: None)
    receipt = destroy_watchlist(tmp_path, DEPLOYMENT, "it was stopped", "j.doe")
    monkeypatch.undo()
    (left,) = contents(place)
    assert left.endswith("index.faiss")
    assert not receipt.verified_gone
    assert "index.faiss: Operation not permitted" in receipt.trouble
    with pytest.raises(LiveError, match=f"{DEPLOYMENT} could not be destroyed .*index.faiss"):
        require_gone((receipt,))
    require_gone(destroy_leftovers(tmp_path, "next"))


def test_an_audit_log_that_was_altered_saves_nothing_from_being_destroyed(
    tmp_path: Path, snapshot: Snapshot
) -> None:
    place = copied(tmp_path, snapshot)
    audit.audit_log(tmp_path).write_text("not a line of ours\n")
    with pytest.raises(AuditBroken):
        destroy_leftovers(tmp_path, "sweep")
    assert not place.exists()
    receipt = load_receipt(deployment_folder(tmp_path, DEPLOYMENT))
    assert receipt is not None
    assert receipt.verified_gone


def test_what_a_full_disk_could_not_record_is_said_as_it_is_and_recorded_by_the_next(
    tiny_disk: Path, snapshot: Snapshot
) -> None:
    place = copied(tiny_disk, snapshot)
    for number, path in enumerate(p for p in place.rglob("*") if p.is_file()):
        os.link(path, tiny_disk / f"elsewhere-{number}")  # so that its end makes no room
    with filled(tiny_disk), pytest.raises(LiveError) as caught:
        destroy_watchlist(tiny_disk, DEPLOYMENT, "it was stopped", "j.doe")
    assert f"{DEPLOYMENT} is destroyed, and that could not be recorded (the disk is" in str(
        caught.value
    )
    assert "nothing was changed" not in str(caught.value)
    assert not place.exists()
    assert events(tiny_disk) == [("watchlist.copied", None)]
    (receipt,) = destroy_leftovers(tiny_disk, "next")
    assert receipt.verified_gone
    assert load_receipt(deployment_folder(tiny_disk, DEPLOYMENT)) == receipt
    assert events(tiny_disk) == [("watchlist.copied", None), ("watchlist.destroyed", True)]
    assert destroy_leftovers(tiny_disk, "next") == ()
