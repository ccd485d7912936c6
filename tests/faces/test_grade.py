from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.alignment import ARCFACE_TEMPLATE_XY
from lfr_batch.faces.grade import GradedFaces, grade
from lfr_batch.footage.stills import StillFrame
from lfr_batch.records import ByteArray, FaceBatch

LIMITS = QualityConfig()
SHARP = np.random.default_rng(0).integers(0, 255, (400, 600, 3), np.uint8)
BLURRED = np.asarray(cv2.GaussianBlur(SHARP, (0, 0), 12), np.uint8)


class Watched(StillFrame):
    """A still that notes which parts of it were asked for."""

    def __init__(self, bgr: ByteArray) -> None:
        super().__init__(bgr)
        self.parts: list[tuple[int, int, int, int]] = []

    def bgr_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        self.parts.append((left, top, right, bottom))
        return super().bgr_part(left, top, right, bottom)


def face(left: float, side: float, score: float = 0.9, nose_right: float = 0.0) -> FaceBatch:
    landmarks = ARCFACE_TEMPLATE_XY / 112 * side + (left, 100)
    landmarks[2, 0] += nose_right * side
    box = np.array([[left, 100, left + side, 100 + side]], np.float32)
    return FaceBatch(box, landmarks[None].astype(np.float32), np.array([score], np.float32))


def together(*faces: FaceBatch) -> FaceBatch:
    return FaceBatch(
        np.concatenate([f.boxes_xyxy for f in faces]),
        np.concatenate([f.landmarks_xy for f in faces]),
        np.concatenate([f.scores for f in faces]),
    )


def judged(picture: StillFrame, *faces: FaceBatch) -> GradedFaces:
    return grade(picture, together(*faces), LIMITS)


def test_pixels_of_a_face_that_landmarks_refuse_are_never_looked_at() -> None:
    picture = Watched(SHARP)
    graded = judged(picture, face(50, 12), face(120, 90, nose_right=0.6), face(300, 90, score=0.1))
    assert graded.reasons == ("small", "turned", "unsure")
    assert graded.views == (None, None, None)
    assert graded.accepted == []
    assert graded.quality.tolist() == [0, 0, 0]
    assert picture.parts == []


def test_the_others_are_cut_out_once_each() -> None:
    picture = Watched(SHARP)
    graded = judged(picture, face(20, 80), face(150, 10), face(300, 90))
    assert graded.reasons == ("", "small", "")
    assert graded.accepted == [0, 2]
    assert [view is not None for view in graded.views] == [True, False, True]
    assert len(picture.parts) == 2
    assert graded.quality[1] == 0 < min(graded.quality[0], graded.quality[2]) <= 1


def test_a_view_knows_of_faces_that_were_refused() -> None:
    """They are people too: in evidence they are hidden."""
    graded = judged(StillFrame(SHARP), face(100, 80), face(190, 10))
    (view, none) = graded.views
    assert none is None
    assert view is not None
    left, top = view.origin_xy
    np.testing.assert_allclose(
        view.others_xyxy, [[190 - left, 100 - top, 200 - left, 110 - top]], atol=1e-3
    )


def test_blur_is_a_matter_of_pixels() -> None:
    graded = judged(StillFrame(BLURRED), face(100, 80), face(300, 10))
    assert graded.reasons == ("blurred", "small")
    assert graded.accepted == []
    assert graded.views[0] is not None
    sharp = judged(StillFrame(SHARP), face(100, 80))
    assert sharp.reasons == ("",)
    assert sharp.quality[0] > graded.quality[0]


@pytest.mark.parametrize("picture", [SHARP, BLURRED])
def test_no_faces_no_views(picture: ByteArray) -> None:
    watched = Watched(picture)
    graded = grade(watched, FaceBatch.empty(), LIMITS)
    assert (graded.views, graded.reasons, graded.accepted) == ((), (), [])
    assert graded.quality.shape == (0,)
    assert watched.parts == []
