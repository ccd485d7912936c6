from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.known_columns import (
    age_in,
    age_of,
    facts_of,
    last_day_of,
    review_by_in,
    taken_in,
)

TODAY = date(2026, 6, 1)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("34", 34.0),
        ("31.94", 31.94),
        ("31,9", 31.9),
        ("0", 0.0),
        ("30-39", 30.0),
        ("30–39", 30.0),
        ("65+", 65.0),
        ("4 years", 4.0),
        ("adult", None),
        ("-3", None),
        ("200", None),
        ("", None),
    ],
)
def test_the_youngest_that_a_cell_says(text: str, years: float | None) -> None:
    assert age_of(text) == years


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990-05-04", date(1990, 5, 4)),
        ("1990-02", date(1990, 2, 28)),
        ("1990", date(1990, 12, 31)),
        ("1990-13", None),
        ("04.05.1990", None),
        ("Leeds", None),
    ],
)
def test_a_part_of_a_date_counts_as_its_last_day(text: str, day: date | None) -> None:
    assert last_day_of(text) == day


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ({}, None),
        ({"age": "34"}, 34.0),
        ({"Age": "31.9; 4; 40"}, 4.0),
        ({"birth_date": "2016-06-01"}, 10.0),
        ({"Born": "2016-06-01", "taken": "2020-06-01"}, 4.0),
        ({"born": "2016-06-01", "taken": "2024-06-01; 2018-06-01"}, 2.0),
        ({"date of birth": "2030-01-01"}, 0.0),
        ({"age": "40", "born": "2016-06-01"}, 10.0),
        ({"aged": "4", "note": "5"}, None),
    ],
)
def test_the_youngest_age_in_the_pictures(said: dict[str, str], age: float | None) -> None:
    assert age_in(said, TODAY) == (None if age is None else pytest.approx(age, abs=0.01))


def test_a_pictures_own_row_says_when_it_was_taken_and_the_subject_when_born() -> None:
    subject = {"born": "2016", "taken": "2019-01-01; 2024-01-01", "age": "3; 8"}
    own = facts_of({"taken": "2024-01-01", "age": "", "pose": "frontal"}, subject)
    assert own == {"born": "2016", "taken": "2024-01-01", "pose": "frontal"}
    assert taken_in(own) == date(2024, 1, 1)
    assert facts_of(None, subject) == subject


def test_the_earliest_review_counts() -> None:
    assert review_by_in({"Review by": "2026-07-01; 2026-03-01"}) == date(2026, 3, 1)
    assert review_by_in({"reviewed_by": "Insp. A"}) is None


def listed(tmp_path: Path, header: str, *rows: str) -> dict[str, tuple[str, float | None]]:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "S1").mkdir(exist_ok=True)
        (tmp_path / "S1" / name).write_bytes(JPEG + name.encode())
    table = tmp_path.parent / "subjects.csv"
    table.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    listing = read_images(tmp_path, table, today=TODAY)
    return {Path(i.uri).name: (i.taken, i.age_y) for i in listing.images}


def test_each_picture_has_its_own_age_and_day(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = ("S1,a.jpg,2019-06-01,,2016-06-01", "S1,b.jpg,,9.5,")
    found = listed(folder, "subject,file,taken,age,born", *rows)
    assert [found[name][0] for name in ("a.jpg", "b.jpg")] == ["2019-06-01", ""]
    assert [found[name][1] for name in ("a.jpg", "b.jpg")] == pytest.approx([3.0, 9.5], abs=0.01)


def test_what_is_said_of_a_subject_counts_for_all_its_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    assert set(listed(folder, "subject,age", "S1,5").values()) == {("", 5.0)}


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("age", "young"),
        ("Birth date", "04.05.1990"),
        ("born", "Leeds"),
        ("taken", "yesterday"),
        ("review_by", "2026"),
        ("review_by", "soon"),
    ],
)
def test_what_cannot_be_understood_is_refused(tmp_path: Path, column: str, cell: str) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    with pytest.raises(UsageError, match=r"subjects\.csv line 2 says .* mend it, or give"):
        listed(folder, f"subject,{column}", f"S1,{cell}")
