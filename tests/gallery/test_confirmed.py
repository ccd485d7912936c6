"""Who enrols the same pictures again says that the list is still right, and that counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.gallery.confirmed import FOLDER, Confirmation, ages_at, confirm, enrolled_at

CREATED = datetime(2026, 1, 31, 10, tzinfo=UTC)


def said(days: int) -> Confirmation:
    return Confirmation(
        enrolled_utc=CREATED + timedelta(days=days), case_ref="OP-1", authority="Insp. Test, ref 1"
    )


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    folder = tmp_path / "gallery" / "snapshots" / "0123456789ab"
    folder.mkdir(parents=True)
    return folder


def test_it_is_as_old_as_it_was_last_enrolled(snapshot: Path) -> None:
    assert enrolled_at(snapshot, CREATED) == CREATED
    for days, counts in ((7, 7), (3, 7), (9, 9), (-1, 9)):
        confirm(snapshot, CREATED, said(days))
        assert enrolled_at(snapshot, CREATED) == CREATED + timedelta(days=counts)


def test_a_snapshot_that_is_newer_is_not_confirmed_by_what_was_said_before(snapshot: Path) -> None:
    confirm(snapshot, CREATED, said(-1))
    assert not (snapshot.parents[1] / FOLDER).exists()


@pytest.mark.parametrize("note", [b"", b"{", b'{"enrolled_utc": "2026-02-07T10:00:00"}', b"\xff"])
def test_a_note_that_cannot_be_read_makes_nothing_younger(snapshot: Path, note: bytes) -> None:
    confirm(snapshot, CREATED, said(7))
    (path,) = (snapshot.parents[1] / FOLDER).iterdir()
    assert path.name == f"{snapshot.name}.json"
    path.write_bytes(note)
    assert enrolled_at(snapshot, CREATED) == CREATED


def test_what_was_last_said_of_ages_counts(snapshot: Path) -> None:
    assert ages_at(snapshot, CREATED, "not stated") == "not stated"
    confirm(snapshot, CREATED, said(3).model_copy(update={"ages": "minors"}))
    assert ages_at(snapshot, CREATED, "not stated") == "minors"
    assert ages_at(snapshot, CREATED + timedelta(days=4), "adults") == "adults", "written anew"


def test_a_note_of_before_says_nothing_of_ages(snapshot: Path) -> None:
    confirm(snapshot, CREATED, said(7))
    (path,) = (snapshot.parents[1] / FOLDER).iterdir()
    path.write_text(said(7).model_dump_json(exclude={"ages"}), encoding="utf-8")
    assert ages_at(snapshot, CREATED, "adults") == "adults"
