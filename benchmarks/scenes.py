"""What the benchmark's cameras see: people cut out of photographs who walk through a scene. Pure.

The scenes are the two fixed-camera shots of the "bikes" clip; the people are those of two installed
photographs (see ``lfr_batch.demo.materials``). One of them is enrolled: she is the known person.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lfr_batch.records import ByteArray, FloatArray

RATE = 25
NOISE_SIGMA = 3.0
NOISE_FIELDS = 16
EDGE_PX = 2.0
"""Softness of a cut-out's edge."""
BOB_PX = 4.0
STEPS_PER_S = 1.8
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outline:
    """A person in a photograph: what is cut out, and how wide the face is there."""

    picture: str
    face_px: float
    polygon: tuple[Point, ...]
    mirrored: bool = False


KNOWN = Outline(
    "astronaut.png",
    88.0,
    (
        *((155, 100), (160, 55), (190, 22), (230, 14), (280, 28), (301, 75), (297, 120)),
        *((279, 140), (303, 200), (310, 250), (345, 290), (362, 340), (300, 400), (280, 512)),
        *((18, 512), (30, 340), (58, 265), (112, 205), (118, 170), (165, 150), (178, 130)),
    ),
    mirrored=True,
)
"""Seen mirrored: the enrolled photograph itself is never in the footage."""

PASSERS_BY = (
    Outline(
        "t1.jpg",
        103.0,
        (
            *((20, 330), (40, 255), (80, 233), (130, 245), (165, 290), (190, 350), (190, 440)),
            *((255, 470), (300, 660), (230, 640), (170, 720), (100, 760), (125, 886), (0, 886)),
            *((0, 430), (20, 420)),
        ),
    ),
    Outline(
        "t1.jpg",
        106.0,
        (
            *((465, 290), (468, 245), (510, 218), (575, 222), (608, 260), (603, 320), (575, 360)),
            *((560, 400), (600, 480), (610, 640), (350, 640), (338, 470), (380, 395), (465, 345)),
        ),
    ),
    Outline(
        "t1.jpg",
        109.0,
        (
            *((895, 45), (930, 10), (985, 0), (1040, 20), (1060, 70), (1050, 130), (1190, 145)),
            *((1225, 195), (1125, 270), (1100, 420), (990, 470), (975, 600), (915, 560)),
            *((880, 330), (878, 240), (960, 205), (915, 165), (905, 90)),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Somebody walks from edge to edge; ``person`` is None for the known person."""

    person: int | None
    from_s: float
    until_s: float
    face_px: float
    leftwards: bool = False


@dataclass(frozen=True, slots=True)
class CutOut:
    bgr: FloatArray
    alpha: FloatArray
    """(height, width, 1), 0 to 1."""


def cut_out(picture_bgr: ByteArray, outline: Outline, face_px: float) -> CutOut:
    """The person alone, scaled so that the face is ``face_px`` wide."""
    mask = np.zeros(picture_bgr.shape[:2], np.uint8)
    polygon = np.array(outline.polygon, np.int32)
    cv2.fillPoly(mask, [polygon], 255)
    alpha = np.asarray(cv2.GaussianBlur(mask, (0, 0), EDGE_PX) / 255, np.float32)
    left, top, width, height = cv2.boundingRect(polygon)
    part = np.s_[top : top + height, left : left + width]
    scale = face_px / outline.face_px
    person = _scaled(picture_bgr[part].astype(np.float32), scale)
    seen = _scaled(alpha[part], scale)
    if outline.mirrored:
        person, seen = person[:, ::-1], seen[:, ::-1]
    return CutOut(np.ascontiguousarray(person), np.ascontiguousarray(seen)[..., None])


def walk_through(
    scene: Iterator[ByteArray], crossings: Sequence[Crossing], people: Sequence[CutOut]
) -> Iterator[ByteArray]:
    """The scene with everybody who is crossing it; ``people`` belong to ``crossings``."""
    for number, picture in enumerate(scene):
        frame, time_s = picture.copy(), number / RATE
        for crossing, person in zip(crossings, people, strict=True):
            if crossing.from_s <= time_s < crossing.until_s:
                _show(frame, person, *_place(crossing, person, frame, time_s))
        yield frame


def with_noise(frames: Iterator[ByteArray], seed: int) -> Iterator[ByteArray]:
    """A sensor's grain, and lights that go up and down a little with the clouds."""
    rng = np.random.default_rng(seed)
    fields: list[FloatArray] = []
    for number, frame in enumerate(frames):
        if not fields:
            shape = (*frame.shape[:2], 1)
            fields = [
                NOISE_SIGMA * rng.standard_normal(shape, np.float32) for _ in range(NOISE_FIELDS)
            ]
        clouds = 1.0 + 0.02 * math.sin(2 * math.pi * number / RATE / 23)
        noise = fields[int(rng.integers(NOISE_FIELDS))]
        noise = noise[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))]
        noisy = frame.astype(np.float32) * np.float32(clouds) + noise
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def to_and_fro(shot: Sequence[ByteArray], count: int) -> Iterator[ByteArray]:
    """``count`` frames of a short shot, played forwards and backwards in turn, without a jump."""
    period = 2 * (len(shot) - 1)
    for number in range(count):
        place = number % period
        yield shot[min(place, period - place)]


def fill_frame(picture_bgr: ByteArray, size_wh: tuple[int, int]) -> ByteArray:
    """Scaled to cover ``size_wh``, cut to it in the middle."""
    width, height = size_wh
    scale = max(width / picture_bgr.shape[1], height / picture_bgr.shape[0])
    larger = cv2.resize(picture_bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_LANCZOS4)
    left, top = (larger.shape[1] - width) // 2, (larger.shape[0] - height) // 2
    return np.asarray(larger[top : top + height, left : left + width], np.uint8)


def _scaled(picture: FloatArray, scale: float) -> FloatArray:
    scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(scaled, np.float32)


def _place(crossing: Crossing, person: CutOut, frame: ByteArray, time_s: float) -> tuple[int, int]:
    """Left and top of the person, who comes in at one edge and leaves at the other."""
    share = (time_s - crossing.from_s) / (crossing.until_s - crossing.from_s)
    way = frame.shape[1] + person.bgr.shape[1]
    x = (1 - share if crossing.leftwards else share) * way - person.bgr.shape[1]
    bob = BOB_PX * math.sin(2 * math.pi * STEPS_PER_S * time_s)
    return round(x), round(frame.shape[0] - person.bgr.shape[0] + BOB_PX + bob)


def _show(frame: ByteArray, person: CutOut, left: int, top: int) -> None:
    """Draw the person into the frame, as far as in it."""
    height, width = person.bgr.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, frame.shape[1]), min(top + height, frame.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    alpha = person.alpha[part]
    below = frame[y0:y1, x0:x1].astype(np.float32)
    frame[y0:y1, x0:x1] = (below + alpha * (person.bgr[part] - below)).astype(np.uint8)
