"""Geometry of boxes. All boxes are (n, 4) float32 ``xyxy`` pixels. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfr_batch.records import FloatArray


def areas(boxes_xyxy: FloatArray, pixel: float = 0.0) -> FloatArray:
    """(n,) areas; ``pixel`` is 1 where a box counts both its border pixels, else 0."""
    sides = np.maximum(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2] + pixel, 0.0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def intersections(a_xyxy: FloatArray, b_xyxy: FloatArray, pixel: float = 0.0) -> FloatArray:
    """(a, b) shared areas."""
    left_top = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    right_bottom = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    sides = np.maximum(right_bottom - left_top + pixel, 0.0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def iou(a_xyxy: FloatArray, b_xyxy: FloatArray, pixel: float = 0.0) -> FloatArray:
    """(a, b) intersection over union; 0 where both boxes are empty."""
    shared = intersections(a_xyxy, b_xyxy, pixel)
    union = areas(a_xyxy, pixel)[:, None] + areas(b_xyxy, pixel)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def nms(
    boxes_xyxy: FloatArray, scores: FloatArray, max_iou: float, pixel: float = 0.0
) -> NDArray[np.int64]:
    """Indices to keep, best score first; a box goes if it overlaps a better one by more.

    Equal scores keep their order, so the result does not depend on the sort's mood.
    """
    order = np.argsort(-scores, kind="stable")
    if len(order) < 2:
        return order
    overlaps = iou(boxes_xyxy[order], boxes_xyxy[order], pixel)
    alive = np.ones(len(order), bool)
    for i in range(len(order)):
        if alive[i]:
            alive[i + 1 :] &= overlaps[i, i + 1 :] <= max_iou
    return order[alive]


def shorter_sides(boxes_xyxy: FloatArray) -> FloatArray:
    return np.asarray((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).min(axis=1, initial=np.inf))


def centres(boxes_xyxy: FloatArray) -> FloatArray:
    """(n, 2)"""
    return np.asarray((boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2)


def grow(
    box_xyxy: FloatArray, margin: float, size_wh: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The box, wider on every side by ``margin`` of its own sides, as whole pixels inside."""
    sides = box_xyxy[2:] - box_xyxy[:2]
    left, top = (int(x) for x in np.floor(box_xyxy[:2] - margin * sides))
    right, bottom = (int(x) for x in np.ceil(box_xyxy[2:] + margin * sides))
    return max(left, 0), max(top, 0), min(right, size_wh[0]), min(bottom, size_wh[1])


def lies_inside(box_xyxy: FloatArray, region_xyxy: FloatArray) -> bool:
    return bool((box_xyxy[:2] >= region_xyxy[:2]).all() and (box_xyxy[2:] <= region_xyxy[2:]).all())
