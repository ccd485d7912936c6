from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.faces.letterbox import fit, fit_square, stack
from lfr_batch.records import FaceBatch

sizes = st.tuples(st.integers(16, 4096), st.integers(16, 4096))


@given(sizes, st.integers(128, 2048))
def test_the_input_holds_the_content_and_suits_the_detector(
    size: tuple[int, int], long_side: int
) -> None:
    box = fit(size, long_side)
    assert all(side % 32 == 0 for side in box.input_wh)
    assert all(0 <= i - c < 32 for i, c in zip(box.input_wh, box.content_wh, strict=True))
    assert max(box.content_wh) == min(max(size), long_side)


@given(sizes)
def test_a_square_input_holds_the_whole_picture(size: tuple[int, int]) -> None:
    box = fit_square(size, 640)
    assert max(box.content_wh) <= 640
    assert min(640 - side for side in box.content_wh) == 0


@given(sizes)
def test_faces_go_back_to_picture_pixels(size: tuple[int, int]) -> None:
    box = fit(size, 640)
    corner = np.array([*box.content_wh, *box.content_wh], np.float32)
    faces = FaceBatch(corner[None], np.tile(corner[:2], (1, 5, 1)), np.ones(1, np.float32))
    back = box.to_picture(faces)
    np.testing.assert_allclose(back.boxes_xyxy[0], [*size, *size], rtol=1e-4)
    np.testing.assert_allclose(back.landmarks_xy[0, 0], size, rtol=1e-4)


def test_stacked_pictures_stand_at_the_top_left() -> None:
    batch = stack([np.full((40, 60, 3), 200, np.uint8)], (64, 64))
    assert batch.shape == (1, 64, 64, 3)
    assert batch[0, :40, :60].min() == 200
    assert batch[0, 40:].max() == 0
    assert batch[0, :, 60:].max() == 0
