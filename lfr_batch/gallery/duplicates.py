"""Enrolled pictures that ask for a look: one picture twice, or two subjects who look the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lfr_batch.gallery.records import DuplicateFinding, DuplicateKind, EnrolledFace
from lfr_batch.records import FloatArray

BLOCK = 1024
"""Rows compared at once: 4 MiB of scores, whatever the size of the gallery."""

Pair = tuple[int, int]
Hits = tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]


def find_duplicates(
    faces: Sequence[EnrolledFace], duplicate_score: float, same_picture_score: float
) -> tuple[DuplicateFinding, ...]:
    """Every pair once, sorted by kind, then subjects and images.

    Two pictures are the same if their bytes are (unless they were enrolled for faces in different
    places of it), or their templates score at least ``same_picture_score`` (the same photograph
    saved anew). Two subjects look alike if their
    closest images score at least ``duplicate_score``; one finding for the two subjects, with
    those images, and none where they already share a picture.
    """
    ordered = sorted(faces, key=lambda face: (face.subject_id, face.image_id))
    if len(ordered) < 2:
        return ()
    same = _same_bytes(ordered)
    alike: dict[tuple[str, str], tuple[float, Pair]] = {}
    subjects = np.unique([face.subject_id for face in ordered], return_inverse=True)[1]
    lowest = min(duplicate_score, same_picture_score)
    for left, right, scores in _close_pairs(ordered, lowest):
        pictures = scores >= same_picture_score
        same.update(zip(left[pictures].tolist(), right[pictures].tolist(), strict=True))
        rivals = (subjects[left] != subjects[right]) & (scores >= duplicate_score)
        hits = (left[rivals], right[rivals], scores[rivals])
        _keep_closest(alike, ordered, _closest_of_each(subjects, hits))
    found = [_same_picture(ordered, pair) for pair in same]
    shared = {(f.subject_a, f.subject_b) for f in found}
    found += [
        _finding("look_alike_subjects", ordered, pair)
        for key, (_, pair) in alike.items()
        if key not in shared
    ]
    return tuple(sorted(found, key=_order))


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


def _close_pairs(faces: Sequence[EnrolledFace], lowest: float) -> Iterator[Hits]:
    """Row pairs (left < right) that score at least ``lowest``, block by block."""
    templates = np.stack([face.template for face in faces])
    starts = range(0, len(faces), BLOCK)
    for top in starts:
        for side in starts[top // BLOCK :]:
            scores = templates[top : top + BLOCK] @ templates[side : side + BLOCK].T
            close = scores >= lowest
            left, right = np.nonzero(np.triu(close, k=1) if top == side else close)
            yield left + top, right + side, scores[left, right]


def _closest_of_each(subjects: NDArray[np.int64], hits: Hits) -> Iterable[tuple[int, int, float]]:
    """The best hit of each pair of subjects; rows are sorted by subject, so pairs are ordered."""
    left, right, scores = hits
    pairs = subjects[left] * (int(subjects[-1]) + 1) + subjects[right]
    order = np.lexsort((right, left, -scores, pairs))
    first = order[np.unique(pairs[order], return_index=True)[1]]
    return zip(left[first].tolist(), right[first].tolist(), scores[first].tolist(), strict=True)


def _keep_closest(
    alike: dict[tuple[str, str], tuple[float, Pair]],
    faces: Sequence[EnrolledFace],
    hits: Iterable[tuple[int, int, float]],
) -> None:
    for left, right, score in hits:
        key = (faces[left].subject_id, faces[right].subject_id)
        if key not in alike or score > alike[key][0]:
            alike[key] = (score, (left, right))


def _same_picture(faces: Sequence[EnrolledFace], pair: Pair) -> DuplicateFinding:
    one_subject = faces[pair[0]].subject_id == faces[pair[1]].subject_id
    kind: DuplicateKind = "same_picture_one_subject" if one_subject else "same_picture_two_subjects"
    return _finding(kind, faces, pair)


def _finding(kind: DuplicateKind, faces: Sequence[EnrolledFace], pair: Pair) -> DuplicateFinding:
    a, b = faces[pair[0]], faces[pair[1]]
    score = float(np.dot(a.template, b.template))
    return DuplicateFinding(kind, a.subject_id, b.subject_id, a.image_id, b.image_id, score)


def _order(finding: DuplicateFinding) -> tuple[str, ...]:
    f = finding
    return (f.kind, f.subject_a, f.subject_b, f.image_a, f.image_b)
