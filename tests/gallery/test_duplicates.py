from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lfr_batch.config.schema import EnrolConfig
from lfr_batch.gallery import close_pairs
from lfr_batch.gallery.enrolment import collect
from lfr_batch.gallery.records import DuplicateFinding, EnrolledFace

FIRST = np.eye(128, dtype=np.float32)[0]


def turned(cosine: float, axis: int = 1) -> Any:
    """A template that scores ``cosine`` against FIRST."""
    return cosine * FIRST + np.sqrt(1 - cosine**2) * np.eye(128, dtype=np.float32)[axis]


def find_duplicates(
    faces: list[EnrolledFace], duplicate_score: float, same_picture_score: float
) -> tuple[DuplicateFinding, ...]:
    limits = EnrolConfig(duplicate_score=duplicate_score, same_picture_score=same_picture_score)
    return collect(faces, settings=limits).report.duplicates


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
    findings = find_duplicates(faces, 0.6, 0.98)
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
    (finding,) = find_duplicates(faces, 0.6, 0.98)
    assert finding.kind == "look_alike_subjects"
    assert (finding.image_a, finding.image_b) == (faces[0].image_id, faces[2].image_id)
    assert finding.score == pytest.approx(0.85)


def test_subjects_that_share_a_picture_are_not_also_look_alikes(make_face: Any) -> None:
    faces = [
        make_face("A", "x", FIRST),
        make_face("B", "x", FIRST),
        make_face("B", "y", turned(0.9)),
    ]
    assert kinds(find_duplicates(faces, 0.6, 0.98)) == [("same_picture_two_subjects", "A", "B")]


def test_findings_do_not_depend_on_blocks_or_order(
    make_people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces: list[EnrolledFace] = make_people({f"S{n}": 1 + n % 4 for n in range(30)})
    whole = find_duplicates(faces, 0.15, 0.7)
    assert {f.kind for f in whole} == {"look_alike_subjects", "same_picture_one_subject"}
    monkeypatch.setattr(close_pairs, "BLOCK", 7)
    blocked = find_duplicates(faces[::-1], 0.15, 0.7)
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
    findings = find_duplicates(faces, 0.15, 1.0)
    assert {(f.subject_a, f.subject_b) for f in findings} == expected
    assert len(findings) == len(expected)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_compare(make_people: Any, count: int) -> None:
    assert find_duplicates(make_people({"A": count}), 0.6, 0.98) == ()
