"""What came of the pictures: who is enrolled, what was refused, what asks for a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from lfr_batch.config.schema import EnrolConfig
from lfr_batch.gallery.duplicates import find_duplicates
from lfr_batch.gallery.records import (
    EnrolledFace,
    Enrolment,
    EnrolmentReport,
    RefusedImage,
    RepeatedPicture,
)

DEFAULTS = EnrolConfig()


def collect(
    outcomes: Iterable[EnrolledFace | RefusedImage],
    subject_ids: Iterable[str] = (),
    settings: EnrolConfig = DEFAULTS,
) -> Enrolment:
    """Assemble an enrolment from the outcomes of its pictures, in whatever order they come.

    Faces and refusals are sorted by subject, then uri. The same bytes a second time within one
    subject are left out and reported. ``subject_ids`` are all subjects that were to be enrolled,
    so that those left without a template can be named.
    """
    ordered = sorted(outcomes, key=lambda outcome: (outcome.subject_id, outcome.uri))
    refusals = tuple(o for o in ordered if isinstance(o, RefusedImage))
    faces, repeated = _without_repeats([o for o in ordered if isinstance(o, EnrolledFace)])
    enrolled = {face.subject_id for face in faces}
    wanted = {*subject_ids, *(outcome.subject_id for outcome in ordered)}
    report = EnrolmentReport(
        enrolled=len(faces),
        subjects=len(enrolled),
        refused=count_reasons(refusals),
        repeated=repeated,
        duplicates=find_duplicates(faces, settings.duplicate_score, settings.same_picture_score),
        subjects_without_template=tuple(sorted(wanted - enrolled)),
    )
    return Enrolment(faces, refusals, report)


def count_reasons(refusals: Iterable[RefusedImage]) -> dict[str, int]:
    """Refused pictures by reason, most frequent first, then by name."""
    counts = Counter(refusal.reason for refusal in refusals)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _without_repeats(
    faces: Sequence[EnrolledFace],
) -> tuple[tuple[EnrolledFace, ...], tuple[RepeatedPicture, ...]]:
    first: dict[tuple[str, str], EnrolledFace] = {}
    repeated: list[RepeatedPicture] = []
    for face in faces:
        kept = first.setdefault((face.subject_id, face.sha256), face)
        if kept is not face:
            repeated.append(RepeatedPicture(face.subject_id, face.uri, kept.uri))
    return tuple(first.values()), tuple(repeated)
