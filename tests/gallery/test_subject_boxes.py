from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.gallery.subject_boxes import take_box
from lfr_batch.gallery.subjects_csv import SubjectRow

TABLE = Path("subjects.csv")
SIDES = {"left": "40", "top": "30", "right": "120", "bottom": "140"}


def row(values: dict[str, str], file: str | None = "a.jpg") -> SubjectRow:
    return SubjectRow(7, "S1", file, values)


@pytest.mark.parametrize(
    "values",
    [
        {"box": "40,30,120,140"},
        {"Box": "40; 30; 120; 140"},
        {"box": "40 30 120.0 140"},
        SIDES,
        {name.upper(): value for name, value in SIDES.items()},
        {**SIDES, "box": ""},
    ],
)
def test_a_box_is_taken_out_of_the_row(values: dict[str, str]) -> None:
    bare, box = take_box(TABLE, row({"sex": "F", **values}))
    assert box == (40.0, 30.0, 120.0, 140.0)
    assert bare == row({"sex": "F"})


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"sex": "F"}, {"sex": "F"}),
        ({"box": ""}, {}),
        (dict.fromkeys(SIDES, ""), {}),
        ({"left": "scar", "right": ""}, {"left": "scar", "right": ""}),
    ],
)
def test_no_box(values: dict[str, str], kept: dict[str, str]) -> None:
    assert take_box(TABLE, row(values, file=None)) == (row(kept, file=None), None)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"box": "40,30,120"}, "has '40,30,120' for a box; write left, top"),
        ({"box": "the left one"}, "has 'the left one'"),
        ({"box": "40,30,40,140"}, "for a box"),
        ({"box": "40,140,120,30"}, "for a box"),
        ({"box": "nan,30,120,140"}, "for a box"),
        ({**SIDES, "top": ""}, "for a box"),
        ({**SIDES, "box": "40,30,120,140"}, "for a box"),
    ],
)
def test_what_is_no_box_is_refused(values: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=rf"subjects\.csv line 7 .*{says}"):
        take_box(TABLE, row(values))


def test_a_box_needs_a_file() -> None:
    with pytest.raises(UsageError, match="line 7 gives a box but no file"):
        take_box(TABLE, row({"box": "1,2,3,4"}, file=None))
