from __future__ import annotations

import pytest

from benchmarks.gpu.agreement import compare, found_before
from benchmarks.rows import Row


def test_the_same_people_with_nearly_the_same_scores() -> None:
    same, gap = compare("street", {"P0": 0.8, "P1": 0.5}, {"P0": 0.803, "P1": 0.499})
    assert (same.figure, same.limit, same.share, same.note) == (2.0, 2.0, 1.0, "")
    assert gap.figure == pytest.approx(0.003)
    assert gap.note.startswith("P0: 0.8000, the processor 0.8030")


def test_who_is_missed_and_who_is_found_besides_is_named() -> None:
    same, gap = compare("street", {"P0": 0.8, "P7": 0.5}, {"P0": 0.8, "P1": 0.5, "P2": 0.6})
    assert (same.figure, same.limit) == (1.0, 4.0)
    assert same.note == "missed: P1, P2; found besides: P7"
    assert gap.figure == 0.0


def test_nobody_in_common() -> None:
    (same,) = compare("wall", {}, {"P0": 0.8})
    assert (same.figure, same.limit, same.note) == (0.0, 1.0, "missed: P0")


def test_a_scan_s_people_are_those_of_its_first_copy() -> None:
    people = {"001": {"P0": 0.7}, "000": {"P0": 0.8}}
    known = [Row("wall", "", 1.0), Row("street", "", 9.0, detail={"people": people})]
    assert found_before(known, "street") == {"P0": 0.8}
    assert found_before(known, "wall") is None
    assert found_before([Row("street", "", 1.0, detail={"people": {"000": {}}})], "street") == {}
