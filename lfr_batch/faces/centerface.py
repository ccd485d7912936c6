"""CenterFace: what its heads mean (Xu et al., "CenterFace", arXiv:1911.03599; stride 4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.faces.boxes import nms
from lfr_batch.models.selection import SELECTIONS
from lfr_batch.records import FaceBatch, FloatArray

CELLS = SELECTIONS["centerface"]
(STRIDE,) = CELLS.strides
NMS_IOU = 0.3


@dataclass(frozen=True, slots=True)
class _Peaks:
    """The cells of a picture that may hold a face, in order. x comes before y in all of them."""

    scores: FloatArray
    """(n,)"""
    cells_xy: FloatArray
    """(n, 2) columns and rows."""
    log_sizes_wh: FloatArray
    """(n, 2)"""
    offsets_xy: FloatArray
    """(n, 2)"""
    points_xy: FloatArray
    """(n, 5, 2)"""


def decode(
    heads: Sequence[FloatArray], min_score: float, nms_iou: float = NMS_IOU
) -> list[FaceBatch]:
    """One FaceBatch per picture, in input pixels, best first.

    ``heads``: heat map (n, 1, h, w), log sizes (n, 2: height, width, h, w), centre offsets
    (n, 2: y, x, h, w) and landmarks (n, 10: five y, x pairs in box sides from its top left).
    """
    pictures = ([head[i] for head in heads] for i in range(len(heads[0])))
    limit_wh = heads[0].shape[3] * STRIDE, heads[0].shape[2] * STRIDE
    return [_faces(_of_heads(each, min_score), limit_wh, nms_iou) for each in pictures]


def decode_best(
    rows: FloatArray,
    input_wh: tuple[int, int],
    min_score: float,
    nms_iou: float = NMS_IOU,
) -> list[FaceBatch]:
    """The same of the best cells alone, as a GPU gives them: see ``models.selection``."""
    return [_faces(_of_rows(each, input_wh, min_score), input_wh, nms_iou) for each in rows]


def _faces(found: _Peaks, limit_wh: tuple[int, int], nms_iou: float) -> FaceBatch:
    if not len(found.scores):
        return FaceBatch.empty()
    limit_xy = np.asarray(limit_wh, np.float32)
    sizes_wh = np.exp(found.log_sizes_wh) * STRIDE
    centres_xy = (found.cells_xy + found.offsets_xy + 0.5) * STRIDE
    corners_xy = np.clip(centres_xy - sizes_wh / 2, 0, limit_xy)
    boxes = np.hstack([corners_xy, np.minimum(corners_xy + sizes_wh, limit_xy)])
    landmarks = found.points_xy * sizes_wh[:, None, :] + corners_xy[:, None, :]
    keep = nms(boxes.astype(np.float32), found.scores, nms_iou)
    return FaceBatch(
        boxes[keep].astype(np.float32), landmarks[keep].astype(np.float32), found.scores[keep]
    )


def _of_heads(heads: Sequence[FloatArray], min_score: float) -> _Peaks:
    heat, log_sizes, offsets, points = heads
    rows, columns = np.nonzero(heat[0] > min_score)
    return _Peaks(
        heat[0, rows, columns],
        np.stack([columns, rows], axis=1).astype(np.float32),
        log_sizes[::-1, rows, columns].T,
        offsets[::-1, rows, columns].T,
        points[:, rows, columns].T.reshape(-1, 5, 2)[..., ::-1],
    )


def _of_rows(rows: FloatArray, input_wh: tuple[int, int], min_score: float) -> _Peaks:
    numbers, values = CELLS.over(rows, min_score, input_wh)
    heat, log_sizes, offsets, points = np.split(values, CELLS.borders, axis=1)
    cells_xy, _ = CELLS.places(numbers, input_wh)
    yx = points.reshape(-1, 5, 2)
    return _Peaks(heat[:, 0], cells_xy, log_sizes[:, ::-1], offsets[:, ::-1], yx[..., ::-1])
