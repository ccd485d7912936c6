"""How a picture is fitted into a detector's input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.records import ByteArray, FaceBatch


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The picture scaled to ``content_wh``, at the top left of an input of ``input_wh``."""

    content_wh: tuple[int, int]
    input_wh: tuple[int, int]
    scale_xy: tuple[float, float]
    """Input pixels per picture pixel."""

    def to_picture(self, faces: FaceBatch) -> FaceBatch:
        """Faces in input pixels as faces in picture pixels."""
        scale = np.asarray(self.scale_xy, np.float32)
        return FaceBatch(
            np.asarray(faces.boxes_xyxy / np.tile(scale, 2), np.float32),
            np.asarray(faces.landmarks_xy / scale, np.float32),
            faces.scores,
        )


def fit(size_wh: tuple[int, int], long_side_px: int, multiple: int = 32) -> Letterbox:
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
