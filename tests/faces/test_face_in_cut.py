"""Where a face is in its cutting follows from its box and the picture's width, and that from what
was measured of the picture."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config
from lfr_batch.faces.picture_quality import PictureQuality, eyes_apart_px, picture_width_px
from lfr_batch.faces.stages import EnrolStages, detect_in_still
from lfr_batch.faces.view import cut_view, face_in_cut
from lfr_batch.footage.stills import StillFrame
from lfr_batch.records import ByteArray
from tests.faces.test_picture_quality import Change, portrait, quality_of, stages, tilted
from tests.faces.test_view import faces_at

__all__ = ["portrait", "stages"]


@pytest.mark.parametrize("size_wh", [(640, 360), (200, 240), (1600, 2000)])
@pytest.mark.parametrize(
    "box", [(60.0, 50.0, 120.0, 130.0), (2.0, 3.0, 80.0, 99.0), (110.0, 130.0, 198.0, 238.0)]
)
def test_it_is_where_the_cutting_has_it(box: tuple[float, ...], size_wh: tuple[int, int]) -> None:
    scale = size_wh[0] / 200
    box_xyxy = np.array(box, np.float32) * np.float32(min(scale, size_wh[1] / 240))
    faces = faces_at(tuple(map(float, box_xyxy)))  # type: ignore[arg-type]
    view = cut_view(StillFrame(np.zeros((size_wh[1], size_wh[0], 3), np.uint8)), faces, 0)
    x, y, eyes = face_in_cut(box_xyxy.tolist(), 20.0, size_wh[0])
    width = view.bgr.shape[1]
    middle = (view.box_xyxy[:2] + view.box_xyxy[2:]) / 2 / width
    assert (x, y) == pytest.approx(tuple(middle), abs=0.01)
    assert eyes == pytest.approx(20.0 * view.scale / width, abs=0.01)


def wide(picture: ByteArray) -> ByteArray:
    return np.asarray(cv2.copyMakeBorder(picture, 10, 0, 300, 40, cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("change", [None, wide, tilted])
def test_the_width_of_a_picture_follows_from_what_was_measured(
    change: Change | None, stages: EnrolStages, portrait: ByteArray
) -> None:
    picture = portrait if change is None else change(portrait)
    measured = quality_of(picture, stages)
    stored = {k: float(np.float32(v)) for k, v in asdict(measured).items()}
    assert picture_width_px(PictureQuality(**stored)) == picture.shape[1]
    still = StillFrame(picture)
    faces = detect_in_still(stages.exact_detector, still, Config().detect.still_long_sides_px)
    assert eyes_apart_px(faces.landmarks_xy[0]) == pytest.approx(measured.eye_distance_px)


def test_of_what_was_not_measured_no_width_follows(
    stages: EnrolStages, portrait: ByteArray
) -> None:
    measured = quality_of(portrait, stages)
    assert picture_width_px(replace(measured, eye_distance_px=math.nan)) is None
