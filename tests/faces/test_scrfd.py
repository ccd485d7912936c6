"""What SCRFD's heads mean, one cell at a time."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.faces.scrfd import ANCHORS, STRIDES, decode
from lfr_batch.records import FloatArray

INPUT_WH = (64, 32)
LANDMARKS = np.array([-1, -1, 1, -1, 0, 0, -1, 1, 1, 1], np.float32)
"""In strides from the centre: eyes, nose, corners of the mouth."""


def empty_heads() -> list[FloatArray]:
    """Nine outputs in which there is nobody."""
    rows = [ANCHORS * (INPUT_WH[0] // s) * (INPUT_WH[1] // s) for s in STRIDES]
    return [np.zeros((n, channels), np.float32) for channels in (1, 4, 10) for n in rows]


def put(heads: list[FloatArray], level: int, row: int, score: float, reach: float) -> None:
    """A face that reaches as many strides to each side of its anchor."""
    heads[level][row] = score
    heads[3 + level][row] = reach
    heads[6 + level][row] = LANDMARKS


@pytest.mark.parametrize(
    ("level", "row", "centre_xy"),
    [
        (0, 0, (0, 0)),
        (0, 1, (0, 0)),  # the second anchor of the same cell
        (0, 2, (8, 0)),
        (0, 2 * 8 + 2, (8, 8)),  # eight cells a line
        (1, 2 * (4 + 3), (48, 16)),
        (2, 2, (32, 0)),
    ],
)
def test_where_a_face_is(level: int, row: int, centre_xy: tuple[int, int]) -> None:
    heads, stride = empty_heads(), STRIDES[level]
    put(heads, level, row, 0.9, 2.0)
    found = decode(heads, INPUT_WH, 0.5)
    x, y = centre_xy
    sides = [x - 2 * stride, y - 2 * stride, x + 2 * stride, y + 2 * stride]
    assert found.boxes_xyxy.tolist() == [sides]
    assert found.landmarks_xy[0].tolist() == (LANDMARKS.reshape(5, 2) * stride + (x, y)).tolist()
    assert found.scores.tolist() == pytest.approx([0.9])


def test_best_first_once_each_and_none_below() -> None:
    heads = empty_heads()
    put(heads, 0, 2, 0.6, 1.0)
    put(heads, 0, 3, 0.7, 1.0)  # the same face, by the other anchor
    put(heads, 1, 2 * 3, 0.8, 0.5)
    put(heads, 0, 20, 0.49, 1.0)
    found = decode([head[None] for head in heads], INPUT_WH, 0.5)
    assert found.scores.tolist() == pytest.approx([0.8, 0.7])
    assert len(decode(empty_heads(), INPUT_WH, 0.5)) == 0
