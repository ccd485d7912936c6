from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.faces.tiles import BORDER_PX, tiles, uncut, with_small
from lfr_batch.records import FaceBatch

REGION = (100, 0, 200, 80)
"""Of a picture of 200 x 160: inside it end the left and the lower border."""

Box = tuple[float, float, float, float]


def faces(*found: tuple[Box, float]) -> FaceBatch:
    n = len(found)
    boxes = np.array([box for box, _ in found], np.float32).reshape(n, 4)
    scores = np.array([score for _, score in found], np.float32)
    return FaceBatch(boxes, np.zeros((n, 5, 2), np.float32), scores)


def boxes_of(batch: FaceBatch) -> set[Box]:
    return {(a, b, c, d) for a, b, c, d in batch.boxes_xyxy.tolist()}


@given(
    width=st.integers(1, 20_000),
    height=st.integers(1, 20_000),
    overlap_px=st.integers(0, 400),
    at=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_whatever_is_no_larger_than_the_overlap_lies_in_one_tile_whole(
    width: int, height: int, overlap_px: int, at: tuple[float, float]
) -> None:
    regions = tiles((width, height), 1706, overlap_px)
    sizes = {(right - left, bottom - top) for left, top, right, bottom in regions}
    assert len(sizes) == 1
    assert max(*sizes.pop()) <= 1706
    side = min(overlap_px, width, height)
    x, y = round(at[0] * (width - side)), round(at[1] * (height - side))
    assert any(
        left <= x and top <= y and x + side <= right and y + side <= bottom
        for left, top, right, bottom in regions
    )
    assert all(min(r) >= 0 and r[2] <= width and r[3] <= height for r in regions)


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        ((10, 10, 30, 40), True),
        ((0, 10, 30, 40), False),
        ((BORDER_PX, 10, 30, 40), True),
        ((70, 0, 100, 30), True),
        ((10, 50, 30, 80), False),
    ],
    ids=["inside", "cut on the left", "just not cut", "at the picture's own borders", "cut below"],
)
def test_faces_that_a_tile_may_have_cut_are_dropped(box: Box, kept: bool) -> None:
    moved = uncut(faces((box, 0.9)), REGION, (200, 160))
    left, top, right, bottom = box
    assert boxes_of(moved) == ({(left + 100, top, right + 100, bottom)} if kept else set())


LARGE = (0.0, 0.0, 200.0, 200.0)
SMALL = (500.0, 0.0, 540.0, 50.0)
SMALL_AGAIN = (502.0, 1.0, 541.0, 51.0)
PART = (60.0, 60.0, 100.0, 110.0)


@pytest.mark.parametrize(
    ("found", "in_tiles", "expected"),
    [
        ([(LARGE, 0.6)], [(SMALL, 0.6)], {LARGE, SMALL}),
        ([(LARGE, 0.6)], [(PART, 0.99)], {LARGE}),
        ([], [(LARGE, 0.9)], set()),
        ([(SMALL, 0.7)], [(SMALL_AGAIN, 0.65)], {SMALL_AGAIN}),
        ([(SMALL, 0.8)], [(SMALL_AGAIN, 0.65)], {SMALL}),
        ([], [(SMALL, 0.7), (SMALL_AGAIN, 0.8)], {SMALL_AGAIN}),
        ([(LARGE, 0.6)], [], {LARGE}),
        ([], [], set()),
    ],
    ids=[
        "another, small face",
        "part of a large face",
        "large faces are not the tiles' matter",
        "the tile places it more exactly",
        "much better in the whole picture",
        "two tiles, one face",
        "nothing in tiles",
        "nothing at all",
    ],
)
def test_whom_tiles_are_believed_about(
    found: list[tuple[Box, float]], in_tiles: list[tuple[Box, float]], expected: set[Box]
) -> None:
    assert boxes_of(with_small(faces(*found), faces(*in_tiles), large_px=100)) == expected
