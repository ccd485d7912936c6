"""What the gallery's snapshot knows of those whom a run proposed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lfr_batch.config.schema import S3Config
from lfr_batch.gallery.records import EnrolledFace, SnapshotContent, Subject
from lfr_batch.gallery.store import delete_gallery, publish_snapshot
from lfr_batch.results.rollup import Enrolled
from lfr_batch.scanning.proposed import Proposed
from tests.results.synthetic import request


def face(subject_id: str, number: int) -> EnrolledFace:
    template = np.zeros(4, np.float32)
    template[number % 4] = 1.0
    return EnrolledFace(
        image_id=f"{subject_id}-{number}",
        subject_id=subject_id,
        uri=f"/{subject_id}/{number}.jpg",
        sha256=f"{number:064x}",
        template=template,
        quality=0.9,
        box_xyxy=(0.0, 0.0, 9.0, 9.0),
        thumbnail_jpeg=b"",
    )


def enrolled(home: Path) -> Proposed:
    content = SnapshotContent(
        pack_id="open@1",
        pack_identity="0" * 64,
        faces=[face("A", 1), face("B", 2), face("B", 3), face("C", 4)],
        not_enrolled=[],
        subjects={"B": Subject("B", {"name": "Bea", "born": "1990"})},
        case_ref="OP-1",
        authority="x",
        created_utc=datetime(2026, 1, 1, tzinfo=UTC),
    )
    snapshot = publish_snapshot(home, "custody", content)
    return Proposed(request(home=str(home), snapshot_id=snapshot.snapshot_id), S3Config())


def test_those_that_are_asked_for_with_their_attributes_and_how_many_templates(
    tmp_path: Path,
) -> None:
    assert enrolled(tmp_path)(["B", "A", "absent"]) == {
        "A": Enrolled({}, 1),
        "B": Enrolled({"name": "Bea", "born": "1990"}, 2),
    }


def test_of_a_gallery_that_is_gone_nothing_is_known(tmp_path: Path) -> None:
    asked = enrolled(tmp_path)
    delete_gallery(tmp_path, "custody")
    assert asked(["A"]) == {}
