from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.faces.subject import largest, meant_by, of_like_size, relative_sizes
from lfr_batch.records import FaceBatch

Square = tuple[float, float, float]


def faces_at(*squares: Square) -> FaceBatch:
    """Square faces given by their centre and side."""
    boxes = [(x - s / 2, y - s / 2, x + s / 2, y + s / 2) for x, y, s in squares]
    n = len(boxes)
    return FaceBatch(
        np.array(boxes, np.float32).reshape(n, 4),
        np.zeros((n, 5, 2), np.float32),
        np.ones(n, np.float32),
    )


@pytest.mark.parametrize(
    ("squares", "expected"),
    [
        ([(125, 125, 90)], [0]),
        ([(30, 40, 60), (125, 120, 90)], [1]),
        ([(125, 125, 80), (20, 20, 95)], [0, 1]),
        ([(80, 125, 80), (170, 125, 80)], [0, 1]),
        ([(80, 125, 80), (170, 125, 60)], [0, 1]),
        ([(80, 125, 80), (170, 125, 50)], [0]),
        ([(10, 10, 75), (125, 125, 80), (240, 240, 70)], [1, 0, 2]),
        ([(10, 10, 40), (125, 125, 80), (240, 240, 70)], [1, 2]),
    ],
    ids=[
        "alone",
        "larger",
        "in the middle, but smaller",
        "two alike",
        "three quarters",
        "five eighths",
        "beside two",
        "beside one of two",
    ],
)
def test_a_face_of_like_size_leaves_it_open(squares: list[Square], expected: list[int]) -> None:
    assert of_like_size(faces_at(*squares), (250, 250), 0.7) == expected


def test_the_share_is_the_settings() -> None:
    faces = faces_at((80, 125, 80), (170, 125, 60))
    assert of_like_size(faces, (250, 250), 0.76) == [0]
    np.testing.assert_allclose(relative_sizes(faces, 0), [1.0, 0.75])


def test_the_largest_wherever_it_is() -> None:
    assert largest(faces_at((125, 125, 80), (20, 20, 81))) == 1


@pytest.mark.parametrize(
    ("box_xyxy", "expected"),
    [
        ((60, 80, 140, 160), [0]),
        ((40, 40, 160, 240), [0]),
        ((85, 100, 115, 140), [0]),
        ((210, 80, 290, 160), [1]),
        ((40, 40, 310, 240), [0, 1]),
        ((300, 300, 340, 340), []),
        ((140, 80, 200, 160), []),
        ((60, 80, 230, 160), [0]),
    ],
    ids=[
        "tight",
        "loose",
        "within",
        "the second",
        "around both",
        "elsewhere",
        "between",
        "a little of the other",
    ],
)
def test_a_box_means_the_face_it_overlaps_most(box_xyxy: Square, expected: list[int]) -> None:
    faces = faces_at((100, 120, 80), (250, 120, 80))
    assert meant_by(box_xyxy, faces, 0.7) == expected  # type: ignore[arg-type]


def test_a_box_among_no_faces_means_none() -> None:
    assert meant_by((0, 0, 10, 10), faces_at(), 0.7) == []
