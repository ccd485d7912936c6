from __future__ import annotations

import csv
import io

import pytest

from lfr_batch.results.csv_text import csv_text
from tests.names import NAMES, NO_FORMULA


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", [*NAMES, "\t=1", "\r=1", "\n=1", "－1", "a\r=1", "a\r\n"])
def test_no_text_is_computed_and_every_text_is_there(name: str) -> None:
    ((cell, after),) = read(csv_text([[name, "after"]]))
    assert cell[:1] not in NO_FORMULA
    assert cell == (f"'{name}" if name[0] in NO_FORMULA else name)
    assert after == "after"


def test_numbers_stay_numbers() -> None:
    assert csv_text([["n", "x"], [-1, -0.5], [None, ""]]) == "n,x\n-1,-0.5\n,\n"
