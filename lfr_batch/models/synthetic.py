"""Fixed pictures that belong to nobody, to compare two sessions on. Pure and deterministic."""

from __future__ import annotations

import numpy as np

from lfr_batch.records import FloatArray

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


def drawn_face(side_px: int) -> FloatArray:
    """A schematic face, (3, side, side) RGB 0-255: CenterFace and SCRFD are sure it is one."""
    y, x = np.mgrid[0:side_px, 0:side_px] / side_px
    outline = ((x - 0.5) / 0.33) ** 2 + ((y - 0.5) / 0.43) ** 2
    grey = _BACKGROUND + 110.0 / (1.0 + np.exp((outline - 1.0) * 12.0))
    for level, centre_x, centre_y, radius_x, radius_y in _FEATURES:
        distance = ((x - centre_x) / radius_x) ** 2 + ((y - centre_y) / radius_y) ** 2
        grey = grey + level * np.exp(-distance)
    channels = np.stack([grey * share for share in _SKIN_RGB])
    return channels.clip(0.0, 255.0).astype(np.float32)


def face_in_a_picture(side_px: int) -> FloatArray:
    """The drawn face, 0.6 of the side, on an even background: (3, side, side) RGB 0-255."""
    picture = np.full((3, side_px, side_px), 70.0, np.float32)
    face = drawn_face(round(0.6 * side_px))
    top, left = round(0.12 * side_px), round(0.19 * side_px)
    picture[:, top : top + face.shape[1], left : left + face.shape[2]] = face
    return picture


def smooth_pictures(count: int, side_px: int, cells: int = 7) -> FloatArray:
    """Clouds of colour, (count, 3, side, side) 0-255: a coarse random grid, interpolated."""
    grid = np.random.default_rng(7).uniform(0.0, 255.0, (count, 3, cells, cells))
    at = np.linspace(0.0, cells - 1.0, side_px)
    below = np.minimum(at.astype(int), cells - 2)
    rows = np.arange(side_px)
    weights = np.zeros((side_px, cells))
    weights[rows, below] = 1.0 - (at - below)
    weights[rows, below + 1] = at - below
    pictures: FloatArray = (weights @ grid @ weights.T).astype(np.float32)
    return pictures
