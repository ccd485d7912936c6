"""SCRFD: what its heads mean (Guo et al., arXiv:2105.04714; conventions of insightface 2.1). Pure.

Nine outputs: scores, box distances and landmark distances at strides 8, 16 and 32, two anchors a
cell, distances in strides from the anchor's centre.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_batch.faces.boxes import nms
from lfr_batch.records import FaceBatch, FloatArray

STRIDES = (8, 16, 32)
ANCHORS = 2
NMS_IOU = 0.4
BORDER_PIXEL = 1.0
"""insightface counts both border pixels when it measures overlap."""


def decode(
    heads: Sequence[FloatArray],
    input_wh: tuple[int, int],
    min_score: float,
    nms_iou: float = NMS_IOU,
) -> FaceBatch:
    """The faces of one picture, in input pixels, best first.

    ``heads``: nine arrays of (cells · anchors, 1 | 4 | 10) rows, with or without a leading 1.
    """
    levels = [
        _decode_level([_rows(heads[i + 3 * head]) for head in range(3)], stride, input_wh)
        for i, stride in enumerate(STRIDES)
    ]
    boxes, landmarks, scores = (np.concatenate(parts) for parts in zip(*levels, strict=True))
    wanted = scores >= min_score
    faces = FaceBatch(boxes[wanted], landmarks[wanted], scores[wanted])
    return faces.take(nms(faces.boxes_xyxy, faces.scores, nms_iou, BORDER_PIXEL))


def _rows(head: FloatArray) -> FloatArray:
    return head.reshape(-1, head.shape[-1])


def _decode_level(
    heads: Sequence[FloatArray], stride: int, input_wh: tuple[int, int]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    scores, distances, points = heads
    centres_xy = _anchor_centres(stride, input_wh)
    boxes = np.hstack(
        [centres_xy - distances[:, :2] * stride, centres_xy + distances[:, 2:] * stride]
    )
    landmarks = centres_xy[:, None, :] + points.reshape(-1, 5, 2) * stride
    return boxes, landmarks, scores[:, 0]


def _anchor_centres(stride: int, input_wh: tuple[int, int]) -> FloatArray:
    columns, rows = np.meshgrid(np.arange(input_wh[0] // stride), np.arange(input_wh[1] // stride))
    cells_xy = np.stack([columns, rows], axis=-1).reshape(-1, 2)
    return np.repeat(cells_xy * stride, ANCHORS, axis=0).astype(np.float32)
