from __future__ import annotations

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.evaluation.groups import (
    NOT_STATED,
    GroupSize,
    age_band,
    chosen_columns,
    hidden_of,
    sizes_of,
)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"a": (50, 200), "b": (40, 90)}, set()),
        # One too small: the next smallest goes, too, or the small one would follow from all.
        ({"a": (50, 200), "b": (40, 90), "c": (3, 9)}, {"b", "c"}),
        ({"a": (50, 200), "b": (9, 90)}, {"a", "b"}),
        ({"a": (50, 200), "b": (40, 29)}, {"a", "b"}),
        # Together they are enough: nothing follows of any of them.
        ({"a": (50, 200), "b": (40, 90), "c": (9, 29), "d": (9, 29)}, {"c", "d"}),
        ({"a": (9, 200)}, {"a"}),
        ({}, set()),
    ],
)
def test_groups_of_too_few_are_hidden_and_do_not_follow_from_the_others(
    sizes: dict[str, tuple[int, int]], hidden: set[str]
) -> None:
    found = [GroupSize(name, people, searches) for name, (people, searches) in sizes.items()]
    assert hidden_of(found) == hidden


@pytest.mark.parametrize(
    ("cell", "band"),
    [
        ("0", "0-5"),
        ("5.9", "0-5"),
        ("6", "6-12"),
        ("17.99", "13-17"),
        ("31.94", "30-44"),
        ("60", "60 and older"),
        ("adult", "adult"),
    ],
)
def test_ages_become_bands(cell: str, band: str) -> None:
    assert age_band(cell) == band


def test_which_columns_are_groups() -> None:
    rows = [
        {"sex": "F" if n % 2 else "M", "Age": str(20 + n), "id": str(n), "mode": "RGB", "eyes": ""}
        for n in range(40)
    ]
    found = chosen_columns(rows, ["sex", "Age", "id", "mode", "eyes"])
    assert found.used == ("sex", "Age")
    assert found.left_out == {
        "id": "it has more than 20 values",
        "mode": "it has one value",
        "eyes": "it has one value",
    }
    asked = chosen_columns(rows, ["sex", "Age", "id"], ["SEX"])
    assert (asked.used, asked.left_out) == (("sex",), {})


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"no column 'race' .* \(there is: sex, Age\); mend --group"
    ):
        chosen_columns([], ["sex", "Age"], ["race"])


def test_sizes_count_people_and_searches() -> None:
    sizes = sizes_of([NOT_STATED, "F", "F", "M"], ["a", "b", "b", "c"])
    assert sizes == [GroupSize("F", 1, 2), GroupSize("M", 1, 1), GroupSize(NOT_STATED, 1, 1)]
