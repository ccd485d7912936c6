"""Recorders that write several cameras into one stream, another at every picture or two. Pure.

Each camera is followed by itself: its pictures are known by their likeness to its last one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lfr_batch.footage.motion import is_cut
from lfr_batch.records import ByteArray

MOST_VIEWS = 36
"""The largest recorders multiplex 32 cameras."""
SWITCHES = 0.6
"""Of the steps from picture to picture, the share that must change the camera."""
EACH_SEEN = 2
"""Times that a camera must come back, on the whole, before cuts are taken for a rota."""
PLAIN_STEPS = 3
"""Steps without a change of camera that show that a stream is of one."""


@dataclass(frozen=True, slots=True)
class Views:
    """The last picture of each camera, as tiny luma pictures of one size."""

    last: tuple[ByteArray, ...] = ()


def assign(views: Views, cells: ByteArray) -> tuple[int, Views]:
    """Which camera the picture is of, a new one where it is like no last one, and what is known
    after it."""
    alike = [n for n, last in enumerate(views.last) if not is_cut(last, cells)]
    if not alike and len(views.last) < MOST_VIEWS:
        return len(views.last), Views((*views.last, cells))
    nearest = min(alike or range(len(views.last)), key=lambda n: _distance(views.last[n], cells))
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


def _distance(a: ByteArray, b: ByteArray) -> float:
    return float(np.abs(a.astype(np.int16) - b).mean())
