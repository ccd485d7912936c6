"""Rows: shares, refusals, the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.rows import (
    REFUSED,
    Row,
    as_cells,
    as_json,
    figure_of,
    share_of,
    shown,
    tried,
)
from lfr_batch.errors import DeviceUnavailable


@pytest.mark.parametrize(
    ("figure", "limit", "unit", "share"),
    [
        (70.0, 100.0, "frames/s", 0.7),
        (150.0, 100.0, "× real time", 1.5),
        (4.0, 1.0, "ms", 0.25),
        (2.0, 3.0, "s", 1.5),
        ("refused", 3.0, "s", None),
        (2.0, None, "s", None),
        (0.0, 3.0, "s", None),
    ],
)
def test_of_times_less_is_better_and_of_all_else_more(
    figure: float | str, limit: float | None, unit: str, share: float | None
) -> None:
    assert share_of(figure, limit, unit) == share


def test_what_raises_is_a_row_after_what_it_gave() -> None:
    def measure() -> Iterator[Row]:
        yield Row("first", "", 1.0)
        raise DeviceUnavailable("The card\n is   gone: plug it in.")

    first, second = tried("search", "1 probe", measure)
    assert first.figure == 1.0
    assert (second.what, second.setting, second.figure) == ("search", "1 probe", REFUSED)
    assert second.note == "DeviceUnavailable: The card is gone: plug it in."


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("x"), MemoryError(), OSError(2, "a")])
def test_whatever_it_is_that_raises(error: Exception) -> None:
    def measure() -> Iterator[Row]:
        raise error

    (row,) = tried("anything", "", measure)
    assert row.figure == REFUSED
    assert row.note.startswith(type(error).__name__)


def test_the_last_figure_under_a_name_counts() -> None:
    rows = [Row("a", "x", 1.0), Row("a", "y", 2.0), Row("b", "x", 3.0), Row("a", "x", REFUSED)]
    assert figure_of(rows, "a") == 2.0
    assert figure_of(rows, "a", "x") == 1.0
    assert figure_of(rows, "c") is None


def test_a_row_as_people_and_programs_see_it() -> None:
    row = Row("street", "8 at once", 120.5, "× real time", 150.0, detail={"people": {"P00": 0.8}})
    assert as_cells(row) == ("street", "8 at once", "120 × real time", "150", "0.80", "")
    assert as_json(row) == {
        "what": "street",
        "setting": "8 at once",
        "figure": 120.5,
        "unit": "× real time",
        "limit": 150.0,
        "share": 120.5 / 150,
        "detail": {"people": {"P00": 0.8}},
    }
    assert as_cells(Row("a", "", REFUSED, "ms", note="why"))[2:] == (REFUSED, "", "", "why")


@pytest.mark.parametrize(
    ("figure", "text"),
    [(0.0, "0.00"), (0.00123, "0.00123"), (1.7, "1.70"), (31.04, "31.0"), (138.4, "138"),
     (22600.0, "22,600"), (-2.5, "-2.50")],
)  # fmt: skip
def test_three_digits_are_shown(figure: float, text: str) -> None:
    assert shown(figure) == text
