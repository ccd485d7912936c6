"""The pictures of a snapshot, and where the face is in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.faces.picture_quality import picture_width_px
from lfr_batch.faces.view import FaceInCut, face_in_cut
from lfr_batch.gallery import quality_columns
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.snapshot_files import read_faces_at


def read_images(snapshot: Snapshot, image_ids: Iterable[str], columns: Sequence[str]) -> pa.Table:
    """Columns of the templates of these pictures; ids that it does not hold are left out. Raises
    GalleryDamaged."""
    wanted = pa.array(list(image_ids), pa.large_string())
    there = pc.is_in(pa.array(snapshot.image_ids, pa.large_string()), wanted)
    return read_faces_at(snapshot.parts, snapshot.places[np.flatnonzero(there)], columns)


def read_faces_shown(snapshot: Snapshot, image_ids: Iterable[str]) -> dict[str, FaceInCut]:
    """Where the face is in each picture, by image id: of those of which it follows from what was
    measured when they were enrolled. Raises GalleryDamaged."""
    columns = ("image_id", "box_xyxy", *quality_columns.COLUMNS)
    found: dict[str, FaceInCut] = {}
    for row in read_images(snapshot, image_ids, columns).to_pylist():
        measured = quality_columns.said_in(row)["measured"]
        width_px = measured and picture_width_px(measured)
        if width_px:
            eyes_px = measured.eye_distance_px
            found[row["image_id"]] = face_in_cut(row["box_xyxy"], eyes_px, width_px)
    return found
