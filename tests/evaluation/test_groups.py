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
    people = [f"p{n}" for n in range(40)]
    found = chosen_columns(rows, people, ["sex", "Age", "id", "mode", "eyes"])
    assert found.used == ("sex", "Age")
    assert found.left_out == {
        "id": "it has more than 20 values",
        "mode": "it has one value",
        "eyes": "it has one value",
    }
    asked = chosen_columns(rows, people, ["sex", "Age", "id"], ["SEX"])
    assert (asked.used, asked.left_out) == (("sex",), {})


@pytest.mark.parametrize(
    ("column", "people", "values", "why"),
    [
        ("name", 15, 15, "it says who somebody is (--group 'name' takes it all the same)"),
        ("Birth date", 40, 4, "it says who somebody is (--group 'Birth date' takes it"),
        ("taken", 40, 3, "it says who somebody is (--group 'taken' takes it all the same)"),
        ("who", 15, 15, "it has 15 values for 15 people, which would tell people apart (--group"),
        ("team", 15, 8, "it has 8 values for 15 people, which would tell people apart (--group"),
        ("team", 16, 8, ""),
    ],
)
def test_a_column_that_tells_people_apart_is_no_group_unless_it_is_asked_for(
    column: str, people: int, values: int, why: str
) -> None:
    """Of each person two pictures; of a few more the table says nothing."""
    whose = [f"p{n}" for n in range(people) for _ in range(2)]
    rows = [{column: f"v{int(person[1:]) % values}"} for person in whose]
    rows, whose = [*rows, *[{column: ""}] * 30], [*whose, *(f"q{n}" for n in range(30))]
    found = chosen_columns(rows, whose, [column])
    assert found.left_out.get(column, "").startswith(why)
    assert found.used == (() if why else (column,))
    assert chosen_columns(rows, whose, [column], [column]).used == (column,)


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"no column 'race' .* \(there is: sex, Age\); mend --group"
    ):
        chosen_columns([], [], ["sex", "Age"], ["race"])


def test_sizes_count_people_and_searches() -> None:
    sizes = sizes_of([NOT_STATED, "F", "F", "M"], ["a", "b", "b", "c"])
    assert sizes == [GroupSize("F", 1, 2), GroupSize("M", 1, 1), GroupSize(NOT_STATED, 1, 1)]
