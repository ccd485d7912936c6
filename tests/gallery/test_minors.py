from __future__ import annotations

from datetime import date

import pytest

from lfr_batch.gallery.attributes import composition_of
from lfr_batch.gallery.minors import (
    minors_of,
    row_of_minors,
    said_again,
    said_of_ages,
    said_of_earlier,
    said_of_minors,
    without_children,
    worst_of,
)
from lfr_batch.gallery.parquet_tables import subject_table
from lfr_batch.gallery.records import AgesSaid, EnrolmentImage, FileOutcome, Listing, Subject
from lfr_batch.gallery.reviews import reviews_of

TODAY = date(2026, 6, 1)
PEOPLE = subject_table(
    [
        Subject("S1", {"age": "34", "Sex": "F", "category": "wanted", "source": "custody"}),
        Subject("S2", {"born": "2023-06-01", "sex": "m", "review_by": "2026-05-31"}),
        Subject("S3", {"Age": "17.5", "sex": "f", "category": "wanted"}),
        Subject("S4", {"review by": "2026-06-01; 2026-01-01", "category": "Missing"}),
        Subject("S5"),
    ]
)

EVERYBODY = ["S1", "S2", "S3", "S4", "S5"]


def test_who_is_under_18_youngest_first() -> None:
    minors = minors_of(PEOPLE, EVERYBODY, TODAY)
    assert (minors.subjects, minors.stated, minors.under_6) == (5, 3, 1)
    assert [(whose, round(age, 1)) for whose, age in minors.under_18] == [("S2", 3.0), ("S3", 17.5)]


def test_who_has_no_template_does_not_count() -> None:
    minors = minors_of(PEOPLE, ["S1", "S3", "S3", "S5"], TODAY)
    assert (minors.subjects, minors.stated, minors.under_18) == (3, 2, (("S3", 17.5),))
    assert minors_of(PEOPLE, [], TODAY).subjects == 0


def test_in_parts_of_a_larger_table_rows_stay_their_own() -> None:
    many = subject_table([Subject(f"S{i:05d}", {"age": str(20 + i % 50)}) for i in range(9000)])
    young = subject_table([Subject("T", {"age": "7"})])
    import pyarrow as pa

    table = pa.concat_tables([many.slice(4000), young])
    minors = minors_of(table, table["subject_id"].to_pylist(), TODAY)
    assert minors.under_18 == (("T", 7.0),)
    assert minors.stated == 5001


def test_a_composition_by_any_column() -> None:
    assert composition_of(PEOPLE, "sex") == {"f": 2, "m": 1, "": 2}
    assert composition_of(PEOPLE, "SEX") == composition_of(PEOPLE, "sex")
    assert composition_of(PEOPLE, "ethnicity") == {"": 5}


def test_the_warning_has_figures() -> None:
    said = said_of_minors(minors_of(PEOPLE, EVERYBODY, TODAY))
    assert said.startswith("2 of 5 subjects are under 18, the youngest 3: ")
    assert "%" in said
    assert said.endswith(".")
    assert said_of_minors(minors_of(PEOPLE, EVERYBODY[:1], TODAY)) == ""
    assert said_of_minors(minors_of(PEOPLE, EVERYBODY[:1], TODAY), "minors") != ""


def test_ages_that_nobody_stated_are_said_to_be_that() -> None:
    minors = minors_of(PEOPLE, EVERYBODY, TODAY)
    assert said_of_ages("not stated", minors).startswith(
        "ages not stated of 2 of 5 subjects (S4, S5): "
    )
    assert said_of_ages("adults", minors) == said_of_ages("", minors) == ""
    row = row_of_minors(minors, "not stated", accepts_children=True)
    assert (row["under_18"], row["under_6"], row["youngest_y"]) == (2, 1, 3.0)


def test_of_many_whose_age_nobody_stated_the_first_are_named() -> None:
    people = subject_table([Subject(f"S{i}", {"age": "40"} if i % 2 else {}) for i in range(20)])
    minors = minors_of(people, people["subject_id"].to_pylist(), TODAY)
    assert "of 10 of 20 subjects (S0, S2, S4, S6, S8, …): " in said_of_ages("not stated", minors)
    earlier = said_of_earlier("custody", minors)
    assert "of 10 of 20 subjects (S0, S2, S4, S6, S8, …) from before" in earlier
    assert "`lfr gallery enrol custody --images DIR --adults`" in earlier
    assert said_of_earlier("custody", minors_of(people, ["S1"], TODAY)) == ""


@pytest.mark.parametrize(
    ("each", "worst"),
    [
        ((), ""),
        (("",), ""),
        (("", "stated"), "not stated"),
        (("", "adults"), "not stated"),
        (("adults", "", "stated"), "not stated"),
        (("", "minors"), "minors"),
        (("adults", "stated"), "adults"),
        (("not stated", "adults"), "not stated"),
        (("minors", "not stated"), "minors"),
    ],
)
def test_what_is_worse_stays(each: tuple[AgesSaid, ...], worst: AgesSaid) -> None:
    assert worst_of(each) == worst


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        ("adults", "not stated", "adults"),
        ("minors", "", "minors"),
        ("", "not stated", "not stated"),
        ("not stated", "adults", "adults"),
        ("minors", "adults", "adults"),
        ("adults", "minors", "minors"),
    ],
)
def test_the_last_answer_stays(before: AgesSaid, now: AgesSaid, after: AgesSaid) -> None:
    assert said_again(before, now) == after


def test_children_are_refused_picture_by_picture() -> None:
    pictures = (
        EnrolmentImage("S1", "/a.jpg", age_y=5.9),
        EnrolmentImage("S1", "/b.jpg", age_y=6.0),
        EnrolmentImage("S2", "/c.jpg"),
        EnrolmentImage("S3", "/d.jpg", age_y=2.0),
        EnrolmentImage("S3", "/e.jpg", age_y=3.0),
    )
    subjects = {whose: Subject(whose, {"name": "A"}) for whose in ("S1", "S2", "S3", "S4")}
    found = without_children(Listing(pictures, (), subjects))
    assert found.images == pictures[1:3]
    assert {*found.subjects} == {"S1", "S2", "S4"}, "S3 is kept nothing of but the refusals"
    refused, *others = found.not_enrolled
    assert [(each.subject_id, each.uri) for each in others] == [("S3", "/d.jpg"), ("S3", "/e.jpg")]
    assert refused == FileOutcome(
        "S1", "/a.jpg", "a child under 6: 5 years; --accept-children enrols it"
    )
    assert without_children(found) is found


def test_reviews_that_are_past_are_named_longest_ago_first() -> None:
    reviews = reviews_of(PEOPLE, TODAY)
    assert reviews.stated == 2
    assert reviews.overdue == (("S4", date(2026, 1, 1)), ("S2", date(2026, 5, 31)))
    assert reviews.categories == {"wanted": 2, "missing": 1, "": 2}
    assert reviews.sources == {"custody": 1, "": 4}
