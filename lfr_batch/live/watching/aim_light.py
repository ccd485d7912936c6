"""What is wrong with a camera's light, for faces. Pure.

Where faces are seen, theirs counts: it is what is compared. The limits are wide, so that nobody's
skin is taken for bad light.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_batch.live.records import Light
from lfr_batch.records import ByteArray, FloatArray

LUMA_WIDE = 320
"""The picture is looked at this wide: a face of 32 pixels in 1920 is five across."""
DARK, BRIGHT = 40.0, 215.0
"""Mean of a picture, 0 to 255. Clips of streets, halls and rooms have 88 to 170, a dark stage 16 to
33."""
FACE_DARK, FACE_BRIGHT = 45.0, 235.0
BEHIND = 60.0
"""By how much what is around a dark face is brighter where it stands against the light."""
BLOWN_OUT, BLACK = 245, 40
BLOWN_OUT_SHARE, BLACK_SHARE = 0.2, 0.3
"""Both at once: where no face is seen, what stands before such light is a black shape."""


def face_luma(luma: ByteArray, box_xyxy: FloatArray, size_wh: tuple[int, int]) -> float | None:
    """Median brightness of the middle of a face. ``luma`` (h, w) is of the whole picture, the box
    in pixels of its full size. None where nothing of it is there."""
    scale = np.tile(np.array(luma.shape[::-1], np.float32) / np.array(size_wh, np.float32), 2)
    left, top, right, bottom = box_xyxy * scale
    inset_x, inset_y = (right - left) / 4, (bottom - top) / 4
    x0, x1 = int(max(left + inset_x, 0)), int(np.ceil(right - inset_x))
    y0, y1 = int(max(top + inset_y, 0)), int(np.ceil(bottom - inset_y))
    middle = luma[y0:y1, x0:x1]
    return float(np.median(middle)) if middle.size else None


def light_of(luma: ByteArray, faces_luma: Sequence[float]) -> Light | None:
    """``faces_luma``: of the faces that were seen lately; none: the picture has to tell."""
    mean = float(luma.mean())
    if faces_luma:
        return _light_of_faces(float(np.median(faces_luma)), mean)
    if mean < DARK:
        return "dark"
    if mean > BRIGHT:
        return "bright"
    blown_out, black = float((luma >= BLOWN_OUT).mean()), float((luma <= BLACK).mean())
    return "against" if blown_out >= BLOWN_OUT_SHARE and black >= BLACK_SHARE else None


def _light_of_faces(face: float, mean: float) -> Light | None:
    if face > FACE_BRIGHT:
        return "bright"
    if face >= FACE_DARK:
        return None
    return "against" if mean - face >= BEHIND else "dark"
