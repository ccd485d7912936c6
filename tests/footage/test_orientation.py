"""Pictures are shown as EXIF says, in all eight ways: the corners tell."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.footage.orientation import upright

STORED = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)[:, :, None].repeat(3, axis=2)


@pytest.mark.parametrize(
    ("orientation", "shown"),
    [
        (1, [[1, 2, 3], [4, 5, 6]]),
        (2, [[3, 2, 1], [6, 5, 4]]),
        (3, [[6, 5, 4], [3, 2, 1]]),
        (4, [[4, 5, 6], [1, 2, 3]]),
        (5, [[1, 4], [2, 5], [3, 6]]),
        (6, [[4, 1], [5, 2], [6, 3]]),
        (7, [[6, 3], [5, 2], [4, 1]]),
        (8, [[3, 6], [2, 5], [1, 4]]),
        (0, [[1, 2, 3], [4, 5, 6]]),
        (9, [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_all_eight(orientation: int, shown: list[list[int]]) -> None:
    """EXIF 3.0, tag 274: which side of the picture the first row and the first column are."""
    assert upright(STORED, orientation)[:, :, 0].tolist() == shown
