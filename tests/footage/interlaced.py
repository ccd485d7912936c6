"""Footage of which every frame is woven of two fields, filmed a moment apart."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lfr_batch.records import ByteArray, FieldOrder

SIZE_WH = (400, 480)
STEP_PX = 4
"""How far the panel moves from field to field."""
MARKED = {"x264-params": "tff=1:crf=12"}
"""Marked as interlaced, top field first."""
BOTTOM = {"x264-params": "bff=1:crf=12"}
UNMARKED = {"x264-params": "crf=12"}


def moments(
    count: int, moving: int = STEP_PX, size_wh: tuple[int, int] = SIZE_WH
) -> list[ByteArray]:
    """A still wall in front of which a textured panel moves; rgb, one for each field."""
    width, height = size_wh
    wall, panel = _texture((height, width), 8), _texture((height // 2, width // 4), 60)
    pictures = []
    for i in range(count):
        picture = wall.copy()
        left = 8 + i * moving % (width - panel.shape[1] - 16)
        picture[40 : 40 + panel.shape[0], left : left + panel.shape[1]] = panel
        pictures.append(np.repeat(picture[..., None], 3, axis=2))
    return pictures


def _texture(shape_hw: tuple[int, int], contrast: float) -> ByteArray:
    """Soft patches, as a lens makes them."""
    noise = np.random.default_rng(1).normal(0, 1, shape_hw)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.asarray((128 + contrast * soft / soft.std()).clip(20, 235), np.uint8)


def woven(filmed: Sequence[ByteArray], first: FieldOrder) -> list[ByteArray]:
    """Frames of two moments each; ``first`` is in the lines of that field."""
    frames = []
    for early, late in zip(filmed[::2], filmed[1::2], strict=True):
        frame = late.copy()
        line = 0 if first == "top" else 1
        frame[line::2] = early[line::2]
        frames.append(frame)
    return frames
