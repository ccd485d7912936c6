from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.faces.alignment import ARCFACE_TEMPLATE_XY, align, similarity_transforms


@given(st.floats(0.2, 20), st.floats(-180, 180), st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_a_turned_and_scaled_template_comes_back(
    scale: float, degrees: float, dx: float, dy: float
) -> None:
    radians = np.radians(degrees)
    turn = scale * np.array(
        [[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]]
    )
    points = ARCFACE_TEMPLATE_XY @ turn.T + (dx, dy)
    (matrix,) = similarity_transforms(points[None].astype(np.float32))
    back = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(back, ARCFACE_TEMPLATE_XY, atol=0.05)


def test_points_that_coincide_give_a_finite_transform() -> None:
    assert np.isfinite(similarity_transforms(np.ones((1, 5, 2), np.float32))).all()


@pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")
def test_alignment_is_insightface_s() -> None:
    pytest.importorskip("skimage")
    from insightface.utils.face_align import norm_crop

    rng = np.random.default_rng(3)
    noise = rng.integers(0, 255, (480, 640, 3), np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    for _ in range(10):
        placed = ARCFACE_TEMPLATE_XY * rng.uniform(0.5, 3) + rng.uniform(20, 150, 2)
        points = np.asarray(placed + rng.normal(0, 4, (5, 2)), np.float32)
        ours, theirs = align(picture, points[None])[0], norm_crop(picture, points)
        assert np.abs(ours.astype(int) - theirs).max() <= 2


def test_outside_the_picture_is_black() -> None:
    picture = np.full((60, 60, 3), 255, np.uint8)
    (face,) = align(picture, ARCFACE_TEMPLATE_XY[None])
    assert face[30, 30].tolist() == [255, 255, 255]
    assert face[100, 100].tolist() == [0, 0, 0]
