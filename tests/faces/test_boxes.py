from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lfr_batch.faces.boxes import areas, grow, iou, lies_inside, nms
from lfr_batch.records import FloatArray

corners = arrays(np.float32, (8, 4), elements=st.floats(0, 100, width=32))


def ordered(raw: FloatArray) -> FloatArray:
    low, high = np.minimum(raw[:, :2], raw[:, 2:]), np.maximum(raw[:, :2], raw[:, 2:])
    return np.hstack([low, high + 1])


@given(corners, corners)
def test_iou_is_symmetric_and_between_zero_and_one(a: FloatArray, b: FloatArray) -> None:
    overlap = iou(ordered(a), ordered(b))
    assert np.all((overlap >= 0) & (overlap <= 1 + 1e-6))
    np.testing.assert_allclose(overlap, iou(ordered(b), ordered(a)).T)


@given(corners)
def test_a_box_overlaps_itself_wholly(raw: FloatArray) -> None:
    np.testing.assert_allclose(np.diag(iou(ordered(raw), ordered(raw))), 1.0, rtol=1e-5)


@given(corners, arrays(np.float32, 8, elements=st.floats(0, 1, width=32)))
def test_nms_keeps_the_best_of_every_crowd(raw: FloatArray, scores: FloatArray) -> None:
    boxes = ordered(raw)
    kept = nms(boxes, scores, 0.4)
    overlap = iou(boxes, boxes)
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    for i in range(8):
        rivals = [k for k in kept if k != i and overlap[k, i] > 0.4]
        if i in kept:
            assert not rivals
        else:
            assert any(scores[k] >= scores[i] for k in rivals)


def test_nms_of_nothing_is_nothing() -> None:
    assert len(nms(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.4)) == 0


@pytest.mark.parametrize(
    ("box", "margin", "expected"),
    [
        ((10, 10, 30, 50), 0.0, (10, 10, 30, 50)),
        ((10, 10, 30, 50), 0.5, (0, 0, 40, 70)),
        ((90, 70, 99, 79), 1.0, (81, 61, 100, 80)),
    ],
)
def test_grow_stays_inside(box: tuple[int, ...], margin: float, expected: tuple[int, ...]) -> None:
    assert grow(np.array(box, np.float32), margin, (100, 80)) == expected


def test_an_inverted_box_has_no_area() -> None:
    assert areas(np.array([[10, 10, 5, 20]], np.float32)).tolist() == [0.0]


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        ((10, 10, 30, 50), True),
        ((0, 0, 100, 80), True),
        ((-1, 10, 30, 50), False),
        ((10, 10, 101, 50), False),
        ((10, 10, 30, 81), False),
        ((200, 10, 230, 50), False),
    ],
)
def test_a_box_lies_inside_with_all_its_sides(box: tuple[int, ...], inside: bool) -> None:
    region = np.array((0, 0, 100, 80), np.float32)
    assert lies_inside(np.array(box, np.float32), region) is inside
