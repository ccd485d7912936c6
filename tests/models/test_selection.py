"""Rows of cells: how they are counted, ranked, told to be all, and put together."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from lfr_batch.models.manifest import DetectorKind
from lfr_batch.models.selection import (
    DIGITS,
    MOST,
    SELECTIONS,
    Selection,
    digits,
    numbers_of,
    together,
)
from lfr_batch.records import FloatArray
from tests.models.heads import random_heads

YUNET, CENTERFACE = SELECTIONS["yunet"], SELECTIONS["centerface"]


@pytest.mark.parametrize(
    ("kind", "size_wh", "cells", "most"),
    [
        ("yunet", (160, 160), 525, 525),
        ("yunet", (832, 480), 8190, MOST),
        ("yunet", (1280, 1280), 33600, MOST),
        ("centerface", (128, 128), 1024, 1024),
        ("centerface", (160, 160), 1600, MOST),
        ("centerface", (832, 480), 24960, MOST),
    ],
)
def test_how_many_cells_a_picture_has(
    kind: DetectorKind, size_wh: tuple[int, int], cells: int, most: int
) -> None:
    assert (SELECTIONS[kind].cells(size_wh), SELECTIONS[kind].most(size_wh)) == (cells, most)


def test_more_cells_than_can_be_told_apart_are_refused() -> None:
    assert CENTERFACE.cells((8192, 8192)) == 2048**2
    with pytest.raises(ValueError, match=r"4196352 cells, more than 4194304"):
        CENTERFACE.cells((8196, 8192))


def test_numbers_are_exact_in_half_precision() -> None:
    every = digits(2048**2)
    assert np.array_equal(every.astype(np.float16).astype(np.float32), every)
    assert np.array_equal(numbers_of(every), np.arange(2048**2))


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
def test_a_cell_lies_where_full_heads_have_it(selection: Selection) -> None:
    size_wh = (160, 96)
    expected = [
        (column, row, stride)
        for stride in selection.strides
        for row in range(size_wh[1] // stride)
        for column in range(size_wh[0] // stride)
    ]
    cells_xy, strides = selection.places(np.arange(len(expected)), size_wh)
    assert np.array_equal(np.hstack([cells_xy, strides]), np.array(expected, np.float32))
    assert {cells_xy.dtype.name, strides.dtype.name} == {"float32"}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
def test_rows_say_what_the_heads_say(selection: Selection) -> None:
    heads = random_heads(selection, (160, 96), pictures=2)
    rows = selection.all_rows(heads)
    assert rows.shape == (2, selection.cells((160, 96)), selection.columns)
    assert rows.dtype == np.float32
    assert np.array_equal(numbers_of(rows[1]), np.arange(rows.shape[1]))
    levels = len(selection.strides)
    for at, head in enumerate(np.split(rows[..., DIGITS:], selection.borders, axis=2)):
        outputs = heads[at * levels : (at + 1) * levels]
        told = [o if selection.layout == "rows" else np.moveaxis(o, 1, -1) for o in outputs]
        flat = [o.reshape(2, -1, o.shape[-1]) for o in told]
        assert np.array_equal(head, np.concatenate(flat, axis=1))


def rows_of(*ranks: float, factors: int) -> FloatArray:
    """Cells 0, 1, … with these ranks, all of them in the last factor."""
    rows = np.ones((len(ranks), 4), np.float32)
    rows[:, :DIGITS] = digits(len(ranks))
    rows[:, DIGITS + factors - 1] = ranks
    return rows


TEN = (40, 16)
"""Ten cells at a stride of 8."""


@pytest.mark.parametrize(
    ("ranks", "factors", "whole"),
    [
        ((0.9, 0.3), 1, True),
        ((0.9, 0.49), 1, True),
        ((0.9, 0.496), 1, False),  # half precision could not tell
        ((0.9, 0.6), 1, False),
        ((0.9, 0.6) * 5, 1, True),  # all there are
        ((0.9, 0.3), 2, False),  # a score is the root of two factors
        ((0.9, 0.24), 2, True),
    ],
)
def test_rows_are_whole_if_the_last_is_below(
    ranks: tuple[float, ...], factors: int, whole: bool
) -> None:
    selection = Selection((8,), (1, 1), factors, "rows")
    rows = rows_of(*ranks, factors=factors)
    for order in (rows, rows[::-1], np.vstack([rows, np.full((3, 4), np.nan, np.float32)])):
        assert selection.is_whole(order, 0.5, TEN) is whole
    assert prod(TEN) // 8**2 == selection.cells(TEN)


def test_what_may_be_missing_is_never_passed_over() -> None:
    selection = Selection((8,), (1, 1), 1, "rows")
    with pytest.raises(ValueError, match=r"more than 0\.5 may have been left out"):
        selection.over(rows_of(0.9, 0.6, factors=1), 0.5, TEN)
    with pytest.raises(ValueError, match="more than 0 may"):
        selection.over(rows_of(0.9, 0.6, factors=1), 0, TEN)


def test_those_over_the_score_come_in_their_order() -> None:
    selection = Selection((8,), (1, 1), 1, "rows")
    rows = rows_of(0.5, 0.7, 0.1, 0.9, 0.7, factors=1)
    numbers, values = selection.over(rows[[3, 1, 4, 0, 2]], 0.5, TEN)
    assert numbers.tolist() == [1, 3, 4]
    np.testing.assert_array_equal(values[:, 0], np.array([0.7, 0.9, 0.7], np.float32))


def test_pictures_of_unequal_length_are_filled_up_with_what_is_no_cell() -> None:
    short, long = rows_of(0.9, 0.2, factors=1)[None], rows_of(*[0.8] * 10, factors=1)[None]
    both = together([short, long])
    assert both.shape == (2, 10, 4)
    selection = Selection((8,), (1, 1), 1, "rows")
    assert selection.over(both[0], 0.5, TEN)[0].tolist() == [0]
    assert selection.over(both[1], 0.5, TEN)[0].tolist() == list(range(10))
    np.testing.assert_array_equal(together([short, short])[1], short[0])
