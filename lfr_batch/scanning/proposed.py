"""What the gallery knows of the subjects that a run proposed, to be published with it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lfr_batch.errors import GalleryError, StoreError
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import load_snapshot, read_subjects_of
from lfr_batch.homes.at_hand import home_at, snapshot_at_hand
from lfr_batch.results.rollup import Enrolled
from lfr_batch.results.run_state import RunRequest
from lfr_batch.storage.store import S3Settings


@dataclass(frozen=True, slots=True)
class Proposed:
    """Asked for subjects by id: names and attributes as of the run's snapshot, no templates."""

    request: RunRequest
    s3: S3Settings

    def __call__(self, subject_ids: Collection[str]) -> Mapping[str, Enrolled]:
        """Empty where the snapshot is gone or cannot be read: a run that was searched is published
        all the same."""
        gallery, snapshot_id = self.request.gallery, self.request.snapshot_id
        try:
            home = snapshot_at_hand(home_at(self.request.home), gallery, snapshot_id, self.s3)
            snapshot = load_snapshot(home, gallery, snapshot_id)
            found = read_subjects_of(snapshot, subject_ids)
        except (GalleryError, StoreError):
            return {}
        return {
            subject_id: Enrolled(subject.attributes, templates_of(snapshot, subject_id))
            for subject_id, subject in found.items()
        }


def templates_of(snapshot: Snapshot, subject_id: str) -> int:
    """How many it has; they are sorted by subject."""
    ids = snapshot.subject_ids
    return bisect_right(ids, subject_id) - bisect_left(ids, subject_id)
