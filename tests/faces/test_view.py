from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.faces.alignment import ARCFACE_TEMPLATE_XY, align
from lfr_batch.faces.view import MAX_SIDE_PX, aligned_rgb, cut_view
from lfr_batch.footage.stills import StillFrame
from lfr_batch.records import FaceBatch, FloatArray
from tests.faces.cuttings import in_picture

NOISE = np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)


def faces_at(*boxes: tuple[float, float, float, float]) -> FaceBatch:
    """Faces whose landmarks lie in their boxes as they do in the aligned picture."""
    corners = np.array(boxes, np.float32)
    sides = (corners[:, 2:] - corners[:, :2])[:, None]
    landmarks = corners[:, None, :2] + sides * ARCFACE_TEMPLATE_XY / 112
    return FaceBatch(corners, landmarks.astype(np.float32), np.ones(len(boxes), np.float32))


@st.composite
def boxes_in_the_picture(draw: st.DrawFn) -> tuple[float, float, float, float]:
    left, top = draw(st.floats(0, 780)), draw(st.floats(0, 580))
    return left, top, draw(st.floats(left + 8, 800)), draw(st.floats(top + 8, 600))


@given(boxes_in_the_picture(), boxes_in_the_picture())
def test_points_of_the_cutting_are_points_of_the_picture(
    box: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> None:
    faces = faces_at(other, box)
    view = cut_view(StillFrame(NOISE), faces, 1)
    assert max(view.bgr.shape) <= MAX_SIDE_PX
    for there, here in (
        (view.landmarks_xy, faces.landmarks_xy[1]),
        (view.box_xyxy.reshape(2, 2), faces.boxes_xyxy[1].reshape(2, 2)),
        (view.others_xyxy.reshape(2, 2), faces.boxes_xyxy[0].reshape(2, 2)),
    ):
        np.testing.assert_allclose(in_picture(view, there), here, atol=0.01)


@given(boxes_in_the_picture())
def test_the_cutting_shows_the_whole_face(box: tuple[float, float, float, float]) -> None:
    view = cut_view(StillFrame(NOISE), faces_at(box), 0)
    height, width = view.bgr.shape[:2]
    assert view.box_xyxy.min() >= -0.01
    assert view.box_xyxy[2] <= width + 1
    assert view.box_xyxy[3] <= height + 1
    assert len(view.others_xyxy) == 0


def test_a_small_face_is_cut_out_as_it_is_with_its_surroundings() -> None:
    faces = faces_at((300, 200, 400, 320), (420, 210, 470, 300))
    view = cut_view(StillFrame(NOISE), faces, 0)
    assert (view.origin_xy, view.scale) == ((220, 104), 1.0)
    np.testing.assert_array_equal(view.bgr, NOISE[104:416, 220:480])
    assert view.box_xyxy.tolist() == [80, 96, 180, 216]
    assert view.others_xyxy.tolist() == [[200, 106, 250, 196]]


def test_the_cutting_outlives_its_picture() -> None:
    picture = NOISE.copy()
    view = cut_view(StillFrame(picture), faces_at((300, 200, 400, 320)), 0)
    assert not np.shares_memory(view.bgr, picture)


def test_alignment_of_the_cutting_is_that_of_the_picture() -> None:
    faces = faces_at((300.5, 200.25, 400, 320))
    view = cut_view(StillFrame(NOISE), faces, 0)
    whole = align(NOISE, faces.landmarks_xy)[0, ..., ::-1]
    assert np.abs(aligned_rgb(view).astype(int) - whole).mean() < 2


def test_better_landmarks_are_used_where_they_are_given() -> None:
    view = cut_view(StillFrame(NOISE), faces_at((300, 200, 400, 320)), 0)
    moved: FloatArray = view.landmarks_xy + np.float32(10)
    elsewhere = align(NOISE, in_picture(view, moved)[None])[0, ..., ::-1]
    np.testing.assert_array_equal(aligned_rgb(view, view.landmarks_xy), aligned_rgb(view))
    assert np.abs(aligned_rgb(view, moved).astype(int) - elsewhere).mean() < 2
    assert np.abs(aligned_rgb(view, moved).astype(int) - aligned_rgb(view)).mean() > 10
