"""Heads of a detector as chance has them."""

from __future__ import annotations

import numpy as np

from lfr_batch.models.ladder import Size
from lfr_batch.models.selection import Selection
from lfr_batch.records import FloatArray


def random_heads(
    selection: Selection,
    size_wh: Size,
    pictures: int = 1,
    seed: int = 0,
    *,
    ties: bool = False,
) -> list[FloatArray]:
    """In the order and layout of the selection. Few cells score high; with ``ties`` in tenths."""
    rng = np.random.default_rng(seed)
    heads: list[FloatArray] = []
    for number, channels in enumerate(selection.channels):
        for stride in selection.strides:
            across, down = size_wh[0] // stride, size_wh[1] // stride
            shape = (pictures, down * across, channels)
            values = rng.normal(size=shape).astype(np.float32)
            if number < selection.ranked_by:
                values = rng.random(shape, np.float32) ** 6
                values = np.round(values, 1) if ties else values
            if selection.layout == "maps":
                values = values.transpose(0, 2, 1).reshape(pictures, channels, down, across)
            heads.append(np.ascontiguousarray(values))
    return heads
