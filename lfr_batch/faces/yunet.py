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
        _decode_level([heads[i + 3 * head] for head in range(4)], stride, input_wh, min_score)
        for i, stride in enumerate(STRIDES)
    ]
    boxes, landmarks, scores = (
        np.concatenate(parts).astype(np.float32) for parts in zip(*levels, strict=True)
    )
    corners = np.clip(boxes, 0, np.tile(np.asarray(input_wh, np.float32), 2))
    faces = FaceBatch(corners, landmarks, scores)
    return faces.take(nms(faces.boxes_xyxy, faces.scores, nms_iou))


def _decode_level(
    heads: Sequence[FloatArray], stride: int, input_wh: tuple[int, int], min_score: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    classes, objects, boxes, points = heads
    cells = np.flatnonzero(classes * objects > min_score**2)  # both are probabilities
    certain = np.sqrt(np.clip(classes[cells, 0] * objects[cells, 0], 0, 1))
    rows, columns = np.divmod(cells, input_wh[0] // stride)
    cells_xy = np.stack([columns, rows], axis=1).astype(np.float32)
    centres_xy = (cells_xy + boxes[cells, :2]) * stride
    half_wh = np.exp(boxes[cells, 2:]) * stride / 2
    landmarks = (cells_xy[:, None] + points[cells].reshape(-1, 5, 2)) * stride
    return np.hstack([centres_xy - half_wh, centres_xy + half_wh]), landmarks, certain
