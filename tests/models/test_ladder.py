"""Sizes and batches of a GPU's sessions."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.models.ladder import MOST_AT_ONCE, SIZES_WH, USUAL_PX, Ladder, make_ladder

SIDES = st.integers(1, 6000)
SIZES = st.tuples(SIDES, SIDES)


@pytest.mark.parametrize(
    ("wanted", "rung"),
    [
        ((160, 160), (160, 160)),  # the second look
        ((320, 320), (320, 320)),  # the start-up check
        ((1, 161), (320, 320)),
        ((800, 480), (832, 480)),  # 720p by default
        ((1216, 704), (1280, 736)),  # 1080p
        ((416, 320), (640, 480)),  # 640 x 480
        ((480, 832), (480, 832)),  # upright
        ((960, 1280), (1280, 1280)),  # a portrait
        ((480, 640), (640, 640)),
        ((1281, 700), (1600, 1280)),
        ((2400, 1376), (2560, 1600)),
    ],
)
def test_a_picture_goes_to_the_smallest_size_that_holds_it(
    wanted: tuple[int, int], rung: tuple[int, int]
) -> None:
    assert Ladder(8).rung(wanted) == rung


@given(SIZES)
def test_a_rung_holds_the_picture_and_is_its_own_rung(wanted: tuple[int, int]) -> None:
    rung = Ladder(8).rung(wanted)
    assert all(side >= least for side, least in zip(rung, wanted, strict=True))
    assert all(side % 32 == 0 for side in rung)
    assert Ladder(8).rung(rung) == rung


@given(SIZES, SIZES)
def test_a_larger_picture_has_no_lower_rung(one: tuple[int, int], other: tuple[int, int]) -> None:
    both = max(one[0], other[0]), max(one[1], other[1])
    rungs = [Ladder(8).rung(each) for each in (one, other, both)]
    of_one, of_other, of_both = (
        SIZES_WH.index(rung) if rung in SIZES_WH else len(SIZES_WH) + sum(rung) for rung in rungs
    )
    assert of_both >= max(of_one, of_other)


def test_sizes_rise() -> None:
    """So that the first that holds a picture is about the one with the least padding."""
    areas = [math.prod(size) for size in SIZES_WH]
    assert all(after > 0.97 * before for before, after in pairwise(areas))
    assert all(Ladder(8).rung(size) == size for size in SIZES_WH)


@pytest.mark.parametrize(
    ("size", "at_once", "max_batch", "batch"),
    [
        ((832, 480), 8, None, 8),
        ((832, 480), 1, None, 1),
        ((832, 480), 32, None, 32),
        ((160, 160), 8, None, MOST_AT_ONCE),
        ((160, 160), 64, None, 64),
        ((320, 320), 8, None, 32),
        ((640, 480), 8, None, 8),
        ((1280, 736), 8, None, 4),
        ((1280, 1280), 8, None, 2),
        ((2560, 1600), 8, None, 1),
        ((160, 160), 8, 1, 1),
        ((832, 480), 8, 3, 3),
    ],
)
def test_the_larger_the_fewer(
    size: tuple[int, int], at_once: int, max_batch: int | None, batch: int
) -> None:
    assert Ladder(at_once, None, max_batch).batch(size) == batch


@given(SIZES, st.integers(1, 256))
def test_a_batch_has_about_as_many_pixels_as_the_usual(
    wanted: tuple[int, int], at_once: int
) -> None:
    ladder = Ladder(at_once)
    width, height = ladder.rung(wanted)
    batch = ladder.batch((width, height))
    assert 1 <= batch <= max(at_once, MOST_AT_ONCE)
    assert batch == 1 or batch * width * height < 1.5 * at_once * USUAL_PX


@pytest.mark.parametrize(
    ("shape", "max_batch", "ladder"),
    [
        ((None, None, None, 3), None, Ladder(16)),
        ((None, None, None, 3), 1, Ladder(16, None, 1)),
        ((None, 112, 112, 3), None, Ladder(16, (112, 112))),
        ((1, 640, 512, 3), None, Ladder(16, (512, 640), 1)),
        ((4, 640, 512, 3), 2, Ladder(16, (512, 640), 2)),
    ],
)
def test_the_ladder_follows_the_graph(
    shape: tuple[int | None, ...], max_batch: int | None, ladder: Ladder
) -> None:
    assert make_ladder(shape, 16, max_batch) == ladder


def test_a_model_of_one_size_has_one_rung_and_its_own_batch() -> None:
    ladder = Ladder(48, (112, 112), None)
    assert {ladder.rung((w, 7)) for w in (1, 112, 900)} == {(112, 112)} == {ladder.smallest_wh}
    assert ladder.batch((112, 112)) == 48
