from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.alignment import ARCFACE_TEMPLATE_XY
from lfr_batch.faces.quality import (
    FaceQuality,
    measure,
    overall,
    refusal_reasons,
    sharpness_of,
)
from lfr_batch.records import FaceBatch, FloatArray

GOOD = FaceQuality(
    *(np.array([value], np.float32) for value in (100.0, 40.0, 0.9, 20.0, 0.05, 0.55, 2.0))
)


@pytest.mark.parametrize(
    ("measure_name", "value", "reason"),
    [
        ("face_px", 100.0, ""),
        ("face_px", 20.0, "small"),
        ("eye_px", 5.0, "small"),
        ("detection_score", 0.51, "unsure"),
        ("yaw", 1.5, "turned"),
        ("roll_deg", 80.0, "turned"),
        ("pitch", 0.0, "tilted"),
        ("pitch", 1.2, "tilted"),
        ("sharpness", 1.0, "blurred"),
    ],
)
def test_each_fault_has_its_reason(measure_name: str, value: float, reason: str) -> None:
    quality = replace(GOOD, **{measure_name: np.array([value], np.float32)})
    assert refusal_reasons(quality, QualityConfig()) == [reason]


def test_the_first_reason_of_the_table_is_given() -> None:
    quality = replace(
        GOOD, face_px=np.array([5.0], np.float32), sharpness=np.array([0.0], np.float32)
    )
    assert refusal_reasons(quality, QualityConfig()) == ["small"]


def face_at(points_xy: FloatArray, sharp_px: float) -> FaceQuality:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (112, 112, 3), np.uint8)
    aligned = np.asarray(cv2.GaussianBlur(noise, (0, 0), sharp_px), np.uint8)
    box = np.array([[*points_xy.min(0) - 30, *points_xy.max(0) + 30]], np.float32)
    faces = FaceBatch(box, points_xy[None].astype(np.float32), np.array([0.9], np.float32))
    return measure(faces, np.array([sharpness_of(aligned)], np.float32))


def test_the_template_itself_is_frontal_and_upright() -> None:
    quality = face_at(ARCFACE_TEMPLATE_XY, 1.0)
    assert quality.yaw[0] < 0.05
    assert quality.roll_deg[0] < 1
    assert 0.4 < quality.pitch[0] < 0.6


def test_a_turned_head_has_more_yaw_and_a_tilted_one_more_roll() -> None:
    turned = ARCFACE_TEMPLATE_XY.copy()
    turned[2, 0] += 25
    assert face_at(turned, 1.0).yaw[0] > 0.5
    lying = ARCFACE_TEMPLATE_XY[:, ::-1] * (1, -1)
    assert face_at(lying, 1.0).roll_deg[0] == pytest.approx(90, abs=1)


def test_blur_lowers_sharpness_and_rank() -> None:
    sharp, blurred = face_at(ARCFACE_TEMPLATE_XY, 1.0), face_at(ARCFACE_TEMPLATE_XY, 6.0)
    assert sharp.sharpness[0] > 3 * blurred.sharpness[0]
    assert overall(sharp)[0] > overall(blurred)[0]


@pytest.mark.parametrize("name", [field.name for field in fields(FaceQuality)])
def test_rank_is_never_outside_zero_and_one(name: str) -> None:
    for value in (0.0, 1e6):
        rank = overall(replace(GOOD, **{name: np.array([value], np.float32)}))[0]
        assert 0.0 <= rank <= (value if name == "detection_score" else 1.0)
