"""Which face of a portrait is the person it is of."""

from __future__ import annotations

import numpy as np

from lfr_batch.faces.boxes import centres, shorter_sides
from lfr_batch.records import FaceBatch, FloatArray

AMBIGUOUS = 0.9
"""A second face this prominent beside the first leaves open whose portrait it is."""


def prominence(faces: FaceBatch, size_wh: tuple[int, int]) -> FloatArray:
    """(n,) side of each face in pixels, less the further it stands from the picture's middle."""
    middle = np.array(size_wh, np.float32) / 2
    away = np.linalg.norm(centres(faces.boxes_xyxy) - middle, axis=1) / np.linalg.norm(middle)
    return np.asarray(shorter_sides(faces.boxes_xyxy) * np.clip(1.0 - away, 0.0, 1.0))


def find_subject(faces: FaceBatch, size_wh: tuple[int, int]) -> int | None:
    """Index of the most prominent face; None where two are about equally prominent.

    ``faces`` holds at least one.
    """
    values = prominence(faces, size_wh)
    order = np.argsort(-values, kind="stable")
    if len(order) > 1 and values[order[1]] >= AMBIGUOUS * values[order[0]]:
        return None
    return int(order[0])
