from __future__ import annotations

import numpy as np

from lfr_batch.faces.centerface import decode


def heads(scores: dict[tuple[int, int, int], float], pictures: int = 1) -> list[np.ndarray]:
    """Output maps of 16 x 24 cells with a 40 x 20 pixel face (h, w) at each (picture, y, x)."""
    heat = np.zeros((pictures, 1, 16, 24), np.float32)
    sizes = np.zeros((pictures, 2, 16, 24), np.float32)
    sizes[:, 0], sizes[:, 1] = np.log(10), np.log(5)
    offsets = np.full((pictures, 2, 16, 24), 0.25, np.float32)
    points = np.zeros((pictures, 10, 16, 24), np.float32)
    points[:, 0::2], points[:, 1::2] = 0.5, 0.1
    for (picture, y, x), score in scores.items():
        heat[picture, 0, y, x] = score
    return [heat, sizes, offsets, points]


def test_a_peak_becomes_a_box_and_landmarks() -> None:
    (faces,) = decode(heads({(0, 8, 10): 0.9}), 0.5)
    centre_x, centre_y = (10 + 0.75) * 4, (8 + 0.75) * 4
    expected = [centre_x - 10, centre_y - 20, centre_x + 10, centre_y + 20]
    np.testing.assert_allclose(faces.boxes_xyxy, [expected], atol=1e-4)
    # Points are y, x pairs in box sides from its top left corner.
    np.testing.assert_allclose(faces.landmarks_xy[0, 0], [expected[0] + 2, centre_y], atol=1e-4)
    np.testing.assert_allclose(faces.scores, [0.9])


def test_weak_peaks_and_overlaps_go() -> None:
    (faces,) = decode(heads({(0, 8, 10): 0.9, (0, 8, 11): 0.8, (0, 8, 20): 0.4}), 0.5)
    assert len(faces) == 1


def test_pictures_of_a_batch_are_kept_apart() -> None:
    found = decode(heads({(0, 8, 10): 0.9, (2, 5, 4): 0.7}, pictures=3), 0.5)
    assert [len(faces) for faces in found] == [1, 0, 1]


def test_boxes_end_at_the_border() -> None:
    (faces,) = decode(heads({(0, 0, 0): 0.9}), 0.5)
    assert faces.boxes_xyxy.min() >= 0
