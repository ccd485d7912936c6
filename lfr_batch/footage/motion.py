"""The motion gate: which sampled frames, and which parts of them, nothing changed in. Pure.

Each part is compared with what it was when last *looked at*, so slow change adds up until it is
noticed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_batch.config.schema import MotionConfig
from lfr_batch.records import BoolArray, ByteArray, nanoseconds

CELLS_WIDE = 96
MIN_CELL_PX = 6
"""Cells of small pictures are not made so small that encoder noise shows."""
CUT_MEAN_LUMA = 16.0
"""Less change on average is no scene cut."""
CUT_HISTOGRAM = 0.3
CUT_NEW_BLOCKS = 0.5
"""More than either of these besides is one."""
MARGIN_CELLS = 4
"""Looked at around what changed: a face is larger than the part of it that moved."""
WHOLE_FROM = 0.6
"""Where this share of the picture would be looked at, all of it is."""
BINS = 16
BLOCK = 12
"""Side in cells of the blocks that are looked for in the picture before, and how far around."""
BLOCK_TEXTURE = 6.0
BLOCK_FOUND = 0.7
"""Least standard deviation of a block's luma that makes it worth looking for; least correlation."""


CellRegion = tuple[int, int, int, int]
"""Left, top, right, bottom in cells; right and bottom are outside."""


@dataclass(frozen=True, slots=True)
class MotionState:
    """What is known of each luma cell, (h, w); None before the first look."""

    cells: ByteArray | None = None
    """As they were when last looked at."""
    changed_ns: NDArray[np.int64] | None = None
    """When they last changed."""
    whole_ns: int = 0
    """When the whole picture was last looked at."""


@dataclass(frozen=True, slots=True)
class MotionDecision:
    analyse: bool
    scene_cut: bool = False
    changed: bool = True
    region: CellRegion | None = None
    """The part that changed, with a margin; None: the whole picture."""
    calm: bool = False
    """Nothing has changed for a while: it is looked at because it is time to."""


def cells_wh(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Size of the tiny luma picture for frames of this size; its cells are about square."""
    width, height = size_wh
    across = max(1, min(CELLS_WIDE, width // MIN_CELL_PX))
    return across, max(1, round(across * height / width))


def gate(
    state: MotionState, cells: ByteArray, pts_ns: int, config: MotionConfig
) -> tuple[MotionDecision, MotionState]:
    """Decide on one frame. ``cells`` is its luma at ``cells_wh``."""
    seen, known_ns = state.cells, state.changed_ns
    if seen is None or known_ns is None or seen.shape != cells.shape:
        return MotionDecision(True, seen is not None), _all_seen(cells, pts_ns)
    moved = np.abs(cells.astype(np.int16) - seen)
    changed = moved > config.changed_luma
    changed_ns = np.where(changed, pts_ns, known_ns)
    lively = pts_ns - changed_ns <= nanoseconds(config.linger_s)
    due = not 0 <= pts_ns - state.whole_ns < nanoseconds(config.max_skip_s)
    calm = config.enabled and not lively.any()
    if calm and not due:
        return MotionDecision(False, changed=False, calm=True), state
    any_changed = bool(changed.any())
    cut = any_changed and _is_cut(moved.mean(), seen, cells)
    region = _region(lively)
    if cut or due or region is None or not (config.enabled and config.regions):
        decision = MotionDecision(True, cut, any_changed, calm=calm)
        return decision, MotionState(cells, changed_ns, pts_ns)
    after = MotionState(_updated(seen, cells, region), changed_ns, state.whole_ns)
    return MotionDecision(True, changed=any_changed, region=region), after


def _all_seen(cells: ByteArray, pts_ns: int) -> MotionState:
    return MotionState(cells, np.full(cells.shape, pts_ns, np.int64), pts_ns)


def _region(lively: BoolArray) -> CellRegion | None:
    """Around all that changed lately; None where that is nearly everything, or nothing."""
    rows, columns = np.flatnonzero(lively.any(axis=1)), np.flatnonzero(lively.any(axis=0))
    if not len(rows):
        return None
    height, width = lively.shape
    left, right = max(0, columns[0] - MARGIN_CELLS), min(width, columns[-1] + 1 + MARGIN_CELLS)
    top, bottom = max(0, rows[0] - MARGIN_CELLS), min(height, rows[-1] + 1 + MARGIN_CELLS)
    if (right - left) * (bottom - top) >= WHOLE_FROM * lively.size:
        return None
    return int(left), int(top), int(right), int(bottom)


def _updated(seen: ByteArray, cells: ByteArray, region: CellRegion) -> ByteArray:
    """What is not looked at keeps its old cells, so that slow change there adds up."""
    left, top, right, bottom = region
    updated = seen.copy()
    updated[top:bottom, left:right] = cells[top:bottom, left:right]
    return updated


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
