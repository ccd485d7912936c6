"""What came of the pictures: who is enrolled, what was refused, what asks for a look. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from lfr_batch.config.schema import EnrolConfig
from lfr_batch.gallery.close_pairs import (
    ClosePairs,
    Compare,
    Compared,
    PairLimits,
    find_close_pairs,
    on_processors,
)
from lfr_batch.gallery.duplicates import find_duplicates, number_subjects
from lfr_batch.gallery.records import EnrolledFace, Enrolment, EnrolmentReport, FileOutcome

DEFAULTS = EnrolConfig()


def collect(
    outcomes: Iterable[EnrolledFace | FileOutcome],
    subject_ids: Iterable[str] = (),
    settings: EnrolConfig = DEFAULTS,
    compared: Callable[[Sequence[EnrolledFace]], Compared | None] = lambda _: None,
    compare: Compare = on_processors,
) -> Enrolment:
    """Assemble an enrolment from the outcomes of its files, in whatever order they come.

    All are sorted by subject, then uri. The same bytes a second time within one subject are left
    out as 'repeated'. ``subject_ids`` are all subjects that were to be enrolled, so that those left
    without a template can be named. ``compared`` says which faces have been compared with each
    other before; ``compare`` does it for the rest.
    """
    ordered = sorted(outcomes, key=lambda outcome: (outcome.subject_id, outcome.uri))
    faces, repeated = _without_repeats([o for o in ordered if isinstance(o, EnrolledFace)])
    others = [o for o in ordered if isinstance(o, FileOutcome)]
    not_enrolled = sorted([*others, *repeated], key=lambda file: (file.subject_id, file.uri))
    enrolled = {face.subject_id for face in faces}
    limits = PairLimits(settings.duplicate_score, settings.same_picture_score)
    by_row = in_row_order(faces)
    pairs = _close_pairs(by_row, limits, compared(by_row), compare)
    wanted = {*subject_ids, *(outcome.subject_id for outcome in ordered)} - {""}
    report = EnrolmentReport(
        enrolled=len(faces),
        subjects=len(enrolled),
        refused=count_reasons(file for file in others if file.outcome == "refused"),
        duplicates=find_duplicates(by_row, pairs, limits),
        subjects_without_template=tuple(sorted(wanted - enrolled)),
    )
    return Enrolment(faces, tuple(not_enrolled), report, pairs)


def in_row_order(faces: Iterable[EnrolledFace]) -> list[EnrolledFace]:
    """As a snapshot holds them: by subject, then image."""
    return sorted(faces, key=lambda face: (face.subject_id, face.image_id))


def _close_pairs(
    faces: Sequence[EnrolledFace], limits: PairLimits, before: Compared | None, compare: Compare
) -> ClosePairs:
    if len(faces) < 2:
        return ClosePairs()
    templates = np.stack([face.template for face in faces])
    return find_close_pairs(templates, number_subjects(faces), limits, before, compare)


def count_reasons(files: Iterable[FileOutcome]) -> dict[str, int]:
    """Files by reason without its particulars, most frequent first, then by name."""
    counts = Counter(file.reason.partition(":")[0] for file in files)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _without_repeats(
    faces: Sequence[EnrolledFace],
) -> tuple[tuple[EnrolledFace, ...], list[FileOutcome]]:
    first: dict[tuple[str, str], EnrolledFace] = {}
    repeated: list[FileOutcome] = []
    for face in faces:
        kept = first.setdefault((face.subject_id, face.sha256), face)
        if kept is not face:
            same = f"the same picture: {kept.uri}"
            repeated.append(FileOutcome(face.subject_id, face.uri, same, "repeated"))
    return tuple(first.values()), repeated
