from __future__ import annotations

import cv2
import numpy as np

from lfr_batch.faces.evidence import MAX_SIDE_PX, encode_jpeg, evidence_crop

NOISE = np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)
WANTED = np.array([300, 200, 400, 320], np.float32)
NEIGHBOUR = np.array([420, 210, 470, 300], np.float32)


def test_the_face_is_shown_and_its_neighbour_is_not() -> None:
    crop, box = evidence_crop(NOISE, np.stack([WANTED, NEIGHBOUR]), 0)
    assert box.tolist() == [80, 96, 180, 216]
    left, top = 300 - 80, 200 - 96
    shown = crop[200 - top : 320 - top, 300 - left : 400 - left]
    np.testing.assert_array_equal(shown, NOISE[200:320, 300:400])
    hidden = crop[215 - top : 295 - top, 425 - left : 465 - left]
    assert len(np.unique(hidden.reshape(-1, 3), axis=0)) <= 25


def test_a_face_that_overlaps_is_hidden_up_to_the_wanted_one() -> None:
    close = np.array([380, 220, 460, 310], np.float32)
    crop, _ = evidence_crop(NOISE, np.stack([close, WANTED]), 1)
    left, top = 220, 104
    np.testing.assert_array_equal(
        crop[200 - top : 320 - top, 300 - left : 400 - left], NOISE[200:320, 300:400]
    )
    assert (
        len(np.unique(crop[225 - top : 305 - top, 405 - left : 455 - left].reshape(-1, 3), axis=0))
        <= 25
    )


def test_a_large_face_is_made_smaller_and_the_picture_is_left_alone() -> None:
    before = NOISE.copy()
    crop, _ = evidence_crop(NOISE, np.array([[50, 50, 750, 550]], np.float32), 0)
    assert max(crop.shape) == MAX_SIDE_PX
    np.testing.assert_array_equal(NOISE, before)


def test_jpeg_can_be_read_back() -> None:
    crop, _ = evidence_crop(NOISE, WANTED[None], 0)
    picture = cv2.imdecode(np.frombuffer(encode_jpeg(crop), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == crop.shape
