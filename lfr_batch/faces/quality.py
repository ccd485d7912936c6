"""Quality: which faces are fit to be compared, and which shots of a track are the best. Pure.

Size, detector confidence, sharpness and pose are the capture-related components of ISO/IEC 29794-5
that can be measured without another model. The gate is a table: a face is refused for the first
reason that holds, and every refusal is counted under its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.boxes import shorter_sides
from lfr_batch.records import BoolArray, ByteArray, FaceBatch, FloatArray

ACCEPTED = ""


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """Measures of n faces, each (n,) float32."""

    face_px: FloatArray
    eye_px: FloatArray
    detection_score: FloatArray
    sharpness: FloatArray
    yaw: FloatArray
    """|nose − eyes' mid-point| along the eye axis, in eye distances."""
    pitch: FloatArray
    """Where the nose stands from the eyes (0) to the mouth (1)."""
    roll_deg: FloatArray
    """|angle of the eye axis|."""


Refusal = Callable[[FaceQuality, QualityConfig], BoolArray]

REFUSALS: dict[str, Refusal] = {
    "small": lambda q, c: (q.face_px < c.min_face_px) | (q.eye_px < c.min_eye_px),
    "unsure": lambda q, c: q.detection_score < c.min_detection_score,
    "turned": lambda q, c: (q.yaw > c.max_yaw) | (q.roll_deg > c.max_roll_deg),
    "tilted": lambda q, c: (q.pitch < c.min_pitch) | (q.pitch > c.max_pitch),
    "blurred": lambda q, c: q.sharpness < c.min_sharpness,
}
"""Reason -> which faces it refuses, in the order in which reasons are given."""


def measure(faces: FaceBatch, sharpness: FloatArray) -> FaceQuality:
    """Measure n faces; ``sharpness`` (n,) is what ``sharpness_of`` says of each."""
    eyes = faces.landmarks_xy[:, 1] - faces.landmarks_xy[:, 0]
    eye_px = np.maximum(np.linalg.norm(eyes, axis=1), 1e-6)
    axis = eyes / eye_px[:, None]
    middle = faces.landmarks_xy[:, :2].mean(axis=1)
    nose = faces.landmarks_xy[:, 2] - middle
    mouth = faces.landmarks_xy[:, 3:].mean(axis=1) - middle
    down = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    mouth_px = np.maximum(np.sum(mouth * down, axis=1), 1e-6)
    return FaceQuality(
        face_px=shorter_sides(faces.boxes_xyxy),
        eye_px=eye_px,
        detection_score=faces.scores,
        sharpness=sharpness,
        yaw=np.abs(np.sum(nose * axis, axis=1)) / eye_px,
        pitch=np.sum(nose * down, axis=1) / mouth_px,
        roll_deg=np.degrees(np.abs(np.arctan2(eyes[:, 1], eyes[:, 0]))).astype(np.float32),
    )


def sharpness_of(aligned_bgr: ByteArray) -> float:
    """Root mean square of the Laplacian over the middle of the grey face (112 × 112 in)."""
    grey = cv2.cvtColor(aligned_bgr[20:104, 20:92], cv2.COLOR_BGR2GRAY)
    return float(np.sqrt(np.mean(cv2.Laplacian(grey, cv2.CV_32F) ** 2)))


def refusal_reasons(quality: FaceQuality, limits: QualityConfig) -> list[str]:
    """For each face the first reason to refuse it, or ``ACCEPTED``."""
    reasons = [ACCEPTED] * len(quality.face_px)
    for name, refuses in reversed(REFUSALS.items()):
        for i in np.flatnonzero(refuses(quality, limits)):
            reasons[i] = name
    return reasons


def overall(quality: FaceQuality) -> FloatArray:
    """(n,) one number in [0, 1] to rank shots by: a product of saturating parts."""
    size = np.clip(quality.eye_px / 40.0, 0.0, 1.0)
    sharp = np.clip(quality.sharpness / 30.0, 0.0, 1.0)
    frontal = np.clip(1.0 - quality.yaw, 0.0, 1.0) * np.clip(
        1.0 - np.abs(quality.pitch - 0.55), 0.0, 1.0
    )
    upright = np.clip(1.0 - quality.roll_deg / 90.0, 0.0, 1.0)
    product = np.sqrt(size) * np.sqrt(sharp) * frontal * upright * quality.detection_score
    return np.asarray(product, np.float32)
