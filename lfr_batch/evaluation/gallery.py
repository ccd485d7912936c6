"""The gallery of an evaluation: enrolled as any other, and never published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lfr_batch.enrolment.intake import EnrolmentOutcome, EnrolOrder, examine, pack_of
from lfr_batch.evaluation.labelled import Labelled
from lfr_batch.evaluation.outcomes import EnrolledPicture
from lfr_batch.gallery.records import (
    EnrolmentImage,
    FileOutcome,
    Listing,
    SnapshotContent,
    Subject,
)
from lfr_batch.gallery.store import publish_snapshot
from lfr_batch.recognition.settle import Settle
from lfr_batch.work.attempts import Runner, Tell

NAME = "evaluation"


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What an enrolment is done with."""

    run: Runner
    settle: Settle
    tell: Tell
    count: Callable[[EnrolmentOutcome], None]


def enrol_into(
    room: Path, order: EnrolOrder, files: Iterable[Labelled], means: Enrolling, now: datetime
) -> tuple[EnrolledPicture, ...]:
    """What became of each picture; ``room`` then holds a gallery called ``NAME``, without pictures.

    Raises PackError, EngineError, StoreError, and GalleryEmpty where nobody could be enrolled.
    """
    images = tuple(EnrolmentImage(f.subject_id, f.uri, f.box_xyxy) for f in files)
    subjects = {image.subject_id: Subject(image.subject_id) for image in images}
    listing = Listing(images, (), subjects)
    enrolment = examine(order, listing, means.run, means.count, means.settle, means.tell)
    manifest = pack_of(order.home, order.config).manifest
    bare = tuple(replace(face, thumbnail_jpeg=b"") for face in enrolment.faces)
    content = SnapshotContent(
        pack_id=manifest.pack_id,
        pack_identity=manifest.identity,
        faces=bare,
        not_enrolled=(),
        subjects=listing.subjects,
        case_ref=order.authority.case_ref,
        authority=order.authority.authority,
        created_utc=now,
        made_with=enrolment.made_with,
    )
    publish_snapshot(room, NAME, replace(content, not_enrolled=enrolment.not_enrolled))
    groups = {(f.subject_id, f.uri): f.groups for f in files}
    return tuple(_pictures(enrolment.files, groups))


def _pictures(
    files: Iterable[FileOutcome], groups: Mapping[tuple[str, str], Mapping[str, str]]
) -> Iterable[EnrolledPicture]:
    """Without those that were given twice."""
    for file in files:
        if file.outcome != "repeated":
            is_enrolled = file.outcome == "enrolled"
            reason = "" if is_enrolled else _phrase(file)
            said = dict(groups.get((file.subject_id, file.uri), {}))
            yield EnrolledPicture(file.subject_id, is_enrolled, reason, said)


def _phrase(file: FileOutcome) -> str:
    if file.outcome == "look at":
        return "faces of like size"
    return file.reason.partition(":")[0]
