"""One picture looked at in several sizes: which finding to believe where they overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_batch.faces.boxes import areas, intersections
from lfr_batch.records import BoolArray, FaceBatch, FloatArray

COARSER_COSTS = 0.1
"""Detector score that a finding in the next smaller copy has to be better by: the larger copy
places landmarks more exactly, but sees parts of a face that fills the picture as faces."""
MAX_SHARED = 0.5
"""Of two findings that share more than this of the smaller one, one goes."""


def merge(found: Sequence[FaceBatch]) -> FaceBatch:
    """The faces of one picture from those of its copies, largest copy first; best first."""
    faces = together(found)
    copies = np.repeat(np.arange(len(found)), [len(faces) for faces in found])
    order = np.argsort(-(faces.scores - COARSER_COSTS * copies), kind="stable")
    overlapping = shared(faces.boxes_xyxy) > MAX_SHARED
    alive: BoolArray = np.ones(len(faces), bool)
    for position, i in enumerate(order):
        if alive[i]:
            weaker = order[position + 1 :]
            alive[weaker] &= ~overlapping[i, weaker]
    return faces.take(order[alive[order]])


def together(found: Sequence[FaceBatch]) -> FaceBatch:
    return FaceBatch(
        np.concatenate([faces.boxes_xyxy for faces in found]),
        np.concatenate([faces.landmarks_xy for faces in found]),
        np.concatenate([faces.scores for faces in found]),
    )


def shared_with(boxes_xyxy: FloatArray, box_xyxy: FloatArray) -> FloatArray:
    """(n,) share of the smaller of each box and ``box_xyxy`` that lies in the other."""
    return shared(np.vstack([boxes_xyxy, box_xyxy[None]]))[:-1, -1]


def shared(boxes_xyxy: FloatArray) -> FloatArray:
    """(n, n) share of the smaller box of each pair that lies in the other."""
    smaller = np.minimum(areas(boxes_xyxy)[:, None], areas(boxes_xyxy)[None, :])
    return np.asarray(intersections(boxes_xyxy, boxes_xyxy) / np.maximum(smaller, 1e-6))
