from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.faces.subject import find_subject
from lfr_batch.records import FaceBatch


def faces_at(*squares: tuple[float, float, float]) -> FaceBatch:
    """Square faces given by their centre and side."""
    boxes = [(x - s / 2, y - s / 2, x + s / 2, y + s / 2) for x, y, s in squares]
    n = len(boxes)
    return FaceBatch(
        np.array(boxes, np.float32), np.zeros((n, 5, 2), np.float32), np.ones(n, np.float32)
    )


@pytest.mark.parametrize(
    ("squares", "expected"),
    [
        ([(125, 125, 90)], 0),
        ([(30, 40, 60), (125, 120, 90)], 1),
        ([(125, 125, 80), (20, 20, 95)], 0),
        ([(80, 125, 80), (170, 125, 80)], None),
        ([(80, 125, 80), (170, 125, 60)], 0),
    ],
    ids=["alone", "larger", "in the middle", "two alike", "two, one larger"],
)
def test_the_subject_is_the_most_prominent_face(
    squares: list[tuple[float, float, float]], expected: int | None
) -> None:
    assert find_subject(faces_at(*squares), (250, 250)) == expected
