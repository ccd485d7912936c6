"""The records of enrolment, in the order in which they come to be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from lfr_batch.records import FloatArray

DuplicateKind = Literal[
    "same_picture_two_subjects", "same_picture_one_subject", "look_alike_subjects"
]


@dataclass(frozen=True, slots=True)
class EnrolmentImage:
    """A picture to enrol. ``uri`` is an absolute path."""

    subject_id: str
    uri: str


@dataclass(frozen=True, slots=True)
class Subject:
    subject_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """A picture that gave a template."""

    image_id: str
    """Unique within the subject, better within the gallery: see :func:`image_id_of`."""
    subject_id: str
    uri: str
    sha256: str
    """Hex sha256 of the picture's bytes."""
    template: FloatArray
    """(d,), L2-normalised."""
    quality: float
    box_xyxy: tuple[float, float, float, float]
    thumbnail_jpeg: bytes


@dataclass(frozen=True, slots=True)
class RefusedImage:
    """A picture that gave no template. ``reason`` is short: refusals are counted by it."""

    subject_id: str
    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class RepeatedPicture:
    """The same bytes a second time within one subject: left out."""

    subject_id: str
    uri: str
    same_as_uri: str


@dataclass(frozen=True, slots=True)
class DuplicateFinding:
    """Two enrolled pictures that ask for a look. ``(subject_a, image_a)`` sorts first."""

    kind: DuplicateKind
    subject_a: str
    subject_b: str
    image_a: str
    image_b: str
    score: float
    """Cosine of the two templates."""


@dataclass(frozen=True, slots=True)
class EnrolmentReport:
    enrolled: int
    """Pictures that gave a template and were kept."""
    subjects: int
    """Subjects with at least one template."""
    refused: Mapping[str, int]
    """Pictures by reason, most frequent first."""
    repeated: tuple[RepeatedPicture, ...]
    duplicates: tuple[DuplicateFinding, ...]
    subjects_without_template: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a snapshot is published from, in an order that does not depend on the workers'."""

    faces: tuple[EnrolledFace, ...]
    refusals: tuple[RefusedImage, ...]
    report: EnrolmentReport


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A snapshot as a list shows it."""

    name: str
    snapshot_id: str
    pack_id: str
    pack_identity: str
    templates: int
    subjects: int
    """Subjects with at least one template."""
    refused: int
    created_utc: datetime | None
    enrolled_utc: datetime | None
    """When the same was last enrolled; a snapshot is written only once."""
    case_ref: str
    authority: str
    path: Path
    damage: str | None = None
    """Why it cannot be used; the other fields are then empty."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened snapshot: n templates of dimension d, sorted by subject, then image."""

    name: str
    snapshot_id: str
    pack_id: str
    pack_identity: str
    templates: FloatArray
    """(n, d), L2-normalised, mapped from the index file: not in memory until it is touched."""
    subject_ids: Sequence[str]
    image_ids: Sequence[str]
    created_utc: datetime
    enrolled_utc: datetime
    """As ``SnapshotInfo.enrolled_utc``."""
    case_ref: str
    authority: str
    path: Path

    @property
    def index_path(self) -> Path:
        return self.path / "index.faiss"

    @property
    def templates_path(self) -> Path:
        return self.path / "templates.parquet"

    @property
    def subjects_path(self) -> Path:
        return self.path / "subjects.parquet"

    @property
    def refusals_path(self) -> Path:
        return self.path / "refusals.parquet"


def image_id_of(subject_id: str, sha256: str) -> str:
    """16 hex digits that name a picture of a subject.

    One picture under two subjects has two ids, a picture twice under one subject has one.
    """
    return hashlib.sha256(f"{subject_id}\0{sha256}".encode()).hexdigest()[:16]
