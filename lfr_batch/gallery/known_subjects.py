"""What a snapshot knows of subjects, out of its files that hold no templates."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.gallery.folders import snapshot_path
from lfr_batch.gallery.manifest import Manifest
from lfr_batch.gallery.snapshot_files import (
    IDS,
    INDEX,
    MANIFEST,
    SUBJECTS,
    ids_of,
    own_files,
    read_attributes,
    read_manifest,
    verify_files,
)

NAMES = frozenset({MANIFEST, SUBJECTS, IDS})
"""Of files: all that is read of a snapshot since 0.3.0."""


@dataclass(frozen=True, slots=True)
class KnownSubject:
    attributes: Mapping[str, str]
    templates: int
    """How many the snapshot has of it."""


def is_needed(name: str) -> bool:
    return name in NAMES


def is_needed_of_old(name: str) -> bool:
    """Of a snapshot of before 0.3.0, which has its ids with its templates alone."""
    return name != INDEX


def has_ids(home: Path, gallery: str, snapshot_id: str) -> bool:
    """Raises as ``known_subjects``."""
    return IDS in read_manifest(snapshot_path(home, gallery, snapshot_id)).files


def known_subjects(
    home: Path, gallery: str, snapshot_id: str, subject_ids: Iterable[str]
) -> dict[str, KnownSubject]:
    """Those of the subjects that were to be enrolled. Of the snapshot's other files nothing is
    read, and they need not be there.

    Raises GalleryNotFound, GalleryDamaged, GalleryError.
    """
    path = snapshot_path(home, gallery, snapshot_id)
    manifest = read_manifest(path)
    verify_files({p: e for p, e in own_files(path, manifest).items() if _is_read(p, manifest)})
    enrolled = ids_of(path, manifest)[0]  # sorted by subject
    return {
        whose: KnownSubject(pairs, bisect_right(enrolled, whose) - bisect_left(enrolled, whose))
        for whose, pairs in read_attributes(path / SUBJECTS, subject_ids).items()
    }


def _is_read(path: Path, manifest: Manifest) -> bool:
    return is_needed(path.name) if IDS in manifest.files else is_needed_of_old(path.name)
