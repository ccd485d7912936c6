from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.parameters import checked, parameter


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("run_id=20260131-104502-scan-3f2a", ("run_id", "20260131-104502-scan-3f2a")),
        ("$RUN=x", ("RUN", "x")),
        ("case=OP 1=2 ", ("case", "OP 1=2 ")),
        ("1=x", ("1", "x")),
        ("empty=", ("empty", "")),
    ],
)
def test_a_value_is_text(said: str, found: tuple[str, str]) -> None:
    assert parameter(said) == found


@pytest.mark.parametrize("said", ["top", "$top"])
def test_a_name_without_a_value_is_told_so(said: str) -> None:
    with pytest.raises(QueryError, match="top has no value: write top=VALUE"):
        parameter(said)


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({"top": "1"}, {"top": 1}),
        ({"top": 2147483647}, {"top": 2147483647}),
        ({"minutes": "0"}, {"minutes": 0.0}),
        ({"minutes": 0.5, "case_ref": "12"}, {"minutes": 0.5, "case_ref": "12"}),
        ({"top": None}, {"top": None}),
    ],
)
def test_numbers_are_numbers(given: dict[str, Any], numbers: dict[str, Any]) -> None:
    assert checked(given) == numbers


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("top", "abc", "top is a whole number from 1, not 'abc'"),
        ("top", "", "top is a whole number from 1, not ''"),
        ("top", "1.5", "top is a whole number from 1, not '1.5'"),
        ("top", "0", "top is a whole number from 1, not '0'"),
        ("top", -3, "top is a whole number from 1, not '-3'"),
        ("top", "2147483648", "top is a whole number from 1, not '2147483648'"),
        ("minutes", "-1", "minutes is a number from 0, not '-1'"),
        ("minutes", "nan", "minutes is a number from 0, not 'nan'"),
        ("minutes", "inf", "minutes is a number from 0, not 'inf'"),
        ("minutes", "x", "minutes is a number from 0, not 'x'"),
    ],
)
def test_numbers_that_are_none_are_refused_by_name(name: str, value: Any, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        checked({name: value})


@pytest.mark.parametrize("said", ["=x", "a b=c", ""])
def test_anything_else_is_refused(said: str) -> None:
    with pytest.raises(QueryError, match="is no parameter: write NAME=VALUE"):
        parameter(said)
