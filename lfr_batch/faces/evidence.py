"""The evidence picture: one face for an officer's eyes, everyone else in it made unrecognisable."""

from __future__ import annotations

import cv2
import numpy as np

from lfr_batch.faces.boxes import grow
from lfr_batch.records import ByteArray, FloatArray

MARGIN = 0.8
"""Surroundings kept on every side, in sides of the face's box."""
MAX_SIDE_PX = 480
HIDDEN_CELLS = 4
"""A hidden face is this many flat cells across."""
JPEG_QUALITY = 92


def evidence_crop(
    picture_bgr: ByteArray, boxes_xyxy: FloatArray, which: int
) -> tuple[ByteArray, FloatArray]:
    """The surroundings of face ``which``, every other face hidden, and its box in them.

    The picture is (h, w, 3), at most 480 pixels a side, never enlarged; a copy.
    """
    size_wh = picture_bgr.shape[1], picture_bgr.shape[0]
    left, top, right, bottom = grow(boxes_xyxy[which], MARGIN, size_wh)
    crop = picture_bgr[top:bottom, left:right].copy()
    boxes = boxes_xyxy - np.array([left, top, left, top], np.float32)
    hide_others(crop, boxes[which], np.delete(boxes, which, axis=0))
    small = _shrink(crop)
    return small, boxes[which] * np.float32(small.shape[1] / crop.shape[1])


def hide_others(crop: ByteArray, wanted_xyxy: FloatArray, others_xyxy: FloatArray) -> None:
    """Make the faces at ``others_xyxy`` unrecognisable, in place; the wanted one stays whole."""
    left, top, right, bottom = grow(wanted_xyxy, 0.0, (crop.shape[1], crop.shape[0]))
    shown = crop[top:bottom, left:right].copy()
    for other in others_xyxy:
        _hide(crop, other)
    crop[top:bottom, left:right] = shown


def encode_jpeg(picture_bgr: ByteArray, quality: int = JPEG_QUALITY) -> bytes:
    done, data = cv2.imencode(".jpg", picture_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {picture_bgr.shape} cannot be encoded as JPEG")
    return bytes(data)


def _hide(crop: ByteArray, box_xyxy: FloatArray) -> None:
    left, top, right, bottom = grow(box_xyxy, 0.15, (crop.shape[1], crop.shape[0]))
    if right <= left or bottom <= top:
        return
    cells = cv2.resize(
        crop[top:bottom, left:right], (HIDDEN_CELLS, HIDDEN_CELLS), interpolation=cv2.INTER_AREA
    )
    crop[top:bottom, left:right] = cv2.resize(
        cells, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST
    )


def _shrink(crop: ByteArray) -> ByteArray:
    scale = MAX_SIDE_PX / max(crop.shape[:2])
    if scale >= 1.0:
        return crop
    size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
