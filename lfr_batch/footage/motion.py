"""The motion gate: which sampled frames may be skipped because nothing changed.

Each frame is compared with the last *analysed* one, so slow change adds up until it is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lfr_batch.config.schema import MotionConfig
from lfr_batch.records import ByteArray, nanoseconds

CELLS_WIDE = 96
MIN_CELL_PX = 6
"""Cells of small pictures are not made so small that encoder noise shows."""
CUT_MEAN_LUMA = 16.0
"""Less change on average is no scene cut."""
CUT_HISTOGRAM = 0.3
CUT_NEW_BLOCKS = 0.5
"""More than either of these besides is one."""
BINS = 16
BLOCK = 12
"""Side in cells of the blocks that are looked for in the picture before, and how far around."""
BLOCK_TEXTURE = 6.0
BLOCK_FOUND = 0.7
"""Least standard deviation of a block's luma that makes it worth looking for; least correlation."""


@dataclass(frozen=True, slots=True)
class MotionState:
    """The last analysed frame: its luma cells (h, w) and its time; None before the first."""

    cells: ByteArray | None = None
    analysed_ns: int = 0


@dataclass(frozen=True, slots=True)
class MotionDecision:
    analyse: bool
    scene_cut: bool


def cells_wh(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Size of the tiny luma picture for frames of this size; its cells are about square."""
    width, height = size_wh
    across = max(1, min(CELLS_WIDE, width // MIN_CELL_PX))
    return across, max(1, round(across * height / width))


def gate(
    state: MotionState, cells: ByteArray, pts_ns: int, config: MotionConfig
) -> tuple[MotionDecision, MotionState]:
    """Decide on one frame. ``cells`` is its luma at ``cells_wh``."""
    seen = state.cells
    if seen is None or seen.shape != cells.shape:
        return MotionDecision(True, seen is not None), MotionState(cells, pts_ns)
    moved = np.abs(cells.astype(np.int16) - seen)
    changed = bool(moved.max() > config.changed_luma)
    waited_ns = pts_ns - state.analysed_ns
    due = not 0 <= waited_ns < nanoseconds(config.max_skip_s)
    if config.enabled and not changed and not due:
        return MotionDecision(False, False), state
    cut = changed and _is_cut(moved.mean(), seen, cells)
    return MotionDecision(True, cut), MotionState(cells, pts_ns)


def _is_cut(mean_luma: np.floating, before: ByteArray, after: ByteArray) -> bool:
    """A cut brings other brightness or other content; camera shake moves the same content."""
    if mean_luma <= CUT_MEAN_LUMA:
        return False
    if _histogram_distance(before, after) > CUT_HISTOGRAM:
        return True
    return _new_blocks(before, after) > CUT_NEW_BLOCKS


def _histogram_distance(before: ByteArray, after: ByteArray) -> float:
    """Half the L1 distance of the luma histograms: 0 the same, 1 nothing in common."""
    counts = [np.bincount(x.ravel() // (256 // BINS), minlength=BINS) for x in (before, after)]
    return float(np.abs(counts[0] - counts[1]).sum() / (2 * before.size))


def _new_blocks(before: ByteArray, after: ByteArray) -> float:
    """Share of the textured blocks of ``after`` that are nowhere near their place in ``before``."""
    height, width = after.shape
    found = [
        _is_near(before, after, top, left)
        for top in range(0, height - BLOCK + 1, BLOCK)
        for left in range(0, width - BLOCK + 1, BLOCK)
        if after[top : top + BLOCK, left : left + BLOCK].std() >= BLOCK_TEXTURE
    ]
    return 1 - sum(found) / len(found) if found else 0.0


def _is_near(before: ByteArray, after: ByteArray, top: int, left: int) -> bool:
    block = after[top : top + BLOCK, left : left + BLOCK]
    around = before[max(0, top - BLOCK) : top + 2 * BLOCK, max(0, left - BLOCK) : left + 2 * BLOCK]
    match = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED)
    return bool(np.max(match) >= BLOCK_FOUND)
