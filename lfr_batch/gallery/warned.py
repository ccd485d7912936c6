"""What is to be said of a gallery before anybody is compared with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lfr_batch.gallery.minors import Minors, minors_of, said_of_minors
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.snapshot_files import SUBJECTS, ids_of, read_manifest, read_subject_table


def minors_in(snapshot: Snapshot, on: date) -> Minors:
    """Raises GalleryDamaged, GalleryError."""
    return minors_of(read_subject_table(snapshot.subjects_path), snapshot.subject_ids, on)


def minors_at(path: Path, on: date) -> Minors:
    """As ``minors_in``, of a snapshot's folder."""
    subject_ids, _ = ids_of(path, read_manifest(path))
    return minors_of(read_subject_table(path / SUBJECTS), subject_ids, on)


def earlier_minors(now: Path, before: Path, on: date) -> Minors:
    """As ``minors_at`` ``now``, of those who were in the snapshot ``before`` it, too."""
    of_before = {*ids_of(before, read_manifest(before))[0]}
    there = [each for each in ids_of(now, read_manifest(now))[0] if each in of_before]
    return minors_of(read_subject_table(now / SUBJECTS), there, on)


def warning_of(snapshot: Snapshot, on: date) -> str | None:
    """A sentence where somebody in it is under 18, with figures. Raises as ``minors_in``."""
    said = said_of_minors(minors_in(snapshot, on), snapshot.ages)
    return f"gallery {snapshot.name}: {said}" if said else None
