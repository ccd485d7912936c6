from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from lfr_batch.gallery.enrolment import collect
from lfr_batch.gallery.records import RefusedImage, RepeatedPicture


def test_the_report_accounts_for_every_picture(make_face: Any) -> None:
    outcomes = [
        make_face("B", "b"),
        RefusedImage("C", "/c2.jpg", "face too small"),
        make_face("A", "x"),
        RefusedImage("A", "/a.jpg", "no face"),
        RefusedImage("C", "/c1.jpg", "no face"),
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
    assert enrolment.report.repeated == (
        RepeatedPicture("A", "/custody/A/z-copy.jpg", "/custody/A/x.jpg"),
    )
    assert enrolment.report.duplicates == ()


def test_the_order_of_the_outcomes_does_not_matter(make_people: Any) -> None:
    outcomes = [
        *make_people({f"S{n}": 1 + n % 3 for n in range(12)}),
        RefusedImage("S1", "/x", "no face"),
        RefusedImage("S0", "/y", "no face"),
    ]
    shuffled = outcomes[:]
    random.Random(4).shuffle(shuffled)
    assert collect(shuffled) == collect(outcomes)


def test_nothing() -> None:
    assert collect([], ["A"]).report.subjects_without_template == ("A",)
