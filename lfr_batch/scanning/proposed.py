"""What the gallery knows of the subjects that a run proposed, to be published with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import GalleryError, StoreError
from lfr_batch.gallery.known_subjects import (
    has_ids,
    is_needed,
    is_needed_of_old,
    known_subjects,
)
from lfr_batch.homes.at_hand import home_at, snapshot_at_hand
from lfr_batch.results.rollup import Enrolled
from lfr_batch.results.run_state import RunRequest
from lfr_batch.storage.store import S3Settings


@dataclass(frozen=True, slots=True)
class Proposed:
    """Asked for subjects by id: names and attributes as of the run's snapshot, no templates. Of
    a snapshot in a bucket only what says that is fetched."""

    request: RunRequest
    s3: S3Settings

    def __call__(self, subject_ids: Collection[str]) -> Mapping[str, Enrolled]:
        """Empty where the snapshot is gone or cannot be read: a run that was searched is published
        all the same."""
        try:
            home = self._at_hand()
            found = known_subjects(
                home, self.request.gallery, self.request.snapshot_id, subject_ids
            )
        except (GalleryError, StoreError):
            return {}
        return {
            subject_id: Enrolled(known.attributes, known.templates)
            for subject_id, known in found.items()
        }

    def _at_hand(self) -> Path:
        home, gallery = home_at(self.request.home), self.request.gallery
        asked = gallery, self.request.snapshot_id, self.s3
        folder = snapshot_at_hand(home, *asked, is_needed)
        if has_ids(folder, gallery, self.request.snapshot_id):
            return folder
        return snapshot_at_hand(home, *asked, is_needed_of_old)
