"""The evidence picture: one face for an officer's eyes, everyone else in it made unrecognisable.
Pure.
"""

from __future__ import annotations

import cv2
import numpy as np

from lfr_batch.faces.boxes import grow
from lfr_batch.records import ByteArray, FaceView, FloatArray

HIDDEN_CELLS = 4
"""A hidden face is this many flat cells across."""
JPEG_QUALITY = 92
THUMBNAIL_PX, THUMBNAIL_QUALITY = 112, 80
FURTHER_PX, FURTHER_QUALITY = 400, 85


def evidence(view: FaceView, missed_xyxy: FloatArray | None = None) -> ByteArray:
    """The face with its surroundings, every other face made unrecognisable.

    ``missed_xyxy`` are further faces, found only in the cutting.
    """
    crop = view.bgr.copy()
    hide_others(crop, view.box_xyxy, view.others_xyxy)
    if missed_xyxy is not None:
        hide_others(crop, view.box_xyxy, missed_xyxy)
    return crop


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


def thumbnail(picture_bgr: ByteArray) -> bytes:
    """A small JPEG, at most THUMBNAIL_PX on its longer side, for lists."""
    return encode_jpeg(_within(picture_bgr, THUMBNAIL_PX), THUMBNAIL_QUALITY)


def further_picture(picture_bgr: ByteArray) -> bytes:
    """A JPEG of at most FURTHER_PX on its longer side, to be looked at beside the best one."""
    return encode_jpeg(_within(picture_bgr, FURTHER_PX), FURTHER_QUALITY)


def _within(picture_bgr: ByteArray, side_px: int) -> ByteArray:
    height, width = picture_bgr.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return picture_bgr
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(picture_bgr, size, interpolation=cv2.INTER_AREA), np.uint8)


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
