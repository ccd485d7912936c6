"""Association: which face of this look is which face of the last one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_batch.config.schema import TrackConfig
from lfr_batch.faces.boxes import centres, iou, shorter_sides
from lfr_batch.records import NS_PER_S, FloatArray, Track

MAX_SCALE_CHANGE = 2.0
FRESH_NS = NS_PER_S // 2
SAME_PLACE_IOU = 0.5
SEEN_ONCE_REACH = 1.7
"""A runner with an 80 px face at 630 px/s and five looks a second."""


def prepare() -> None:
    """Import now what faces close to each other need: it takes a third of a second."""
    import scipy.optimize  # noqa: F401, PLC0415 - not every command associates


def affinity(
    a_xyxy: FloatArray, b_xyxy: FloatArray, limits: TrackConfig, reach: float = 1.0
) -> FloatArray:
    """(a, b): 1 + IoU where boxes overlap enough, (0, 1] where they only stand close, else 0.

    A face may move by more than its own width between two looks, so boxes of similar size whose
    centres are within ``reach`` × ``max_centre_shift`` sides of each other remain a possible pair.
    """
    overlap = iou(a_xyxy, b_xyxy)
    sides_a, sides_b = shorter_sides(a_xyxy)[:, None], shorter_sides(b_xyxy)[None, :]
    larger = np.maximum(np.maximum(sides_a, sides_b), 1e-6)
    smaller = np.minimum(sides_a, sides_b)
    apart = np.linalg.norm(centres(a_xyxy)[:, None] - centres(b_xyxy)[None, :], axis=2)
    farthest = reach * limits.max_centre_shift * larger
    nearness = np.clip(1.0 - apart / farthest, 0.0, 1.0)
    same_size = larger <= MAX_SCALE_CHANGE * smaller
    near = np.where(same_size, nearness, 0.0)
    return np.asarray(np.where(overlap >= limits.min_iou, 1.0 + overlap, near), np.float32)


def expected(track: Track, pts_ns: int) -> FloatArray:
    """(4,) where the track's face should be by now if it moves on as it did."""
    if track.velocity_px_s is None:
        return track.last_box_xyxy
    moved = np.array(track.velocity_px_s, np.float32) * np.float32((pts_ns - track.end_ns) / 1e9)
    return np.asarray(track.last_box_xyxy + np.tile(moved, 2), np.float32)


def is_fresh(track: Track, pts_ns: int, looked_ns: int | None) -> bool:
    """Whether it was seen in the last look, or just now."""
    return track.end_ns == looked_ns or pts_ns - track.end_ns <= FRESH_NS


def associate(
    tracks: Sequence[Track],
    faces_xyxy: FloatArray,
    pts_ns: int,
    limits: TrackConfig,
    looked_ns: int | None = None,
) -> list[tuple[int, int]]:
    """Pairs (track, face), one to one, with the greatest total affinity.

    A track may stand where it stood or have moved on; of one that was seen once, nobody knows
    which way it goes, so its face is looked for farther away. One that was not seen for a while is
    taken up again by a face in its very place alone: who comes close to it is the next in a queue.
    ``looked_ns`` is when the last look was.
    """
    if not tracks or not len(faces_xyxy):
        return []
    gain = _near(tracks, faces_xyxy, pts_ns, limits)
    fresh = np.array([is_fresh(track, pts_ns, looked_ns) for track in tracks])
    if not fresh.all():
        gain = np.where(fresh[:, None], gain, _in_its_place(tracks, faces_xyxy))
    possible = gain > 0
    if (possible.sum(axis=0) <= 1).all() and (possible.sum(axis=1) <= 1).all():
        return [(int(r), int(c)) for r, c in np.argwhere(possible)]
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - see prepare

    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0]


def _in_its_place(tracks: Sequence[Track], faces_xyxy: FloatArray) -> FloatArray:
    overlap = iou(np.stack([track.last_box_xyxy for track in tracks]), faces_xyxy)
    return np.where(overlap >= SAME_PLACE_IOU, 1.0 + overlap, np.float32(0.0))


def _near(
    tracks: Sequence[Track], faces_xyxy: FloatArray, pts_ns: int, limits: TrackConfig
) -> FloatArray:
    n = len(tracks)
    stood = np.stack([track.last_box_xyxy for track in tracks])
    moved = np.stack([expected(track, pts_ns) for track in tracks])
    both = affinity(np.concatenate([stood, moved]), faces_xyxy, limits)
    near = np.maximum(both[:n], both[n:])
    known = np.array([track.velocity_px_s is not None for track in tracks])
    if known.all():
        return near
    return np.where(known[:, None], near, affinity(stood, faces_xyxy, limits, SEEN_ONCE_REACH))
