"""YuNet: what its heads mean (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023).

Twelve outputs: class scores, object scores, boxes and landmarks, each at strides 8, 16 and 32, one
row a cell, with the conventions of OpenCV's ``FaceDetectorYN``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.faces.boxes import nms
from lfr_batch.models.selection import SELECTIONS
from lfr_batch.records import FaceBatch, FloatArray

CELLS = SELECTIONS["yunet"]
STRIDES = CELLS.strides
NMS_IOU = 0.3


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The cells of a picture that may hold a face, in order. All else is worked out for these few
    alone."""

    squared: FloatArray
    """(n,) squares of their scores."""
    cells_xy: FloatArray
    """(n, 2) columns and rows."""
    boxes: FloatArray
    """(n, 4)"""
    points: FloatArray
    """(n, 10)"""
    strides: FloatArray
    """(n, 1)"""


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
    pictures = ([head[i] for head in heads] for i in range(len(heads[0])))
    return [_faces(_of_heads(each, input_wh, min_score), input_wh, nms_iou) for each in pictures]


def decode_best(
    rows: FloatArray,
    input_wh: tuple[int, int],
    min_score: float,
    nms_iou: float = NMS_IOU,
) -> list[FaceBatch]:
    """The same of the best cells alone, as a GPU gives them: see ``models.selection``."""
    return [_faces(_of_rows(each, input_wh, min_score), input_wh, nms_iou) for each in rows]


def _faces(found: _Candidates, input_wh: tuple[int, int], nms_iou: float) -> FaceBatch:
    if not len(found.squared):
        return FaceBatch.empty()
    cells_xy, boxes, strides = found.cells_xy, found.boxes, found.strides
    scores = np.sqrt(np.clip(found.squared, 0, 1))
    centres_xy = (cells_xy + boxes[:, :2]) * strides
    half_wh = np.exp(boxes[:, 2:]) * strides / 2
    corners = np.hstack([centres_xy - half_wh, centres_xy + half_wh])
    landmarks = (cells_xy[:, None] + found.points.reshape(-1, 5, 2)) * strides[:, None]
    limits = np.array([*input_wh, *input_wh], np.float32)
    faces = FaceBatch(np.clip(corners, 0, limits), landmarks, scores)
    return faces.take(nms(faces.boxes_xyxy, faces.scores, nms_iou))


def _of_heads(
    heads: Sequence[FloatArray], input_wh: tuple[int, int], min_score: float
) -> _Candidates:
    levels = [
        _of_level([heads[i + 3 * head] for head in range(4)], stride, input_wh, min_score)
        for i, stride in enumerate(STRIDES)
    ]
    return _Candidates(*map(np.concatenate, zip(*levels, strict=True)))


def _of_level(
    heads: Sequence[FloatArray], stride: int, input_wh: tuple[int, int], min_score: float
) -> tuple[FloatArray, ...]:
    classes, objects, boxes, points = heads
    squared = (classes * objects)[:, 0]  # both are probabilities
    cells = np.flatnonzero(squared > min_score**2)
    rows, columns = np.divmod(cells, input_wh[0] // stride)
    cells_xy = np.stack([columns, rows], axis=1).astype(np.float32)
    strides = np.full((len(cells), 1), stride, np.float32)
    return squared[cells], cells_xy, boxes[cells], points[cells], strides


def _of_rows(rows: FloatArray, input_wh: tuple[int, int], min_score: float) -> _Candidates:
    numbers, values = CELLS.over(rows, min_score, input_wh)
    classes, objects, boxes, points = np.split(values, CELLS.borders, axis=1)
    cells_xy, strides = CELLS.places(numbers, input_wh)
    return _Candidates((classes * objects)[:, 0], cells_xy, boxes, points, strides)
