"""Fixed pictures that belong to nobody, to compare two sessions on. Deterministic. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfr_batch.records import ByteArray

_SKIN_RGB = (1.0, 0.85, 0.75)
_BACKGROUND = 90.0
# Grey level, centre x, y and radius x, y (shares of the side) of the features of a drawn face.
_FEATURES = (
    (-150.0, 0.36, 0.42, 0.07, 0.035),
    (-150.0, 0.64, 0.42, 0.07, 0.035),
    (-70.0, 0.36, 0.34, 0.10, 0.02),
    (-70.0, 0.64, 0.34, 0.10, 0.02),
    (25.0, 0.50, 0.50, 0.03, 0.12),
    (-50.0, 0.50, 0.58, 0.05, 0.03),
    (-90.0, 0.50, 0.73, 0.13, 0.03),
)


def drawn_face(side_px: int) -> ByteArray:
    """A schematic face, (side, side, 3) RGB: CenterFace and SCRFD are sure it is one."""
    y, x = np.mgrid[0:side_px, 0:side_px] / side_px
    outline = ((x - 0.5) / 0.33) ** 2 + ((y - 0.5) / 0.43) ** 2
    grey = _BACKGROUND + 110.0 / (1.0 + np.exp((outline - 1.0) * 12.0))
    for level, centre_x, centre_y, radius_x, radius_y in _FEATURES:
        distance = ((x - centre_x) / radius_x) ** 2 + ((y - centre_y) / radius_y) ** 2
        grey = grey + level * np.exp(-distance)
    channels = np.stack([grey * share for share in _SKIN_RGB], axis=-1)
    return _as_bytes(channels)


def face_in_a_picture(side_px: int) -> ByteArray:
    """The drawn face, 0.6 of the side, on an even background: (side, side, 3) RGB."""
    picture = np.full((side_px, side_px, 3), 70, np.uint8)
    face = drawn_face(round(0.6 * side_px))
    top, left = round(0.12 * side_px), round(0.19 * side_px)
    picture[top : top + face.shape[0], left : left + face.shape[1]] = face
    return picture


def smooth_pictures(count: int, side_px: int, cells: int = 7) -> ByteArray:
    """Clouds of colour, (count, side, side, 3): a coarse random grid, interpolated."""
    grid = np.random.default_rng(7).uniform(0.0, 255.0, (count, 3, cells, cells))
    at = np.linspace(0.0, cells - 1.0, side_px)
    below = np.minimum(at.astype(int), cells - 2)
    rows = np.arange(side_px)
    weights = np.zeros((side_px, cells))
    weights[rows, below] = 1.0 - (at - below)
    weights[rows, below + 1] = at - below
    return _as_bytes((weights @ grid @ weights.T).transpose(0, 2, 3, 1))


def _as_bytes(pictures: NDArray[np.float64]) -> ByteArray:
    return np.ascontiguousarray(pictures.clip(0.0, 255.0).round(), np.uint8)
