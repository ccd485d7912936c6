"""Recorders that write several cameras into one stream, another at every picture or two. Pure.

Each camera is followed by itself: its pictures are known by their likeness to its last one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lfr_batch.records import ByteArray

MOST_VIEWS = 36
"""The largest recorders multiplex 32 cameras."""
SWITCHES = 0.3
"""Of the steps from picture to picture, the share that must change the camera."""
EACH_SEEN = 2
"""Times that a camera must come back, on the whole, before cuts are taken for a rota."""
SAME_PLACE = 0.75
"""Least correlation of two pictures of one camera; somebody who walks past leaves more."""
FLAT = 2.0
"""Standard deviation of luma below which there is nothing to compare."""
PLAIN_STEPS = 3
"""Steps without a change of camera that show that a stream is of one."""


@dataclass(frozen=True, slots=True)
class Views:
    """The last picture of each camera, as tiny luma pictures."""

    last: tuple[ByteArray, ...] = ()


def assign(views: Views, cells: ByteArray) -> tuple[int, Views]:
    """Which camera the picture is of, a new one where it is like no last one, and what is known
    after it."""
    likeness = [_likeness(last, cells) for last in views.last]
    if len(likeness) < MOST_VIEWS and max(likeness, default=0.0) < SAME_PLACE:
        return len(views.last), Views((*views.last, cells))
    nearest = int(np.argmax(likeness))
    before, after = views.last[:nearest], views.last[nearest + 1 :]
    return nearest, Views((*before, cells, *after))


def count_views(pictures: Iterable[ByteArray]) -> int:
    """How many cameras a stream's first pictures are of; 1 unless they come back in turn.

    ``pictures`` are consecutive, and no more of them are taken than the answer needs.
    """
    views = Views()
    order: list[int] = []
    for cells in pictures:
        view, views = assign(views, cells)
        order.append(view)
        if len(order) > PLAIN_STEPS and len(views.last) == 1:
            return 1
    steps = len(order) - 1
    switches = sum(a != b for a, b in pairwise(order))
    rota = steps > 0 and switches >= SWITCHES * steps and len(order) >= EACH_SEEN * len(views.last)
    return len(views.last) if rota else 1


def _likeness(a: ByteArray, b: ByteArray) -> float:
    """Correlation of two luma pictures, place by place: brightness and contrast do not matter.

    0 of two of different sizes: a stream may change its size at any picture.
    """
    if a.shape != b.shape:
        return 0.0
    varied = [picture.astype(np.float32) - picture.mean() for picture in (a, b)]
    spread = [float(np.sqrt((picture**2).mean())) for picture in varied]
    if min(spread) < FLAT:
        return 1.0 if max(spread) < FLAT else 0.0
    return float((varied[0] * varied[1]).mean()) / (spread[0] * spread[1])
