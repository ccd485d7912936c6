"""A still that shows where a camera points, and nobody's face. Pure.

Every face that was found, in this picture or in those of the last moment, is made of a few flat
cells, with much around it. A face may be missed: so the whole picture is small and soft, too.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from lfr_batch.faces.boxes import grow
from lfr_batch.faces.evidence import HIDDEN_CELLS, encode_jpeg
from lfr_batch.records import ByteArray, FloatArray

LONG_SIDE_PX = 640
SOFT_PX = 3.0
"""Standard deviation of the blur, pixels of the still. Of 150 faces 24 pixels wide that were so
blurred not one reached a score of 0.45 with a picture of the same person, and 3 in 100 were nearer
to it than to those of 149 others; of faces of 32 pixels 13 in 100 (docs/decisions/093)."""
MARGIN = 0.5
"""Hidden around a face, in sides of its box: it moves between two looks."""
JPEG_QUALITIES = (75, 60, 45, 30)
MOST_BYTES = 200_000


def preview_wh(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Of a picture of this size; a small one stays as large as it is."""
    width, height = size_wh
    scale = min(1.0, LONG_SIDE_PX / max(size_wh))
    return max(1, round(width * scale)), max(1, round(height * scale))


def preview(small_bgr: ByteArray, size_wh: tuple[int, int], boxes_xyxy: FloatArray) -> bytes:
    """JPEG of at most MOST_BYTES. ``small_bgr`` is in ``preview_wh`` of ``size_wh``, in whose
    pixels the boxes (n, 4) are."""
    height, width = small_bgr.shape[:2]
    scale = np.tile(np.array([width, height], np.float32) / np.array(size_wh, np.float32), 2)
    shown = np.asarray(cv2.GaussianBlur(small_bgr, (0, 0), SOFT_PX), np.uint8)
    for box in _largest_first(np.asarray(boxes_xyxy * scale, np.float32)):
        _flatten(shown, box)
    return _bounded(shown)


def _largest_first(boxes_xyxy: FloatArray) -> Iterable[FloatArray]:
    return sorted(boxes_xyxy, key=lambda box: -float(np.prod(box[2:] - box[:2])))


def _flatten(picture: ByteArray, box_xyxy: FloatArray) -> None:
    left, top, right, bottom = grow(box_xyxy, MARGIN, (picture.shape[1], picture.shape[0]))
    if right <= left or bottom <= top:
        return
    cells = min(HIDDEN_CELLS, right - left), min(HIDDEN_CELLS, bottom - top)
    flat = cv2.resize(picture[top:bottom, left:right], cells, interpolation=cv2.INTER_AREA)
    wh = right - left, bottom - top
    picture[top:bottom, left:right] = cv2.resize(flat, wh, interpolation=cv2.INTER_NEAREST)


def _bounded(picture: ByteArray) -> bytes:
    for quality in JPEG_QUALITIES:
        data = encode_jpeg(picture, quality)
        if len(data) <= MOST_BYTES:
            break
    return data
