from __future__ import annotations

import cv2
import numpy as np

from lfr_batch.faces.evidence import FURTHER_PX, encode_jpeg, evidence, further_picture
from lfr_batch.faces.view import MAX_SIDE_PX, cut_view
from lfr_batch.footage.stills import StillFrame
from lfr_batch.records import ByteArray, FaceBatch, FaceView, FloatArray

NOISE = np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)
WANTED = np.array([300, 200, 400, 320], np.float32)
NEIGHBOUR = np.array([420, 210, 470, 300], np.float32)


def view_of(boxes_xyxy: FloatArray, which: int) -> FaceView:
    n = len(boxes_xyxy)
    faces = FaceBatch(boxes_xyxy, np.zeros((n, 5, 2), np.float32), np.ones(n, np.float32))
    return cut_view(StillFrame(NOISE), faces, which)


def colours(part: ByteArray) -> int:
    return len(np.unique(part.reshape(-1, 3), axis=0))


def test_the_face_is_shown_and_its_neighbour_is_not() -> None:
    view = view_of(np.stack([WANTED, NEIGHBOUR]), 0)
    crop = evidence(view)
    assert view.box_xyxy.tolist() == [80, 96, 180, 216]
    left, top = 300 - 80, 200 - 96
    shown = crop[200 - top : 320 - top, 300 - left : 400 - left]
    np.testing.assert_array_equal(shown, NOISE[200:320, 300:400])
    assert colours(crop[215 - top : 295 - top, 425 - left : 465 - left]) <= 25


def test_a_face_that_overlaps_is_hidden_up_to_the_wanted_one() -> None:
    close = np.array([380, 220, 460, 310], np.float32)
    crop = evidence(view_of(np.stack([close, WANTED]), 1))
    left, top = 220, 104
    np.testing.assert_array_equal(
        crop[200 - top : 320 - top, 300 - left : 400 - left], NOISE[200:320, 300:400]
    )
    assert colours(crop[225 - top : 305 - top, 405 - left : 455 - left]) <= 25


def test_a_face_that_was_found_in_the_cutting_only_is_hidden_as_well() -> None:
    view = view_of(np.stack([WANTED, NEIGHBOUR]), 0)
    missed = np.array([[10, 120, 60, 190]], np.float32)
    crop = evidence(view, missed)
    assert colours(crop[125:185, 15:55]) <= 25
    assert colours(crop[215 - 104 : 295 - 104, 425 - 220 : 465 - 220]) <= 25
    np.testing.assert_array_equal(crop[96:216, 80:180], NOISE[200:320, 300:400])


def test_faces_beyond_the_cutting_change_nothing() -> None:
    far = np.array([[0, 0, 60, 70], [700, 500, 790, 590]], np.float32)
    alone, among = view_of(WANTED[None], 0), view_of(np.stack([far[0], WANTED, far[1]]), 1)
    np.testing.assert_array_equal(evidence(alone), evidence(among))


def test_a_large_face_is_made_smaller_and_the_picture_is_left_alone() -> None:
    before = NOISE.copy()
    view = view_of(np.array([[50, 50, 750, 550], [10, 10, 90, 90]], np.float32), 0)
    cutting = view.bgr.copy()
    assert max(evidence(view).shape) == MAX_SIDE_PX
    np.testing.assert_array_equal(NOISE, before)
    np.testing.assert_array_equal(view.bgr, cutting)


def test_neighbours_are_hidden_in_a_cutting_that_was_made_smaller() -> None:
    view = view_of(np.array([[200, 100, 600, 500], [620, 150, 780, 400]], np.float32), 0)
    assert view.scale < 1
    left, top, right, bottom = (round(float(x)) for x in view.others_xyxy[0])
    assert colours(evidence(view)[top:bottom, left:right]) <= 25


def test_jpeg_can_be_read_back() -> None:
    crop = evidence(view_of(WANTED[None], 0))
    picture = cv2.imdecode(np.frombuffer(encode_jpeg(crop), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == crop.shape


def test_a_further_picture_is_small_and_never_enlarged() -> None:
    sizes = {}
    for height, width in ((480, 240), (90, 120)):
        shown = cv2.imdecode(
            np.frombuffer(further_picture(NOISE[:height, :width]), np.uint8), cv2.IMREAD_COLOR
        )
        assert shown is not None
        sizes[height, width] = shown.shape[:2]
    assert sizes == {(480, 240): (FURTHER_PX, FURTHER_PX // 2), (90, 120): (90, 120)}
