"""Whether a whole picture is soft: by how wide its sharpest edges are. Pure.

An edge from dark to bright that is blurred by a Gaussian of ``s`` pixels rises by ``C / (s √(2π))``
a pixel at most, ``C`` being how much it rises in all; so what an edge rises in all, over what it
rises at its steepest, says how wide it is, whatever its contrast. Only clear edges are asked, at
their steepest places, and of them the sharpest fifth: what stands out of focus, or moves, is softer
than the lens is. A picture with too few of them, such as a white wall, says nothing.
"""

from __future__ import annotations

import cv2
import numpy as np

from lfr_batch.records import ByteArray, FloatArray

SOFT_PX = 2.4
"""Measured on 17 clips of all kinds of cameras and 17 photographs: in focus their edges are 0.9 to
2.1 pixels wide; the same, blurred by 2 pixels, 1.9 to 3.1, and by 3 pixels, 2.4 to 3.8. A lens that
is off by so much costs a face of 32 pixels its likeness."""
MIDDLE_WH = 1280, 720
"""Of larger pictures the middle is measured."""
REACH = 15
"""Side of the square within which an edge has to have risen, pixels: wider ones count as this."""
CONTRAST = 50.0
"""What an edge has to rise in all, of 255 steps."""
LEAST_EDGES = 1 / 2000
"""Share of a picture's pixels that have to be places of such edges."""
SHARPEST_PERCENT = 20.0
SMALLER, WIDE_IN_SMALLER = 4, 1.6
"""Of a sharp edge the copy's is about one pixel wide: such as a lone door in a white wall."""
SOBEL = 8.0
"""What its kernel of 3 x 3 makes of a slope of one step a pixel."""


def edge_px(luma: ByteArray) -> float | None:
    """How wide the sharpest edges are: the standard deviation of the blur, pixels of ``luma``
    (h, w). None where there are too few edges to tell."""
    middle = _middle(luma)
    width_px = _sharpest(middle)
    if width_px is not None:
        return width_px
    # What is out of focus altogether has edges in a smaller copy, if it has any.
    size = max(middle.shape[1] // SMALLER, 1), max(middle.shape[0] // SMALLER, 1)
    smaller = cv2.resize(middle, size, interpolation=cv2.INTER_AREA)
    width_px = _sharpest(np.asarray(smaller, np.uint8))
    if width_px is None or width_px < WIDE_IN_SMALLER:
        return None
    return width_px * SMALLER


def is_soft(width_px: float | None) -> bool:
    return width_px is not None and width_px >= SOFT_PX


def _sharpest(luma: ByteArray) -> float | None:
    widths = _edge_widths(luma)
    if len(widths) < luma.size * LEAST_EDGES:
        return None
    return float(np.percentile(widths, SHARPEST_PERCENT))


def _middle(luma: ByteArray) -> ByteArray:
    (height, width), (most_width, most_height) = luma.shape, MIDDLE_WH
    left, top = max(width - most_width, 0) // 2, max(height - most_height, 0) // 2
    return luma[top : top + most_height, left : left + most_width]


def _edge_widths(luma: ByteArray) -> FloatArray:
    """Of each place where an edge is at its steepest."""
    grey = cv2.GaussianBlur(luma, (3, 3), 0).astype(np.float32)  # noise is no edge
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *to, ksize=3) for to in ((1, 0), (0, 1)))
    slope = np.hypot(across, down) / SOBEL
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (REACH, REACH))
    rise = cv2.dilate(grey, square) - cv2.erode(grey, square)
    steepest = slope >= cv2.dilate(slope, np.ones((5, 5), np.uint8))
    clear = steepest & (rise >= CONTRAST) & (slope > 0)
    return np.asarray(rise[clear] / (slope[clear] * np.sqrt(2 * np.pi)), np.float32)
