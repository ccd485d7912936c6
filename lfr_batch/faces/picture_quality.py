"""Quality of an enrolled picture in components of ISO/IEC 29794-5, from its pixels and five
landmarks alone. Pure.

What a component is, in which unit, how it maps to 0 … 100 and from where a picture is worth a
second look stands in ``quality_components``. Regions follow BSI's OFIQ, the standard's open
implementation, as far as five landmarks tell them: the face is an ellipse where OFIQ has the hull
of 98 landmarks, and the chin is put below the mouth by the usual proportion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_batch.faces.alignment import ALIGNED_PX, similarity_transforms
from lfr_batch.faces.quality import measure
from lfr_batch.faces.subject import relative_sizes
from lfr_batch.records import ByteArray, FaceBatch, FaceView, FloatArray

FINE = 4
"""A face is looked at this many times as large as the embedder has it."""
FINE_PX = ALIGNED_PX * FINE
FACE_CENTRE_XY, FACE_AXES_XY = (56.0, 71.0), (34.0, 43.0)
"""Of the ellipse, in the aligned face."""
EYES_XY = ((38.3, 51.7), (73.5, 51.5))
EYE_PX, EYE_MOUTH_PX = 35.2, 40.7
ZONE = 0.3
"""Side of a cheek's zone, in eye distances."""
CHIN = 1.7
"""Eyes to chin, in eyes to mouth."""
NOSE = 0.5
"""How far the nose stands out, in eye distances: fitted to custody pictures of known yaw."""
NOSE_OF_MOUTH = 0.56
"""Where the nose stands from the eyes to the mouth in a face that looks straight ahead."""
DARK_MOST, LIGHT_LEAST = 25, 247
"""Luminances, with themselves, that count as under- and as over-exposed."""
RED, YELLOW = (5.0, 25.0), (5.0, 35.0)
"""CIELAB a* and b* of natural skin."""
LEAST_TURNED = 0.2
"""Cosine of the yaw from which on a face's eye distance is no better known."""
UNNATURAL = 100.0
"""Said where skin is green or blue."""


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """Raw values; the table of components says their units."""

    sharpness: float
    illumination_uniformity: float
    luminance_mean: float
    luminance_variance: float
    luminance_skew: float
    under_exposure: float
    over_exposure: float
    dynamic_range: float
    unnatural_colour: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    eye_distance_px: float
    head_size: float
    margin_left: float
    margin_right: float
    margin_above: float
    margin_below: float
    other_faces: float
    largest_other: float


def picture_quality(
    view: FaceView,
    faces: FaceBatch,
    which: int,
    size_wh: tuple[int, int],
    sharpness: float,
) -> PictureQuality:
    """Of face ``which`` of a picture's ``faces``, cut out as ``view``; ``sharpness`` is the
    gate's."""
    fine = _fine(view)
    grey = np.asarray(cv2.cvtColor(fine, cv2.COLOR_BGR2GRAY), np.uint8)
    shares = np.bincount(grey[_face_mask()], minlength=256) / _face_mask().sum()
    levels = np.arange(256) / 255.0
    mean = float(shares @ levels)
    variance = float(shares @ (levels - mean) ** 2)
    yaw, pitch, roll = pose_deg(faces.landmarks_xy[which])
    eye_px = float(measure(faces.take(np.array([which])), np.zeros(1, np.float32)).eye_px[0])
    return PictureQuality(
        sharpness=sharpness,
        illumination_uniformity=_uniformity(grey),
        luminance_mean=mean,
        luminance_variance=variance,
        luminance_skew=_skew(shares, levels, mean, variance),
        under_exposure=float(shares[: DARK_MOST + 1].sum()),
        over_exposure=float(shares[LIGHT_LEAST:].sum()),
        dynamic_range=_entropy_bits(shares),
        unnatural_colour=_unnatural(fine),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        eye_distance_px=eye_px / _turned(yaw),
        **_framing(faces.landmarks_xy[which], eye_px, size_wh),
        other_faces=float(len(faces) - 1),
        largest_other=_largest_other(faces, which),
    )


def picture_width_px(measured: PictureQuality) -> int | None:
    """How wide the picture is that this was measured of; None where that does not follow."""
    tilted = abs(float(np.cos(np.radians(measured.roll_deg))))
    eye_px = measured.eye_distance_px * _turned(measured.yaw_deg)
    width = eye_px * (measured.margin_left + tilted + measured.margin_right)
    return round(width) if np.isfinite(width) and width >= 1 else None


def eyes_apart_px(landmarks_xy: FloatArray) -> float:
    """How far apart the eyes of (5, 2) landmarks would be if the head were not turned."""
    yaw, _, _ = pose_deg(landmarks_xy)
    return float(np.hypot(*(landmarks_xy[1] - landmarks_xy[0]))) / _turned(yaw)


def _turned(yaw_deg: float) -> float:
    return max(float(np.cos(np.radians(yaw_deg))), LEAST_TURNED)


def pose_deg(landmarks_xy: FloatArray) -> tuple[float, float, float]:
    """Yaw, pitch and roll of (5, 2) landmarks, in degrees and approximate: of a nose that stands
    out by a usual share. Yaw is positive where the nose points to the picture's right, pitch where
    it points down, roll where the head is tilted clockwise."""
    right, left, nose = (np.asarray(point, np.float64) for point in landmarks_xy[:3])
    axis = left - right
    eye_px = max(float(np.hypot(*axis)), 1e-6)
    along = axis / eye_px
    down = np.array([-along[1], along[0]])
    middle = (right + left) / 2
    mouth_px = max(float((landmarks_xy[3:].mean(axis=0) - middle) @ down), 1e-6)
    yaw = np.degrees(np.arctan(((nose - middle) @ along) / eye_px / NOSE))
    rise = (nose - middle) @ down / mouth_px - NOSE_OF_MOUTH
    pitch = np.degrees(np.arctan(rise / NOSE * EYE_MOUTH_PX / EYE_PX))
    roll = np.degrees(np.arctan2(axis[1], axis[0]))
    return float(yaw), float(pitch), float(roll)


def _fine(view: FaceView) -> ByteArray:
    """The face as the embedder has it, but larger; beyond the picture its edge goes on."""
    matrix = similarity_transforms(view.landmarks_xy[None])[0] * np.float32(FINE)
    warped = cv2.warpAffine(view.bgr, matrix, (FINE_PX, FINE_PX), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


@cache
def _face_mask() -> np.ndarray:
    """(FINE_PX, FINE_PX) bool."""
    y, x = np.mgrid[:FINE_PX, :FINE_PX] / FINE
    (centre_x, centre_y), (half_x, half_y) = FACE_CENTRE_XY, FACE_AXES_XY
    inside: np.ndarray = ((x - centre_x) / half_x) ** 2 + ((y - centre_y) / half_y) ** 2 <= 1.0
    return inside


def _cheeks(fine: ByteArray) -> tuple[ByteArray, ByteArray]:
    """The zones of the standard: below the outer half of each eye, half-way to the mouth."""
    side = int(ZONE * EYE_PX * FINE)
    (right_x, right_y), (left_x, left_y) = EYES_XY
    top = int((min(right_y, left_y) + EYE_MOUTH_PX / 2) * FINE)
    begin, rows = int(right_x * FINE) - side, slice(top, top + side)
    return fine[rows, begin : begin + side], fine[rows, int(left_x * FINE) :][:, :side]


def _uniformity(grey: ByteArray) -> float:
    """What the histograms of the two cheeks have in common, 0 to 1."""
    right, left = (np.bincount(zone.ravel(), minlength=256) / zone.size for zone in _cheeks(grey))
    return float(np.minimum(right, left).sum())


def _skew(shares: NDArray[Any], levels: NDArray[Any], mean: float, variance: float) -> float:
    return float(shares @ (levels - mean) ** 3) / float(max(variance, 1e-9) ** 1.5)


def _entropy_bits(shares: NDArray[Any]) -> float:
    there = shares[shares > 0]
    return float(-(there @ np.log2(there)))


def _unnatural(fine: ByteArray) -> float:
    """Distance of the cheeks' mean a*, b* from those of skin."""
    both = np.concatenate(_cheeks(fine), axis=1)
    lab = cv2.cvtColor(both.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    a, b = (float(value) for value in lab[..., 1:].mean(axis=(0, 1)).round(3))
    if a < 0 or b < 0:
        return UNNATURAL
    return float(np.hypot(_outside(a, RED), _outside(b, YELLOW)))


def _outside(value: float, limits: tuple[float, float]) -> float:
    return max(limits[0] - value, value - limits[1], 0.0)


def _framing(landmarks_xy: FloatArray, eye_px: float, size_wh: tuple[int, int]) -> dict[str, float]:
    width, height = size_wh
    middle = landmarks_xy[:2].mean(axis=0)
    chin_px = CHIN * max(float(np.linalg.norm(landmarks_xy[3:].mean(axis=0) - middle)), 1e-6)
    eyes_x = landmarks_xy[:2, 0]
    return {
        "head_size": chin_px / height,
        "margin_left": float(eyes_x.min()) / eye_px,
        "margin_right": (width - float(eyes_x.max())) / eye_px,
        "margin_above": float(middle[1]) / chin_px,
        "margin_below": (height - float(middle[1])) / chin_px,
    }


def _largest_other(faces: FaceBatch, which: int) -> float:
    """Side of the largest other face, in sides of this one; 1 at most."""
    others = np.delete(relative_sizes(faces, which), which)
    return min(float(others.max()), 1.0) if len(others) else 0.0
