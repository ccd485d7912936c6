"""YuNet: what its heads mean (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023).

Twelve outputs: class scores, object scores, boxes and landmarks, each at strides 8, 16 and 32, one
row a cell, with the conventions of OpenCV's ``FaceDetectorYN``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_batch.faces.boxes import nms
from lfr_batch.records import FaceBatch, FloatArray

STRIDES = (8, 16, 32)
NMS_IOU = 0.3


def decode(
    heads: Sequence[FloatArray],
    input_wh: tuple[int, int],
    min_score: float,
    nms_iou: float = NMS_IOU,
) -> list[FaceBatch]:
    """One FaceBatch per picture, in input pixels, best first.

    ``heads``: (n, cells, 1 | 1 | 4 | 10). Boxes are offsets of the centre from the cell's top left
    in strides and log sizes in strides; landmarks are offsets in strides.
    """
    return [
        _decode_one([head[i] for head in heads], input_wh, min_score, nms_iou)
        for i in range(len(heads[0]))
    ]


def _decode_one(
    heads: Sequence[FloatArray], input_wh: tuple[int, int], min_score: float, nms_iou: float
) -> FaceBatch:
    levels = [
        _candidates([heads[i + 3 * head] for head in range(4)], stride, input_wh, min_score)
        for i, stride in enumerate(STRIDES)
    ]
    certain, cells_xy, boxes, points, strides = map(np.concatenate, zip(*levels, strict=True))
    if not len(certain):
        return FaceBatch.empty()
    scores = np.sqrt(np.clip(certain, 0, 1))
    centres_xy = (cells_xy + boxes[:, :2]) * strides
    half_wh = np.exp(boxes[:, 2:]) * strides / 2
    corners = np.hstack([centres_xy - half_wh, centres_xy + half_wh])
    landmarks = (cells_xy[:, None] + points.reshape(-1, 5, 2)) * strides[:, None]
    limits = np.array([*input_wh, *input_wh], np.float32)
    faces = FaceBatch(np.clip(corners, 0, limits), landmarks, scores)
    return faces.take(nms(faces.boxes_xyxy, faces.scores, nms_iou))


def _candidates(
    heads: Sequence[FloatArray], stride: int, input_wh: tuple[int, int], min_score: float
) -> tuple[FloatArray, ...]:
    """Of the cells that may hold a face: squared score (n,), place (n, 2), box (n, 4), landmarks
    (n, 10) and stride (n, 1). All else is worked out for these few alone."""
    classes, objects, boxes, points = heads
    squared = (classes * objects)[:, 0]  # both are probabilities
    cells = np.flatnonzero(squared > min_score**2)
    rows, columns = np.divmod(cells, input_wh[0] // stride)
    cells_xy = np.stack([columns, rows], axis=1).astype(np.float32)
    strides = np.full((len(cells), 1), stride, np.float32)
    return squared[cells], cells_xy, boxes[cells], points[cells], strides
