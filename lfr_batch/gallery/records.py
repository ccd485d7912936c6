"""The records of enrolment, in the order in which they come to be. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from lfr_batch.faces.picture_quality import PictureQuality
from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits
from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.records import FloatArray

DuplicateKind = Literal[
    "same_picture_two_subjects", "same_picture_one_subject", "look_alike_subjects"
]


Outcome = Literal["enrolled", "refused", "look at", "repeated", "excluded", "not a picture"]
"""What became of a file below the folder of pictures. 'look at': somebody has to say whose picture,
or whose face in it, it is. 'repeated': the same bytes a second time within one subject."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REFUSALS: tuple[Outcome, ...] = ("refused", "look at")
"""Outcomes of pictures that were to give a template and did not."""

AgesSaid = Literal["", "stated", "adults", "not stated", "minors"]
"""What is known of the ages of those whom no column states: nothing was asked (before 0.3.0); a
column states all; the operator says that nobody is under 18; nothing is said; the operator says
that somebody is. The worse comes later."""

Pick = Literal["largest"]
"""How to choose among faces of like size."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright picture."""


@dataclass(frozen=True, slots=True)
class EnrolmentImage:
    """A picture to enrol. ``uri`` is an absolute path, or a ``file://`` uri of an odd one."""

    subject_id: str
    uri: str
    box_xyxy: Box | None = None
    """Where the subject's face is, if the operator said so."""
    taken: str = ""
    """ISO date of the picture, as the operator's table says it; '' where that does not."""
    age_y: float | None = None
    """Of the subject in it, in years, where the table says it."""


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
    box_xyxy: Box
    thumbnail_jpeg: bytes
    note: str = ""
    """What the operator should know: other faces in the picture, how this one was chosen."""
    measured: PictureQuality | None = None
    """None: enrolled by a version that did not measure it."""
    taken: str = ""
    """ISO date: the operator's, else the camera's (EXIF); '' where nothing says it."""
    age_y: float | None = None
    """Of the subject in the picture, as far as is said."""


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of a file below the folder of pictures."""

    subject_id: str
    """Empty where it is nobody's."""
    uri: str
    reason: str
    """A phrase that is counted by, then perhaps a colon and the particulars; of an enrolled picture
    its ``note``."""
    outcome: Outcome = "refused"


@dataclass(frozen=True, slots=True)
class Listing:
    """The files below the folder of pictures: those to be looked at, and what became of the others.

    Each file is in one of the two; in ``images`` once for each subject it shows.
    """

    images: tuple[EnrolmentImage, ...]
    not_enrolled: tuple[FileOutcome, ...]
    subjects: Mapping[str, Subject]
    """Everybody who is to be enrolled, also those without any picture."""
    without_row: tuple[str, ...] = ()
    """Pictures that a table which names files does not name."""
    ages: AgesSaid = ""


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
    """Refused pictures by reason, most frequent first."""
    duplicates: tuple[DuplicateFinding, ...]
    subjects_without_template: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a snapshot is published from, in an order that does not depend on the workers'."""

    faces: tuple[EnrolledFace, ...]
    not_enrolled: tuple[FileOutcome, ...]
    report: EnrolmentReport
    close_pairs: ClosePairs = field(default_factory=ClosePairs, compare=False)
    """Of the faces as a snapshot sorts them."""
    made_with: str = field(default="", compare=False)
    """As ``Manifest.made_with``."""

    @property
    def files(self) -> tuple[FileOutcome, ...]:
        """Every file, once for each subject it is of, sorted by uri."""
        enrolled = (FileOutcome(f.subject_id, f.uri, f.note, "enrolled") for f in self.faces)
        return tuple(sorted([*enrolled, *self.not_enrolled], key=lambda f: (f.uri, f.subject_id)))

    @property
    def refusals(self) -> tuple[FileOutcome, ...]:
        """Pictures that were to give a template and did not, those to look at among them."""
        return refusals_in(self.not_enrolled)

    @property
    def is_settled(self) -> bool:
        """Every subject has a template, and nobody has to decide whose face is which."""
        return not self.report.subjects_without_template and not any(
            file.outcome == "look at" for file in self.not_enrolled
        )


@dataclass(frozen=True, slots=True)
class SnapshotContent:
    """What a snapshot is to hold, and by whose order."""

    pack_id: str
    pack_identity: str
    faces: Sequence[EnrolledFace]
    not_enrolled: Sequence[FileOutcome]
    subjects: Mapping[str, Subject]
    """Everybody who was to be enrolled, also those without a template."""
    case_ref: str
    authority: str
    created_utc: datetime
    compared: tuple[ClosePairs, PairLimits] | None = None
    """The close pairs of ``faces``, kept for the next enrolment."""
    made_with: str = ""
    """As ``Manifest.made_with``."""
    ages: AgesSaid = ""
    accepts_children: bool = False
    """As of ``Manifest``."""

    @property
    def refusals(self) -> tuple[FileOutcome, ...]:
        """As ``Enrolment.refusals``."""
        return refusals_in(self.not_enrolled)


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
    dimension: int = 0
    """Of its templates."""
    ages: AgesSaid = ""
    accepts_children: bool = False
    """As of ``Manifest``."""


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """Templates that lie together."""

    templates: int
    """How many, those that are not the snapshot's among them."""
    templates_path: Path
    index_path: Path


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened snapshot: n templates of dimension d, sorted by subject, then image."""

    name: str
    snapshot_id: str
    pack_id: str
    pack_identity: str
    templates: AnyTemplates
    """(n, d), L2-normalised, mapped from the index files: not in memory until they are touched."""
    subject_ids: Sequence[str]
    image_ids: Sequence[str]
    created_utc: datetime
    enrolled_utc: datetime
    """As ``SnapshotInfo.enrolled_utc``."""
    case_ref: str
    authority: str
    path: Path
    parts: tuple[SnapshotPart, ...]
    rows: Rows | None
    """(n,) where in the parts, laid end to end, each template is. None: in one part, in order."""
    made_with: str = ""
    """As ``Manifest.made_with``."""
    ages: AgesSaid = ""
    accepts_children: bool = False
    """As of ``Manifest``."""

    @property
    def places(self) -> Rows:
        """``rows``, also where they are in order."""
        return np.arange(len(self.templates)) if self.rows is None else self.rows

    @property
    def subjects_path(self) -> Path:
        return self.path / "subjects.parquet"


def refusals_in(not_enrolled: Iterable[FileOutcome]) -> tuple[FileOutcome, ...]:
    return tuple(file for file in not_enrolled if file.outcome in REFUSALS)


def image_id_of(subject_id: str, sha256: str) -> str:
    """16 hex digits that name a picture of a subject.

    One picture under two subjects has two ids, a picture twice under one subject has one.
    """
    return hashlib.sha256(f"{subject_id}\0{sha256}".encode()).hexdigest()[:16]
