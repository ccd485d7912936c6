"""Which face of a portrait is the person it is of: one, or several to choose from. Pure."""

from __future__ import annotations

import numpy as np

from lfr_batch.faces.boxes import centres, iou, shorter_sides
from lfr_batch.faces.multiscale import shared_with
from lfr_batch.records import BoolArray, FaceBatch, FloatArray

MEANT = 0.5
"""A box means a face with which it shares more than this of the smaller of the two."""


def prominence(faces: FaceBatch, size_wh: tuple[int, int]) -> FloatArray:
    """(n,) side of each face in pixels, less the further it stands from the picture's middle."""
    middle = np.array(size_wh, np.float32) / 2
    away = np.linalg.norm(centres(faces.boxes_xyxy) - middle, axis=1) / np.linalg.norm(middle)
    return np.asarray(shorter_sides(faces.boxes_xyxy) * np.clip(1.0 - away, 0.0, 1.0))


def of_like_size(faces: FaceBatch, size_wh: tuple[int, int], like_size: float) -> list[int]:
    """The most prominent face, then those at least ``like_size`` of its size, in their order.

    One index says whose portrait it is, several leave it open. Where a face stands alone does not
    settle it: of two people side by side either may be the one. ``faces`` holds at least one.
    """
    foremost = int(np.argmax(prominence(faces, size_wh)))
    return _first(foremost, relative_sizes(faces, foremost) >= like_size)


def largest(faces: FaceBatch) -> int:
    """Index of the face with the longest shorter side; ``faces`` holds at least one."""
    return int(np.argmax(shorter_sides(faces.boxes_xyxy)))


def meant_by(
    box_xyxy: tuple[float, float, float, float], faces: FaceBatch, like_size: float
) -> list[int]:
    """The face that overlaps a box drawn by hand most, then those that overlap it about as much.

    Empty where the box means no face. It may be drawn loosely or tightly; overlap is intersection
    over union, and ``like_size`` of the best is about as much.
    """
    if not len(faces):
        return []
    box = np.array(box_xyxy, np.float32)
    meant = shared_with(faces.boxes_xyxy, box) > MEANT
    overlaps = np.where(meant, iou(faces.boxes_xyxy, box[None])[:, 0], 0.0)
    best = int(np.argmax(overlaps))
    return _first(best, meant & (overlaps >= like_size * overlaps[best])) if meant.any() else []


def relative_sizes(faces: FaceBatch, which: int) -> FloatArray:
    """(n,) size of each face as a share of that of face ``which``."""
    sides = shorter_sides(faces.boxes_xyxy)
    return np.asarray(sides / np.maximum(sides[which], 1e-6))


def _first(which: int, taken: BoolArray) -> list[int]:
    return [which, *(int(i) for i in np.flatnonzero(taken) if i != which)]
