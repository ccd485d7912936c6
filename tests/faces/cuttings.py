"""Where what a cutting shows was in its picture."""

from __future__ import annotations

import numpy as np

from lfr_batch.records import FaceView, FloatArray


def in_picture(view: FaceView, points_xy: FloatArray) -> FloatArray:
    """Points of the cutting as points of the picture."""
    return np.asarray(points_xy / np.float32(view.scale) + view.origin_xy, np.float32)
