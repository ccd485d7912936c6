"""Enrolled pictures of candidates, from the snapshot that was searched."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from lfr_batch.faces.view import FaceInCut
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import load_snapshot, read_thumbnails
from lfr_batch.gallery.thumbnails import read_faces_shown
from lfr_batch.homes.at_hand import Home, snapshot_at_hand
from lfr_batch.storage.store import S3Settings

MOST_OPEN = 4
"""Snapshots at once; the one that was opened first goes."""


@dataclass(slots=True)
class EnrolledPictures:
    """Every method may be called from any thread."""

    home: Home
    s3: S3Settings
    _open: dict[tuple[str, str], Snapshot] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def images_of(self, gallery: str, snapshot_id: str, subject_id: str, first: str) -> list[str]:
        """Ids of a subject's pictures, ``first`` first. Raises GalleryError, StoreError."""
        snapshot = self._snapshot(gallery, snapshot_id)
        begin = bisect_left(snapshot.subject_ids, subject_id)
        own = snapshot.image_ids[begin : bisect_right(snapshot.subject_ids, subject_id, begin)]
        return sorted(own, key=lambda image_id: (image_id != first, image_id))

    def jpegs(self, gallery: str, snapshot_id: str, image_ids: Sequence[str]) -> dict[str, bytes]:
        """Raises GalleryError, StoreError."""
        return read_thumbnails(self._snapshot(gallery, snapshot_id), image_ids)

    def faces(
        self, gallery: str, snapshot_id: str, image_ids: Sequence[str]
    ) -> dict[str, FaceInCut]:
        """Where the face is in each picture, as far as that is known. Raises GalleryError,
        StoreError."""
        return read_faces_shown(self._snapshot(gallery, snapshot_id), image_ids)

    def _snapshot(self, gallery: str, snapshot_id: str) -> Snapshot:
        key = (gallery, snapshot_id)
        with self._lock:
            if key not in self._open:
                folder = snapshot_at_hand(self.home, gallery, snapshot_id, self.s3)
                while len(self._open) >= MOST_OPEN:
                    del self._open[next(iter(self._open))]
                self._open[key] = load_snapshot(folder, gallery, snapshot_id)
            return self._open[key]
