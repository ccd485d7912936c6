"""The scenes the rendered footage looks at, made of photographs, and how each is filmed. Pure.

Nobody is drawn, cut out or altered: a photograph is set into a wider scene whose sides are its own
background out of focus, and a camera pans and zooms over it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lfr_batch.demo.camera import Exposure, View
from lfr_batch.records import ByteArray

SEAM_PX = 48
STRIPS = 5
"""An outer strip is this part of a portrait's width."""
BLUR_PX = 16
RIGHT_SCALE = 0.4


@dataclass(frozen=True, slots=True)
class Filming:
    """How a scene becomes a file: ``pictures`` go to ``compose`` in this order."""

    file: str
    pictures: tuple[str, ...]
    compose: Callable[[Sequence[ByteArray]], ByteArray]
    path: tuple[View, ...]
    size_wh: tuple[int, int]
    codec: str
    look: Exposure

    @property
    def duration_s(self) -> float:
        return self.path[-1].time_s


def as_it_is(pictures: Sequence[ByteArray]) -> ByteArray:
    (picture,) = pictures
    return picture


def in_the_middle(pictures: Sequence[ByteArray]) -> ByteArray:
    """One upright photograph with as much of its background as makes it 16:9."""
    (picture,) = pictures
    height, width = picture.shape[:2]
    side = max(0, (height * 16 // 9 - width) // 2)
    return _feathered(_surroundings(picture, side), picture, side)


def side_by_side(pictures: Sequence[ByteArray]) -> ByteArray:
    """Two photographs as neighbours, the right one scaled so that its faces are of like size."""
    left, right = pictures
    height = left.shape[0]
    small = cv2.resize(
        right, None, fx=RIGHT_SCALE, fy=RIGHT_SCALE, interpolation=cv2.INTER_AREA
    ).astype(np.uint8, copy=False)[:height]
    offset = left.shape[1] - SEAM_PX
    scene = np.zeros((height, offset + small.shape[1], 3), np.uint8)
    scene[:, : left.shape[1]] = left
    return _feathered(scene, small, offset, right_edge=False)


def _surroundings(picture: ByteArray, side: int) -> ByteArray:
    """What is behind the person, continued on both sides out of focus: the left outer strip,
    mirrored again and again. The middle, where the face is, lends nothing."""
    strip = picture[:, : picture.shape[1] // STRIPS]
    wide = cv2.copyMakeBorder(
        strip, 0, 0, side, side + picture.shape[1] - strip.shape[1], cv2.BORDER_REFLECT
    )
    blurred = cv2.GaussianBlur(wide, (0, 0), sigmaX=BLUR_PX)
    return cv2.convertScaleAbs(blurred, alpha=0.85).astype(np.uint8, copy=False)


def _feathered(
    scene: ByteArray, picture: ByteArray, offset: int, *, right_edge: bool = True
) -> ByteArray:
    """The scene with the picture from column ``offset`` on, its edges softly blended in."""
    height, width = picture.shape[:2]
    ramp = np.ones(width, np.float32)
    rising = np.linspace(0.0, 1.0, SEAM_PX, dtype=np.float32)
    ramp[:SEAM_PX] = rising
    if right_edge:
        ramp[-SEAM_PX:] = rising[::-1]
    alpha = ramp[np.newaxis, :, np.newaxis]
    below = scene[:height, offset : offset + width].astype(np.float32)
    blended = picture.astype(np.float32) * alpha + below * (1.0 - alpha)
    result = scene.copy()
    result[:height, offset : offset + width] = blended.astype(np.uint8)
    return result


FILMINGS: tuple[Filming, ...] = (
    Filming(
        file="plaza_cam1.mp4",
        pictures=("obama2.jpg",),
        compose=in_the_middle,
        path=(
            View(0.0, 430, 560, 820),
            View(3.0, 430, 560, 820),
            View(5.5, 1000, 500, 1500),
            View(9.0, 1090, 480, 1150),
            View(11.5, 1740, 560, 780),
            View(14.0, 1740, 560, 780),
        ),
        size_wh=(768, 432),
        codec="libx264",
        look=Exposure(seed=11),
    ),
    Filming(
        file="office_cam2.avi",
        pictures=("t1.jpg",),
        compose=as_it_is,
        path=(
            View(0.0, 400, 330, 780),
            View(5.0, 900, 330, 760),
            View(8.0, 640, 440, 1270),
            View(10.0, 640, 440, 1270),
        ),
        size_wh=(768, 432),
        codec="mpeg4",
        look=Exposure(gain_bgr=(0.95, 0.92, 0.86), noise_sigma=4.0, seed=22),
    ),
    Filming(
        file="lobby_cam4.mp4",
        pictures=("t1.jpg", "obama3.jpg"),
        compose=side_by_side,
        path=(
            View(0.0, 520, 320, 1000),
            View(3.0, 520, 320, 1000),
            View(7.0, 1290, 290, 1000),
            View(10.0, 1290, 290, 1030),
        ),
        size_wh=(1024, 576),
        codec="libx264",
        look=Exposure(gain_bgr=(0.9, 0.9, 0.92), offset=4.0, noise_sigma=6.0, seed=33),
    ),
    Filming(
        file="garage_cam6.avi",
        pictures=("motorcycle_left.png",),
        compose=as_it_is,
        path=(View(0.0, 250, 200, 440), View(4.0, 500, 290, 440), View(6.0, 370, 250, 700)),
        size_wh=(512, 288),
        codec="mjpeg",
        look=Exposure(offset=2.0, seed=44),
    ),
)
