"""The planted clips as files, and the gallery pictures of the people in them. Deterministic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from benchmarks.planted import PEOPLE, Box, Mover, Plant, PlantedClip, Portrait, position
from lfr_batch.demo.camera import Exposure, Grain, expose, grain_fields
from lfr_batch.demo.materials import read_picture
from lfr_batch.demo.pyav_writer import write_video
from lfr_batch.records import ByteArray, FloatArray

RECIPE = "1"
"""To be raised with any change of what is rendered: an older one is then rendered anew."""
RATE = Fraction(25)
GRAIN = 4.0
"""Standard deviation of the sensor's noise, grey levels."""
ENROLLED_FACE_PX = 150
AROUND = (0.45, 0.35, 0.45, 0.3)
"""How much of a photograph comes with a face: left, top, right, bottom, in sides of its box."""
LEAVES_XYXY = (1000, 30, 1200, 170)
SWAY_PX = 3.0
TINT = (0.8, 0.9, 1.0)
"""Of the wall's texture, in BGR."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A head with soft edges: colour times opacity (h, w, 3), the rest's share (h, w, 1).

    (x, y) is where the middle of the face is in it.
    """

    colour: FloatArray
    through: FloatArray
    x: float
    y: float


def build(directory: Path, cache_dir: Path, clips: Iterable[PlantedClip]) -> Path:
    """Write the clips and ``gallery/PERSON/1.jpg``; what is there already stays. The gallery.

    ``cache_dir`` keeps the fetched photographs. Raises what ``read_picture`` raises.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for clip in clips:
        if not (directory / clip.file).is_file():
            frames = render(clip, cache_dir)
            write_video(directory / clip.file, frames, clip.size_wh, RATE, "libx264")
    for name, person in PEOPLE.items():
        if person.enrolled is not None:
            target = directory / "gallery" / name / "1.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            picture = custody(person.enrolled, cache_dir, another=person.enrolled != person.seen)
            cv2.imwrite(str(target), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
    return directory / "gallery"


def custody(portrait: Portrait, cache_dir: Path, *, another: bool) -> ByteArray:
    """The picture to enrol; made to differ where it is not ``another`` photograph anyway."""
    left, top, right, bottom = _around(portrait.face_xyxy, (0.8, 0.5, 0.8, 0.6))
    whole = _photograph(portrait.picture, cache_dir)
    cut = whole[max(0, top) : bottom, max(0, left) : right]
    scale = ENROLLED_FACE_PX / _shorter(portrait.face_xyxy)
    sized = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    picture = np.asarray(sized, np.uint8)
    return picture if another else _otherwise(picture)


def _otherwise(picture: ByteArray) -> ByteArray:
    """Mirrored, tilted by 4 degrees, brighter in the shadows, a little softer."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 4.0, 1.0)
    tilted = cv2.warpAffine(picture[:, ::-1], turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    curve = (255 * (np.arange(256) / 255) ** 0.75).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(cv2.LUT(tilted, curve), (0, 0), 0.8), np.uint8)


def render(clip: PlantedClip, cache_dir: Path) -> Iterator[ByteArray]:
    """Every frame, (height, width, 3) in BGR."""
    wall = _wall(clip)
    look = Exposure(noise_sigma=GRAIN, seed=clip.seed)
    grain = grain_fields(look, clip.size_wh)
    sprites = [sprite(plant, cache_dir) for plant in clip.plants]
    for number in range(round(clip.duration_s * RATE)):
        time_s = float(number / RATE)
        picture = _scene(clip, wall, time_s)
        for plant, head in zip(clip.plants, sprites, strict=True):
            place = position(plant.path, time_s)
            if place is not None:
                _paste(picture, head, *place)
        yield expose(picture, look, _grain_of(grain, number), number)


def _grain_of(fields: list[Grain], number: int) -> Grain:
    return fields[number * 5 % len(fields)]


def _scene(clip: PlantedClip, wall: ByteArray, time_s: float) -> ByteArray:
    picture = wall.copy()
    if clip.foliage:
        _sway(picture, wall, time_s)
    for mover in clip.movers:
        _pass_by(picture, mover, time_s)
    return picture


def _wall(clip: PlantedClip) -> ByteArray:
    """Plaster, stains and a few straight edges: texture at several scales, no face."""
    width, height = clip.size_wh
    rng = np.random.default_rng(clip.seed)
    wall = np.linspace(150, 95, height)[:, None, None] * np.ones((1, width, 3))
    for cells, strength in ((12, 30), (60, 14), (240, 8)):
        field = rng.normal(0, strength, (cells * height // width, cells)).astype(np.float32)
        wall += cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)[..., None] * TINT
    for _ in range(6):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        wall[y : y + int(rng.integers(40, 200)), x : x + int(rng.integers(40, 200))] *= 0.8
    return np.clip(wall * clip.light, 0, 255).astype(np.uint8)


def _sway(picture: ByteArray, wall: ByteArray, time_s: float) -> None:
    left, top, right, bottom = LEAVES_XYXY
    shift = round(SWAY_PX * math.sin(2 * math.pi * 0.7 * time_s))
    leaves = wall[top:bottom, left + shift : right + shift].astype(np.float32)
    ripple = 1.0 + 0.3 * np.sin(0.5 * np.arange(right - left) + 5 * time_s)
    picture[top:bottom, left:right] = np.clip(leaves * ripple[:, None], 0, 255).astype(np.uint8)


def _pass_by(picture: ByteArray, mover: Mover, time_s: float) -> None:
    place = position(mover.path, time_s)
    if place is None:
        return
    width, height = mover.size_wh
    left, top = round(place[0] - width / 2), round(place[1] - height / 2)
    corners = (left, top), (left + width, top + height)
    cv2.rectangle(picture, *corners, (mover.luma,) * 3, thickness=-1)
    cv2.rectangle(picture, *corners, (mover.luma // 2,) * 3, thickness=6)


def sprite(plant: Plant, cache_dir: Path) -> Sprite:
    """The person's head at the plant's size, blur and light."""
    portrait = PEOPLE[plant.person].seen
    picture = _photograph(portrait.picture, cache_dir)
    left, top, right, bottom = _around(portrait.face_xyxy, AROUND)
    cut = picture[top:bottom, left:right].astype(np.float32) * plant.light
    scale = plant.face_px / _shorter(portrait.face_xyxy)
    size_wh = round((right - left) * scale), round((bottom - top) * scale)
    colour = cv2.resize(cut, size_wh, interpolation=cv2.INTER_AREA)
    opacity = _oval(size_wh)
    colour, opacity = (_blurred(x, plant) for x in (colour * opacity[..., None], opacity))
    face_left, face_top, face_right, face_bottom = portrait.face_xyxy
    return Sprite(
        np.asarray(colour, np.float32),
        np.asarray(1 - opacity, np.float32)[..., None],
        scale * ((face_left + face_right) / 2 - left),
        scale * ((face_top + face_bottom) / 2 - top),
    )


def _blurred(field: FloatArray, plant: Plant) -> FloatArray:
    if plant.gaussian_px:
        field = np.asarray(cv2.GaussianBlur(field, (0, 0), plant.gaussian_px), np.float32)
    if plant.motion_px > 1:
        field = np.asarray(cv2.blur(field, (plant.motion_px, 1)), np.float32)
    return field


def _oval(size_wh: tuple[int, int]) -> FloatArray:
    """1 inside, 0 at the edges and beyond the corners, smooth between."""
    width, height = size_wh
    across = np.abs(np.linspace(-1, 1, width))[None, :]
    down = np.abs(np.linspace(-1, 1, height))[:, None]
    return np.asarray(np.clip((1 - (across**4 + down**4)) / 0.3, 0, 1), np.float32)


def _paste(picture: ByteArray, head: Sprite, x: float, y: float) -> None:
    height, width = head.colour.shape[:2]
    left, top = round(x - head.x), round(y - head.y)
    region = picture[top : top + height, left : left + width]
    region[:] = (region * head.through + head.colour).astype(np.uint8)


def _around(face_xyxy: Box, sides: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    left, top, right, bottom = face_xyxy
    width, height = right - left, bottom - top
    return (
        round(left - sides[0] * width),
        round(top - sides[1] * height),
        round(right + sides[2] * width),
        round(bottom + sides[3] * height),
    )


def _shorter(face_xyxy: Box) -> float:
    left, top, right, bottom = face_xyxy
    return min(right - left, bottom - top)


@cache
def _photograph(name: str, cache_dir: Path) -> ByteArray:
    return read_picture(name, cache_dir)
