"""The pictures that people compare: those of the gallery, as its snapshot has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lfr_batch.errors import GalleryError, StoreError
from lfr_batch.evidence.facts import SightingFacts
from lfr_batch.gallery.store import load_snapshot, read_thumbnails
from lfr_batch.homes.at_hand import Home, snapshot_at_hand
from lfr_batch.storage.store import S3Settings


def enrolled_pictures(
    home: Home, s3: S3Settings, gallery: str, snapshot_id: str, sightings: Iterable[SightingFacts]
) -> tuple[Mapping[str, bytes], str | None]:
    """JPEGs of all candidates by image id, and why there are none: None where there are."""
    wanted = sorted({c["image_id"] for each in sightings for c in each.candidates})
    try:
        folder = snapshot_at_hand(home, gallery, snapshot_id, s3)
        return read_thumbnails(load_snapshot(folder, gallery, snapshot_id), wanted), None
    except (GalleryError, StoreError) as error:
        return {}, f"The enrolled pictures are missing: {error}"
