"""CenterFace: what its heads mean (Xu et al., "CenterFace", arXiv:1911.03599; stride 4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_batch.faces.boxes import nms
from lfr_batch.records import FaceBatch, FloatArray

STRIDE = 4
NMS_IOU = 0.3


def decode(
    heads: Sequence[FloatArray], min_score: float, nms_iou: float = NMS_IOU
) -> list[FaceBatch]:
    """One FaceBatch per picture, in input pixels, best first.

    ``heads``: heat map (n, 1, h, w), log sizes (n, 2: height, width, h, w), centre offsets
    (n, 2: y, x, h, w) and landmarks (n, 10: five y, x pairs in box sides from its top left).
    """
    heat, log_sizes, offsets, points = heads
    limit_xy = np.asarray([heat.shape[3], heat.shape[2]], np.float32) * STRIDE
    return [
        _decode_one(heat[i, 0], log_sizes[i], offsets[i], points[i], limit_xy, min_score, nms_iou)
        for i in range(len(heat))
    ]


def _decode_one(
    heat: FloatArray,
    log_sizes: FloatArray,
    offsets: FloatArray,
    points: FloatArray,
    limit_xy: FloatArray,
    min_score: float,
    nms_iou: float,
) -> FaceBatch:
    rows, columns = np.nonzero(heat > min_score)
    if not len(rows):
        return FaceBatch.empty()
    cells_xy = np.stack([columns, rows], axis=1).astype(np.float32)
    sizes_wh = np.exp(log_sizes[::-1, rows, columns].T) * STRIDE
    centres_xy = (cells_xy + offsets[::-1, rows, columns].T + 0.5) * STRIDE
    corners_xy = np.clip(centres_xy - sizes_wh / 2, 0, limit_xy)
    boxes = np.hstack([corners_xy, np.minimum(corners_xy + sizes_wh, limit_xy)])
    relative_xy = points[:, rows, columns].T.reshape(-1, 5, 2)[..., ::-1]
    landmarks = relative_xy * sizes_wh[:, None, :] + corners_xy[:, None, :]
    scores = heat[rows, columns]
    keep = nms(boxes.astype(np.float32), scores, nms_iou)
    return FaceBatch(
        boxes[keep].astype(np.float32), landmarks[keep].astype(np.float32), scores[keep]
    )
