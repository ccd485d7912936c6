"""Enrolled people made of random directions: no pictures, no models."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits
from lfr_batch.gallery.records import (
    EnrolledFace,
    FileOutcome,
    SnapshotContent,
    SnapshotInfo,
    Subject,
    image_id_of,
)
from lfr_batch.gallery.store import publish_snapshot
from lfr_batch.records import FloatArray

DIMENSION = 128
CREATED = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)

MakeFace = Callable[..., EnrolledFace]
MakePeople = Callable[[Mapping[str, int]], list[EnrolledFace]]
Publish = Callable[..., SnapshotInfo]


def _unit(vector: NDArray[Any]) -> FloatArray:
    scaled: FloatArray = (vector / np.linalg.norm(vector)).astype(np.float32)
    return scaled


def _face(subject_id: str, picture: str, template: FloatArray | None = None) -> EnrolledFace:
    sha256 = hashlib.sha256(picture.encode()).hexdigest()
    if template is None:
        rng = np.random.default_rng(int(sha256[:8], 16))
        template = rng.normal(size=DIMENSION).astype(np.float32)
    return EnrolledFace(
        image_id=image_id_of(subject_id, sha256),
        subject_id=subject_id,
        uri=f"/custody/{subject_id}/{picture}.jpg",
        sha256=sha256,
        template=_unit(template),
        quality=0.75,
        box_xyxy=(10.0, 20.0, 110.0, 140.0),
        thumbnail_jpeg=f"jpeg of {picture}".encode(),
    )


def people_of(images_of: Mapping[str, int]) -> list[EnrolledFace]:
    """Images of one subject score about 0.7 against each other, subjects about 0."""
    faces = []
    for subject_id, images in images_of.items():
        rng = np.random.default_rng(list(subject_id.encode()))
        centre = _unit(rng.normal(size=DIMENSION))
        for number in range(images):
            template = centre + 0.65 * _unit(rng.normal(size=DIMENSION))
            faces.append(_face(subject_id, f"{subject_id}-{number:03d}", template))
    return faces


def publish_in(
    home: Path,
    faces: list[EnrolledFace],
    name: str = "custody",
    not_enrolled: tuple[FileOutcome, ...] = (),
    subjects: Mapping[str, Subject] | None = None,
    case_ref: str = "OP-1",
    created_utc: datetime = CREATED,
    compared: tuple[ClosePairs, PairLimits] | None = None,
    pack_identity: str = "f" * 64,
) -> SnapshotInfo:
    content = SnapshotContent(
        "open",
        pack_identity,
        faces,
        not_enrolled,
        subjects or {},
        case_ref,
        "Insp. A",
        created_utc,
        compared,
    )
    return publish_snapshot(home, name, content)


@pytest.fixture
def make_face() -> MakeFace:
    return _face


@pytest.fixture(scope="session")
def make_people() -> MakePeople:
    return people_of


@pytest.fixture
def people() -> list[EnrolledFace]:
    return people_of({"S2": 2, "S1": 3, "S3": 1})


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Publishes below ``tmp_path``."""
    return partial(publish_in, tmp_path)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return tmp_path / "pictures"
