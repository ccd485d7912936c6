"""What the analyst gives an alert to be looked at: the best shot with everyone else hidden, and
what the watchlist shows of the person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import read_thumbnails
from lfr_batch.live.records import GalleryPicture
from lfr_batch.recognition.compare import evidence_jpeg
from lfr_batch.recognition.search import Search
from lfr_batch.records import Candidate, Shot

FURTHER_GALLERY = 4


@dataclass(frozen=True, slots=True)
class AlertPictures:
    """All JPEG."""

    best_shot: bytes
    gallery: bytes
    """The enrolled picture that is most alike; empty where the watchlist has none any more."""
    further_gallery: tuple[GalleryPicture, ...] = ()


def alert_pictures(shot: Shot, best: Candidate, search: Search) -> AlertPictures:
    snapshot = search.matcher.snapshot
    further = further_image_ids(snapshot, best)
    known = read_thumbnails(snapshot, [best.image_id, *further])
    return AlertPictures(
        best_shot=evidence_jpeg(shot, search.stages),
        gallery=known.get(best.image_id, b""),
        further_gallery=tuple(GalleryPicture(i, known[i]) for i in further if i in known),
    )


def further_image_ids(snapshot: Snapshot, best: Candidate) -> list[str]:
    """Of the same subject, in the snapshot's order."""
    same = pc.equal(pa.array(snapshot.subject_ids, pa.large_string()), best.subject_id)
    ids = [snapshot.image_ids[int(row)] for row in np.flatnonzero(same)]
    return [image_id for image_id in ids if image_id != best.image_id][:FURTHER_GALLERY]
