from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lfr_batch.config.schema import EnrolConfig
from lfr_batch.gallery import close_pairs
from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits
from lfr_batch.gallery.duplicates import find_duplicates, number_subjects
from lfr_batch.gallery.enrolment import collect
from lfr_batch.gallery.records import DuplicateFinding, EnrolledFace

FIRST = np.eye(128, dtype=np.float32)[0]


def turned(cosine: float, axis: int = 1) -> Any:
    """A template that scores ``cosine`` against FIRST."""
    return cosine * FIRST + np.sqrt(1 - cosine**2) * np.eye(128, dtype=np.float32)[axis]


def found_in(
    faces: list[EnrolledFace], duplicate_score: float, same_picture_score: float
) -> tuple[DuplicateFinding, ...]:
    limits = EnrolConfig(duplicate_score=duplicate_score, same_picture_score=same_picture_score)
    return collect(faces, settings=limits).report.duplicates


def pairs_of(*found: tuple[int, int, float]) -> ClosePairs:
    left, right, scores = zip(*found, strict=True) if found else ((), (), ())
    return ClosePairs(
        np.array(left, np.int64), np.array(right, np.int64), np.array(scores, np.float32)
    )


def kinds(findings: tuple[DuplicateFinding, ...]) -> list[tuple[str, str, str]]:
    return [(f.kind, f.subject_a, f.subject_b) for f in findings]


@pytest.mark.parametrize(
    ("a", "b", "cosine", "found"),
    [
        (("A", "x"), ("B", "x"), 0.10, ["same_picture_two_subjects"]),
        (("A", "x"), ("B", "y"), 0.99, ["same_picture_two_subjects"]),
        (("A", "x"), ("B", "y"), 0.61, ["look_alike_subjects"]),
        (("A", "x"), ("B", "y"), 0.59, []),
        (("A", "x"), ("A", "y"), 0.99, ["same_picture_one_subject"]),
        (("A", "x"), ("A", "y"), 0.90, []),
    ],
)
def test_pairs(
    make_face: Any, a: tuple[str, str], b: tuple[str, str], cosine: float, found: list[str]
) -> None:
    faces = [make_face(*b, turned(cosine)), make_face(*a, FIRST)]
    findings = found_in(faces, 0.6, 0.98)
    assert kinds(findings) == [(kind, a[0], b[0]) for kind in found]
    for finding in findings:
        assert finding.score == pytest.approx(cosine, abs=1e-5)
        assert (finding.subject_a, finding.image_a) < (finding.subject_b, finding.image_b)


def test_one_finding_for_two_subjects_with_their_closest_images(make_face: Any) -> None:
    faces = [
        make_face("A", "a0", FIRST),
        make_face("B", "b0", turned(0.70, axis=1)),
        make_face("B", "b1", turned(0.85, axis=2)),
        make_face("B", "b2", turned(0.65, axis=3)),
    ]
    (finding,) = found_in(faces, 0.6, 0.98)
    assert finding.kind == "look_alike_subjects"
    assert (finding.image_a, finding.image_b) == (faces[0].image_id, faces[2].image_id)
    assert finding.score == pytest.approx(0.85)


def test_subjects_that_share_a_picture_are_not_also_look_alikes(make_face: Any) -> None:
    faces = [
        make_face("A", "x", FIRST),
        make_face("B", "x", FIRST),
        make_face("B", "y", turned(0.9)),
    ]
    assert kinds(found_in(faces, 0.6, 0.98)) == [("same_picture_two_subjects", "A", "B")]


def test_findings_do_not_depend_on_blocks_or_order(
    make_people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces: list[EnrolledFace] = make_people({f"S{n}": 1 + n % 4 for n in range(30)})
    whole = found_in(faces, 0.15, 0.7)
    assert {f.kind for f in whole} == {"look_alike_subjects", "same_picture_one_subject"}
    monkeypatch.setattr(close_pairs, "BLOCK", 7)
    blocked = found_in(faces[::-1], 0.15, 0.7)
    assert kinds(blocked) == kinds(whole)
    assert [f.image_b for f in blocked] == [f.image_b for f in whole]


def test_equals_comparing_every_pair(make_people: Any) -> None:
    faces: list[EnrolledFace] = make_people({f"S{n:02d}": 1 + n % 4 for n in range(30)})
    best: dict[tuple[str, str], float] = {}
    for a in faces:
        for b in faces:
            if a.subject_id < b.subject_id:
                key = (a.subject_id, b.subject_id)
                best[key] = max(best.get(key, -1.0), float(a.template @ b.template))
    expected = {key for key, score in best.items() if score >= 0.15}
    findings = found_in(faces, 0.15, 1.0)
    assert {(f.subject_a, f.subject_b) for f in findings} == expected
    assert len(findings) == len(expected)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_compare(make_people: Any, count: int) -> None:
    assert found_in(make_people({"A": count}), 0.6, 0.98) == ()


ONE_PICTURE, TWO_PICTURES = "same_picture_one_subject", "same_picture_two_subjects"
ALIKE = "look_alike_subjects"
ELSEWHERE = (200.0, 20.0, 300.0, 140.0)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ((), []),
        (((0, 1, 0.97),), []),
        (((0, 1, 0.98),), [(ONE_PICTURE, 0, 1)]),
        (((0, 2, 0.59),), []),
        (((0, 2, 0.60),), [(ALIKE, 0, 2)]),
        (((0, 2, 0.61), (0, 3, 0.62), (1, 2, 0.62)), [(ALIKE, 0, 3)]),
        (((0, 2, 0.99), (1, 3, 0.97)), [(TWO_PICTURES, 0, 2)]),
        (((0, 4, 0.70), (2, 4, 0.80)), [(ALIKE, 0, 4), (ALIKE, 2, 4)]),
        (((2, 3, 0.99), (1, 4, 0.7)), [(ALIKE, 1, 4), (ONE_PICTURE, 2, 3)]),
    ],
    ids=[
        "nothing close",
        "one subject's pictures, close",
        "one subject's picture twice",
        "just below",
        "just alike",
        "of equals the first rows",
        "who shares a picture is not also alike",
        "one finding for two subjects",
        "sorted by kind",
    ],
)
def test_a_pair_is_found_by_its_score_and_whose_it_is(
    make_face: Any,
    pairs: tuple[tuple[int, int, float], ...],
    found: list[tuple[str, int, int]],
) -> None:
    """Rows 0 and 1 are of A, 2 and 3 of B, 4 of C; no two are the same bytes."""
    faces = [make_face(name[0], name) for name in ("A0", "A1", "B0", "B1", "C0")]
    findings = find_duplicates(faces, pairs_of(*pairs), PairLimits(0.6, 0.98))
    assert [(f.kind, f.image_a, f.image_b) for f in findings] == [
        (kind, faces[a].image_id, faces[b].image_id) for kind, a, b in found
    ]


@pytest.mark.parametrize(
    ("subjects", "second_box", "found"),
    [
        ("AA", None, [ONE_PICTURE]),
        ("AB", None, [TWO_PICTURES]),
        ("AB", ELSEWHERE, []),
        ("AA", ELSEWHERE, []),
    ],
)
def test_the_same_bytes_are_one_picture_unless_another_face_of_it_was_meant(
    make_face: Any,
    subjects: str,
    second_box: tuple[float, float, float, float] | None,
    found: list[str],
) -> None:
    first, second = (make_face(subject, "group") for subject in subjects)
    second = replace(second, box_xyxy=second_box or first.box_xyxy)
    findings = find_duplicates([first, second], pairs_of(), PairLimits(0.6, 0.98))
    assert [f.kind for f in findings] == found


def test_subjects_are_numbered_in_the_order_of_their_ids(make_people: Any) -> None:
    faces = make_people({"S1": 2, "S10": 1, "S2": 3})
    assert number_subjects(faces).tolist() == [0, 0, 1, 2, 2, 2]
