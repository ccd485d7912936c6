"""Association: which face of this look is which face of the last one."""

from __future__ import annotations

import numpy as np

from lfr_batch.config.schema import TrackConfig
from lfr_batch.faces.boxes import centres, iou, shorter_sides
from lfr_batch.records import FloatArray

MAX_SCALE_CHANGE = 2.0


def affinity(a_xyxy: FloatArray, b_xyxy: FloatArray, limits: TrackConfig) -> FloatArray:
    """(a, b): 1 + IoU where boxes overlap enough, (0, 1] where they only stand close, else 0.

    A face may move by more than its own width between two looks, so boxes of similar size whose
    centres are within ``max_centre_shift`` sides of each other remain a possible pair.
    """
    overlap = iou(a_xyxy, b_xyxy)
    sides_a, sides_b = shorter_sides(a_xyxy)[:, None], shorter_sides(b_xyxy)[None, :]
    larger = np.maximum(np.maximum(sides_a, sides_b), 1e-6)
    smaller = np.minimum(sides_a, sides_b)
    apart = np.linalg.norm(centres(a_xyxy)[:, None] - centres(b_xyxy)[None, :], axis=2)
    nearness = np.clip(1.0 - apart / (limits.max_centre_shift * larger), 0.0, 1.0)
    same_size = larger <= MAX_SCALE_CHANGE * smaller
    near = np.where(same_size, nearness, 0.0)
    return np.asarray(np.where(overlap >= limits.min_iou, 1.0 + overlap, near), np.float32)


def associate(
    tracks_xyxy: FloatArray, faces_xyxy: FloatArray, limits: TrackConfig
) -> list[tuple[int, int]]:
    """Pairs (track, face), one to one, with the greatest total affinity."""
    if not len(tracks_xyxy) or not len(faces_xyxy):
        return []
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - a second to import

    gain = affinity(tracks_xyxy, faces_xyxy, limits)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0]
