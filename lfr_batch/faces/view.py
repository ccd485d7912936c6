"""Cutting a face out of its picture, before the picture is let go. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from lfr_batch.faces.alignment import ARCFACE, Template, align
from lfr_batch.faces.boxes import grow
from lfr_batch.records import ByteArray, FaceBatch, FaceView, FloatArray

MARGIN = 0.8
"""Surroundings kept on every side, in sides of the face's box."""
MAX_SIDE_PX = 480
_NO_EDGE_PX = 1 << 30
FaceInCut = tuple[float, float, float]
"""The middle of the face's box from the cutting's left upper corner, and how far apart its eyes
are, in widths of the cutting."""


class Picture(Protocol):
    """What the stages need of a frame or a still; sizes and pixels are upright."""

    @property
    def size_wh(self) -> tuple[int, int]: ...

    def rgb(self, width: int, height: int) -> ByteArray:
        """(height, width, 3), scaled."""
        ...

    def bgr_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        """(bottom - top, right - left, 3) of the full-size picture; only to be read."""
        ...


def cut_view(picture: Picture, faces: FaceBatch, which: int) -> FaceView:
    """Face ``which`` of the picture's faces with its surroundings; a copy."""
    left, top, right, bottom = grow(faces.boxes_xyxy[which], MARGIN, picture.size_wh)
    cut = picture.bgr_part(left, top, right, bottom)
    scale = min(1.0, MAX_SIDE_PX / max(cut.shape[:2]))
    origin = np.array([left, top], np.float32)
    boxes = (faces.boxes_xyxy - np.tile(origin, 2)) * np.float32(scale)
    return FaceView(
        bgr=_shrunk(cut, scale),
        box_xyxy=boxes[which],
        landmarks_xy=(faces.landmarks_xy[which] - origin) * np.float32(scale),
        others_xyxy=np.delete(boxes, which, axis=0),
        scale=scale,
        origin_xy=(left, top),
    )


def face_in_cut(box_xyxy: Sequence[float], eyes_px: float, width_px: int) -> FaceInCut:
    """Where a face is in its cutting (``cut_view``), however small that was made. ``eyes_px``: how
    far apart its eyes are; ``width_px``: of the picture it was cut out of."""
    box = np.asarray(box_xyxy, np.float32)
    left, top, right, _ = grow(box, MARGIN, (width_px, _NO_EDGE_PX))
    x, y = ((box[:2] + box[2:]) / 2 - (left, top)) / max(right - left, 1)
    return float(x), float(y), float(eyes_px / max(right - left, 1))


def aligned_rgb(
    view: FaceView, landmarks_xy: FloatArray | None = None, template: Template = ARCFACE
) -> ByteArray:
    """(side, side, 3), warped to an embedder's template by its own or better landmarks."""
    points = view.landmarks_xy if landmarks_xy is None else landmarks_xy
    aligned = align(view.bgr, points[None], template)[0]
    return np.asarray(cv2.cvtColor(aligned, cv2.COLOR_BGR2RGB), np.uint8)


def aligned_bgr(view: FaceView) -> ByteArray:
    """(112, 112, 3), warped to the ArcFace template by its own landmarks."""
    return np.asarray(align(view.bgr, view.landmarks_xy[None])[0], np.uint8)


def _shrunk(cut: ByteArray, scale: float) -> ByteArray:
    if scale >= 1.0:
        return cut.copy()
    size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
