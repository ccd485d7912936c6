"""A camera that looks at a wide picture: where it points at a moment, and what it sees. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_batch.records import ByteArray

SHAKE_PX = 1.2
GRAIN_FIELDS = 6


@dataclass(frozen=True, slots=True)
class View:
    """At ``time_s`` the camera's picture is ``width`` scene pixels wide around (cx, cy)."""

    time_s: float
    cx: float
    cy: float
    width: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the camera does to the light: contrast, brightness, warmth of each channel, grain."""

    gain_bgr: tuple[float, float, float] = (0.92, 0.9, 0.88)
    offset: float = 6.0
    noise_sigma: float = 5.0
    seed: int = 7


def view_at(path: Sequence[View], time_s: float) -> View:
    """The path between its points, each reached and left without a jerk."""
    if time_s <= path[0].time_s:
        return path[0]
    for before, after in pairwise(path):
        if time_s <= after.time_s:
            share = (time_s - before.time_s) / (after.time_s - before.time_s)
            return _between(before, after, share * share * (3 - 2 * share), time_s)
    return path[-1]


def see(scene_bgr: ByteArray, view: View, size_wh: tuple[int, int]) -> ByteArray:
    """(height, width, 3): the part of the scene in view, with the small shake of a mast."""
    width, height = size_wh
    zoom = width / view.width
    shake_x = SHAKE_PX * math.sin(2 * math.pi * 0.9 * view.time_s)
    shake_y = SHAKE_PX * math.sin(2 * math.pi * 1.3 * view.time_s + 1.0)
    matrix = np.array(
        [
            [zoom, 0.0, width / 2 - zoom * view.cx + shake_x],
            [0.0, zoom, height / 2 - zoom * view.cy + shake_y],
        ],
        np.float32,
    )
    seen = cv2.warpAffine(
        scene_bgr, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return seen.astype(np.uint8, copy=False)


@dataclass(frozen=True, slots=True)
class Grain:
    """What a sensor adds to and takes from a picture, both (height, width, 3)."""

    more: ByteArray
    less: ByteArray


def grain_fields(look: Exposure, size_wh: tuple[int, int]) -> list[Grain]:
    """A few fields of grain, to be used in turn."""
    width, height = size_wh
    rng = np.random.default_rng(look.seed)
    fields = [
        look.noise_sigma * rng.standard_normal((height, width, 1)) for _ in range(GRAIN_FIELDS)
    ]
    return [Grain(_as_bytes(field), _as_bytes(-field)) for field in fields]


def expose(picture_bgr: ByteArray, look: Exposure, grain: Grain, frame: int) -> ByteArray:
    """The picture with the camera's colours, a little flicker of the lights, and grain."""
    flicker = 1.0 + 0.012 * math.sin(0.7 * frame)
    levels = np.arange(256)[:, np.newaxis] * np.array(look.gain_bgr) * flicker + look.offset
    curves = np.clip(levels, 0, 255).astype(np.uint8)[np.newaxis]
    lit = cv2.add(cv2.LUT(picture_bgr, curves), grain.more)
    return cv2.subtract(lit, grain.less).astype(np.uint8, copy=False)


def _as_bytes(field: NDArray[np.float64]) -> ByteArray:
    return np.repeat(np.clip(field, 0, 255).astype(np.uint8), 3, axis=2)


def _between(before: View, after: View, share: float, time_s: float) -> View:
    def mix(a: float, b: float) -> float:
        return a + share * (b - a)

    return View(
        time_s,
        mix(before.cx, after.cx),
        mix(before.cy, after.cy),
        mix(before.width, after.width),
    )
