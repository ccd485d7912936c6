from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from lfr_batch.gallery.enrolment import collect, count_reasons
from lfr_batch.gallery.records import FileOutcome


def test_the_report_accounts_for_every_picture(make_face: Any) -> None:
    outcomes = [
        make_face("B", "b"),
        FileOutcome("C", "/c2.jpg", "face too small"),
        make_face("A", "x"),
        FileOutcome("A", "/a.jpg", "no face"),
        FileOutcome("C", "/c1.jpg", "no face"),
        make_face("B", "x"),
    ]
    enrolment = collect(outcomes, ["A", "B", "C", "D"])
    report = enrolment.report
    assert [(f.subject_id, f.uri) for f in enrolment.faces] == [
        ("A", "/custody/A/x.jpg"),
        ("B", "/custody/B/b.jpg"),
        ("B", "/custody/B/x.jpg"),
    ]
    assert [r.uri for r in enrolment.refusals] == ["/a.jpg", "/c1.jpg", "/c2.jpg"]
    assert (report.enrolled, report.subjects) == (3, 2)
    assert list(report.refused.items()) == [("no face", 2), ("face too small", 1)]
    assert report.subjects_without_template == ("C", "D")
    assert [(d.kind, d.subject_a, d.subject_b) for d in report.duplicates] == [
        ("same_picture_two_subjects", "A", "B")
    ]


def test_the_same_bytes_twice_in_one_subject_are_kept_once(make_face: Any) -> None:
    first = make_face("A", "x")
    again = replace(first, uri="/custody/A/z-copy.jpg")
    enrolment = collect([again, make_face("A", "y"), first])
    assert [f.uri for f in enrolment.faces] == ["/custody/A/x.jpg", "/custody/A/y.jpg"]
    why = "the same picture: /custody/A/x.jpg"
    assert enrolment.not_enrolled == (FileOutcome("A", again.uri, why, "repeated"),)
    assert enrolment.is_settled
    assert enrolment.report.duplicates == ()


def test_the_order_of_the_outcomes_does_not_matter(make_people: Any) -> None:
    outcomes = [
        *make_people({f"S{n}": 1 + n % 3 for n in range(12)}),
        FileOutcome("S1", "/x", "no face"),
        FileOutcome("S0", "/y", "no face"),
    ]
    shuffled = outcomes[:]
    random.Random(4).shuffle(shuffled)
    assert collect(shuffled) == collect(outcomes)


@pytest.mark.parametrize(
    ("outcomes", "everybody", "settled"),
    [
        ([], ["A"], True),
        ([FileOutcome("A", "/a", "blurred")], ["A"], True),
        ([FileOutcome("", "/a", "text file", "not a picture")], ["A"], True),
        ([FileOutcome("A", "/a", "2 faces of like size", "look at")], ["A"], False),
        ([FileOutcome("", "/a", "subject unclear", "look at")], ["A"], False),
        ([FileOutcome("B", "/a", "blurred")], ["A"], False),
        ([], ["A", "B"], False),
    ],
)
def test_settled_is_what_leaves_nothing_to_do(
    make_face: Any, outcomes: list[FileOutcome], everybody: list[str], settled: bool
) -> None:
    enrolment = collect([make_face("A", "x"), *outcomes], everybody)
    assert enrolment.is_settled is settled
    assert {file.uri for file in enrolment.files} == {
        "/custody/A/x.jpg",
        *(o.uri for o in outcomes),
    }


def test_reasons_are_counted_without_their_particulars() -> None:
    files = [FileOutcome("A", f"/{n}", f"unreadable: cause {n}") for n in range(3)]
    assert count_reasons([*files, FileOutcome("A", "/b", "blurred")]) == {
        "unreadable": 3,
        "blurred": 1,
    }


def test_two_faces_of_one_picture_are_no_duplicate(make_face: Any) -> None:
    left = make_face("A", "pair")
    other = make_face("B", "other").template
    right = replace(make_face("B", "pair", other), box_xyxy=(200.0, 0.0, 260.0, 70.0))
    assert left.sha256 == right.sha256
    assert collect([left, right]).report.duplicates == ()


def test_nothing() -> None:
    assert collect([], ["A"]).report.subjects_without_template == ("A",)
