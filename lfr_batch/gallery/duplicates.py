"""Enrolled pictures that ask for a look: one picture twice, or two subjects who look the same.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits
from lfr_batch.gallery.exact_scores import Rows, exact_scores
from lfr_batch.gallery.records import DuplicateFinding, DuplicateKind, EnrolledFace

Pair = tuple[int, int]


def find_duplicates(
    faces: Sequence[EnrolledFace], pairs: ClosePairs, limits: PairLimits
) -> tuple[DuplicateFinding, ...]:
    """Every pair once, sorted by kind, then subjects and images.

    ``faces`` are sorted by subject, then image; ``pairs`` are those of their templates that
    ``limits`` keep. Two pictures are the same if their bytes are (unless they were enrolled for
    faces in different places of it), or their templates score at least ``same_picture_score`` (the
    same photograph saved anew). Two subjects look alike if their closest images score at least
    ``duplicate_score``; one finding for the two subjects, with those images, and none where they
    already share a picture.
    """
    subjects = number_subjects(faces)
    pictures = pairs.take(pairs.scores >= limits.same_picture_score)
    same = {*_same_bytes(faces), *_rows(pictures)}
    shared = {(subjects[a], subjects[b]) for a, b in same}
    rivals = subjects[pairs.left] != subjects[pairs.right]
    alike = pairs.take(rivals & (pairs.scores >= limits.duplicate_score))
    found = [_finding(faces, _kind_of_picture(faces, pair), pair) for pair in same]
    found += [
        _finding(faces, "look_alike_subjects", (a, b))
        for a, b in _rows(_closest_of_each(subjects, alike))
        if (subjects[a], subjects[b]) not in shared
    ]
    return tuple(sorted(found, key=_order))


def number_subjects(faces: Sequence[EnrolledFace]) -> Rows:
    """(n,) the same number for the faces of one subject, in the order of their ids."""
    return np.unique([face.subject_id for face in faces], return_inverse=True)[1].astype(np.int64)


def _same_bytes(faces: Sequence[EnrolledFace]) -> set[Pair]:
    rows_of: dict[str, list[int]] = {}
    for row, face in enumerate(faces):
        rows_of.setdefault(face.sha256, []).append(row)
    return {
        (a, b)
        for rows in rows_of.values()
        for a, b in combinations(rows, 2)
        if faces[a].box_xyxy == faces[b].box_xyxy
    }


def _rows(pairs: ClosePairs) -> Iterator[Pair]:
    return zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)


def _closest_of_each(subjects: Rows, pairs: ClosePairs) -> ClosePairs:
    """The best of each pair of subjects; rows are sorted by subject, so pairs are ordered."""
    key = subjects[pairs.left] * (len(subjects) + 1) + subjects[pairs.right]
    order = np.lexsort((pairs.right, pairs.left, -pairs.scores, key))
    return pairs.take(order[np.unique(key[order], return_index=True)[1]])


def _finding(faces: Sequence[EnrolledFace], kind: DuplicateKind, pair: Pair) -> DuplicateFinding:
    a, b = faces[pair[0]], faces[pair[1]]
    score = float(exact_scores(a.template, b.template))
    return DuplicateFinding(kind, a.subject_id, b.subject_id, a.image_id, b.image_id, score)


def _kind_of_picture(faces: Sequence[EnrolledFace], pair: Pair) -> DuplicateKind:
    one_subject = faces[pair[0]].subject_id == faces[pair[1]].subject_id
    return "same_picture_one_subject" if one_subject else "same_picture_two_subjects"


def _order(finding: DuplicateFinding) -> tuple[str, ...]:
    f = finding
    return (f.kind, f.subject_a, f.subject_b, f.image_a, f.image_b)
