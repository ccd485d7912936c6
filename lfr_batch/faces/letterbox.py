"""How a picture is fitted into a detector's input. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.records import ByteArray, FaceBatch, FloatArray

PixelRegion = tuple[int, int, int, int]
"""Left, top, right, bottom in picture pixels; right and bottom are outside."""

CELL_PX = 32
"""Inputs have sides that are multiples of this; parts of pictures begin at multiples of it."""
TRIMMED = 0.01
"""Of a side: a face of 20 pixels is a fifth of a pixel smaller at most."""
PART_SHARES = (0.3, 0.6, 1.0)
"""Sides of parts, as shares of the whole input's: every new shape costs a detector preparation."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The picture scaled to ``content_wh``, at the top left of an input of ``input_wh``.

    Of a part of a picture, ``origin_xy`` is where the input's top left stands in the whole one,
    in input pixels, and ``content_wh`` is still the size of the whole scaled picture.
    """

    content_wh: tuple[int, int]
    input_wh: tuple[int, int]
    scale_xy: tuple[float, float]
    """Input pixels per picture pixel."""
    origin_xy: tuple[int, int] = (0, 0)

    def to_picture(self, faces: FaceBatch) -> FaceBatch:
        """Faces in input pixels as faces in picture pixels."""
        scale = np.asarray(self.scale_xy, np.float32)
        origin = np.asarray(self.origin_xy, np.float32)
        return FaceBatch(
            np.asarray((faces.boxes_xyxy + np.tile(origin, 2)) / np.tile(scale, 2), np.float32),
            np.asarray((faces.landmarks_xy + origin) / scale, np.float32),
            faces.scores,
        )

    @property
    def is_part(self) -> bool:
        """Whether the input shows less than the whole scaled picture."""
        whole = all(a >= b for a, b in zip(self.input_wh, self.content_wh, strict=True))
        return not (whole and self.origin_xy == (0, 0))

    def shown_xyxy(self, border_px: float) -> FloatArray:
        """(4,) picture pixels that the input shows, less ``border_px`` input pixels where the
        picture goes on; infinite where it does not."""
        left_top = np.array(self.origin_xy, np.float32)
        right_bottom = left_top + self.input_wh
        first = np.where(left_top > 0, left_top + border_px, -np.inf)
        last = np.where(right_bottom < self.content_wh, right_bottom - border_px, np.inf)
        scale = np.array(self.scale_xy, np.float32)
        return np.concatenate([first / scale, last / scale]).astype(np.float32)

    def trimmed(self) -> Letterbox:
        """The whole picture with sides up to ``TRIMMED`` smaller where that spares a row of cells:
        1280×720 at 800×450 would be padded to 480 lines, at 800×448 it is not padded."""
        content = _trimmed(self.content_wh[0]), _trimmed(self.content_wh[1])
        padded = math.ceil(content[0] / CELL_PX), math.ceil(content[1] / CELL_PX)
        shrunk = content[0] / self.content_wh[0], content[1] / self.content_wh[1]
        scale = self.scale_xy[0] * shrunk[0], self.scale_xy[1] * shrunk[1]
        return Letterbox(content, (padded[0] * CELL_PX, padded[1] * CELL_PX), scale)

    def part(self, region: PixelRegion) -> Letterbox:
        """The input that shows ``region`` and a little more: borders lie on the same grid."""
        left, right = _cells(region[0], region[2], self.scale_xy[0], self.input_wh[0])
        top, bottom = _cells(region[1], region[3], self.scale_xy[1], self.input_wh[1])
        size_wh = right - left, bottom - top
        return Letterbox(self.content_wh, size_wh, self.scale_xy, (left, top))

    def cut(self, content_rgb: ByteArray) -> ByteArray:
        """What this input shows of the whole scaled picture."""
        left, top = self.origin_xy
        return content_rgb[top : top + self.input_wh[1], left : left + self.input_wh[0]]


def _trimmed(side: int) -> int:
    whole = side // CELL_PX * CELL_PX
    return whole if whole >= (1 - TRIMMED) * side else side


def _cells(start: int, end: int, scale: float, side: int) -> tuple[int, int]:
    """The first of the allowed parts of ``side`` that holds all from start to end."""
    first = math.floor(start * scale / CELL_PX) * CELL_PX
    last = min(side, math.ceil(end * scale / CELL_PX) * CELL_PX)
    length = next(part for part in _part_sides(side) if part >= last - first)
    first = max(0, min(first, side - length))
    return first, first + length


def _part_sides(side: int) -> list[int]:
    return [math.ceil(side * share / CELL_PX) * CELL_PX for share in PART_SHARES]


def long_side_px(size_wh: tuple[int, int], smallest_px: float, shown_px: float) -> int:
    """The long side at which a face of ``smallest_px`` is ``shown_px`` wide; never enlarged."""
    return math.ceil(max(size_wh) * min(1.0, shown_px / max(smallest_px, shown_px)))


def fit(size_wh: tuple[int, int], long_side_px: int, multiple: int = CELL_PX) -> Letterbox:
    """Longer side to ``long_side_px``, never enlarged, padded to multiples of ``multiple``."""
    scale = min(1.0, long_side_px / max(size_wh))
    content = max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))
    padded = tuple(math.ceil(side / multiple) * multiple for side in content)
    return _letterbox(size_wh, content, (padded[0], padded[1]))


def fit_square(size_wh: tuple[int, int], side_px: int) -> Letterbox:
    """Into a fixed square, enlarged if need be (insightface ``SCRFD.detect``: same rounding)."""
    width, height = size_wh
    if height > width:
        content = int(side_px / (height / width)), side_px
    else:
        content = side_px, int(side_px * (height / width))
    content = max(content[0], 1), max(content[1], 1)
    scale = content[1] / height
    return Letterbox(content, (side_px, side_px), (scale, scale))


def _letterbox(
    size_wh: tuple[int, int], content_wh: tuple[int, int], input_wh: tuple[int, int]
) -> Letterbox:
    scale = content_wh[0] / size_wh[0], content_wh[1] / size_wh[1]
    return Letterbox(content_wh, input_wh, scale)


def stack(contents_rgb: Sequence[ByteArray], input_wh: tuple[int, int]) -> ByteArray:
    """(n, height, width, 3): every scaled picture at the top left, the rest black."""
    batch = np.zeros((len(contents_rgb), input_wh[1], input_wh[0], 3), np.uint8)
    for row, content in zip(batch, contents_rgb, strict=True):
        row[: content.shape[0], : content.shape[1]] = content
    return batch
