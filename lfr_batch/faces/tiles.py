"""A large picture looked at in overlapping tiles, and whom tiles are believed about."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from lfr_batch.faces.boxes import lies_inside, shorter_sides
from lfr_batch.faces.letterbox import PixelRegion
from lfr_batch.faces.multiscale import MAX_SHARED, merge, shared
from lfr_batch.records import FaceBatch

TALLER = 1.5
"""Height of a face by its width, at most."""
BORDER_PX = 2.0
"""A face this close to a tile's border may be cut by it."""


def tiles(size_wh: tuple[int, int], side_px: int, overlap_px: int) -> list[PixelRegion]:
    """Regions of one size, at most ``side_px`` a side, that cover the picture.

    Neighbours share at least ``overlap_px``, so that what is no larger lies in one of them whole.
    """
    columns, rows = (_spans(side, side_px, overlap_px) for side in size_wh)
    return [(left, top, right, bottom) for (top, bottom), (left, right) in product(rows, columns)]


def _spans(length: int, side_px: int, overlap_px: int) -> list[tuple[int, int]]:
    if length <= side_px:
        return [(0, length)]
    step = max(side_px - overlap_px, side_px // 2)
    count = math.ceil((length - side_px) / step) + 1
    side = min(side_px, math.ceil((length + (count - 1) * overlap_px) / count))
    starts = [round(i * (length - side) / (count - 1)) for i in range(count)]
    return [(start, start + side) for start in starts]


def uncut(faces: FaceBatch, region: PixelRegion, size_wh: tuple[int, int]) -> FaceBatch:
    """The faces of a tile, in the whole picture's pixels, but those its border may have cut."""
    origin = np.array(region[:2], np.float32)
    moved = FaceBatch(
        faces.boxes_xyxy + np.tile(origin, 2), faces.landmarks_xy + origin, faces.scores
    )
    first = [at + BORDER_PX if at > 0 else -np.inf for at in region[:2]]
    pairs = zip(region[2:], size_wh, strict=True)
    last = [at - BORDER_PX if at < side else np.inf for at, side in pairs]
    shown_xyxy = np.array([*first, *last], np.float32)
    return moved.take(np.array([lies_inside(box, shown_xyxy) for box in moved.boxes_xyxy], bool))


def with_small(found: FaceBatch, in_tiles: FaceBatch, large_px: float) -> FaceBatch:
    """The faces ``found`` in the whole picture, and the small ones that tiles show, best first.

    Whoever is ``large_px`` wide is well seen in the whole picture: there tiles add nothing, and
    parts of such a face that look like faces do not count.
    """
    large = found.take(shorter_sides(found.boxes_xyxy) >= large_px)
    both = np.vstack([in_tiles.boxes_xyxy, large.boxes_xyxy])
    n = len(in_tiles)
    part_of_large = (shared(both)[:n, n:] > MAX_SHARED).any(axis=1)
    small = in_tiles.take((shorter_sides(in_tiles.boxes_xyxy) < large_px) & ~part_of_large)
    return merge([small, found])
