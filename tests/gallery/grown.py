"""Galleries that grow out of random faces, and what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfr_batch.gallery.growing import publish_grown
from lfr_batch.gallery.growth import Grown, grown_subjects
from lfr_batch.gallery.parquet_tables import subject_table
from lfr_batch.gallery.records import (
    EnrolledFace,
    FileOutcome,
    Snapshot,
    SnapshotInfo,
    Subject,
)
from lfr_batch.gallery.snapshot_files import read_faces, read_subject_table
from lfr_batch.gallery.store import load_snapshot, read_outcomes, read_subjects
from tests.gallery.conftest import CREATED

COLUMNS = ("image_id", "subject_id", "uri", "sha256", "template", "quality", "box_xyxy")
MORE_COLUMNS = (*COLUMNS, "thumbnail_jpeg", "note")


def grow(
    home: Path,
    faces: Sequence[EnrolledFace] = (),
    *,
    without: Sequence[str] = (),
    subjects: Mapping[str, Subject] | None = None,
    not_enrolled: Sequence[FileOutcome] = (),
    name: str = "custody",
) -> SnapshotInfo:
    """The current snapshot without some subjects and with more faces."""
    base = load_snapshot(home, name)
    changed = subjects or {face.subject_id: Subject(face.subject_id) for face in faces}
    stays = [whose for whose in read_subjects(base) if whose not in without]
    grown = Grown(
        base=base,
        kept=np.flatnonzero([whose not in without for whose in base.subject_ids]),
        faces=sorted(faces, key=lambda face: (face.subject_id, face.image_id)),
        not_enrolled=not_enrolled,
        subjects=grown_subjects(
            read_subject_table(base.subjects_path), subject_table(changed.values()), stays
        ),
        case_ref="OP-2",
        authority="Insp. B",
        created_utc=CREATED,
    )
    return publish_grown(home, name, grown)


def contents(snapshot: Snapshot) -> dict[str, Any]:
    """All that a snapshot says, row by row."""
    rows = read_faces(snapshot.parts, snapshot.places, MORE_COLUMNS)
    return {
        "rows": rows.to_pylist(),
        "templates": np.asarray(snapshot.templates).tolist(),
        "ids": [*zip(snapshot.subject_ids, snapshot.image_ids, strict=True)],
        "subjects": read_subjects(snapshot),
        "outcomes": read_outcomes(snapshot),
        "snapshot_id": snapshot.snapshot_id,
    }
