"""Frames as decoders leave them, of pictures that are made up."""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.shape import Shape
from lfr_batch.planes import STORAGE
from lfr_batch.records import ByteArray

FULL, LIMITED = 2, 1
KNOWN = (1, 4, 5, 7, 9)
"""Matrices that swscale knows by name."""
AS_ON_PROCESSORS = {"nv12": "yuv420p", "p010le": "yuv420p10le", "p016le": "yuv420p12le"}


def coarse(size_wh: tuple[int, int], seed: int = 3) -> ByteArray:
    """Patches of all colours, about six pixels wide, with noise; (height, width, 3)."""
    width, height = size_wh
    random = np.random.default_rng(seed)
    patches = random.integers(0, 256, (height // 6 + 2, width // 6 + 2, 3), np.uint8)
    large = cv2.resize(patches, size_wh, interpolation=cv2.INTER_CUBIC).astype(np.int16)
    noisy = large + random.integers(-12, 13, (height, width, 3))
    return np.asarray(noisy.clip(0, 255), np.uint8)


def stored_as(
    pixels_rgb: ByteArray, stored: str, matrix: int = 1, extent: int = LIMITED
) -> av.VideoFrame:
    """``matrix`` and ``extent`` as FFmpeg numbers them."""
    drawn = av.VideoFrame.from_ndarray(pixels_rgb, format="rgb24")
    frame = drawn.reformat(
        format=stored,
        dst_colorspace=matrix if matrix in KNOWN else 5,
        dst_color_range=extent,
        src_color_range=FULL,
    )
    frame.colorspace, frame.color_range = matrix, extent
    return frame


def two_of(
    pixels_rgb: ByteArray,
    stored: str,
    matrix: int = 1,
    extent: int = LIMITED,
    shape: Shape = Shape(),  # noqa: B008 - it is frozen
) -> tuple[PyavFrame, PyavFrame]:
    """The picture as a decoder stores it, and as a processor's decoder would have."""
    theirs = stored_as(pixels_rgb, AS_ON_PROCESSORS.get(stored, stored), matrix, extent)
    frame = _woven(theirs, stored) if stored in AS_ON_PROCESSORS else theirs
    return PyavFrame(Decoded(frame), shape, Scalers()), PyavFrame(Decoded(theirs), shape, Scalers())


def _woven(theirs: av.VideoFrame, stored: str) -> av.VideoFrame:
    """As a GPU's decoder stores it: colours in turn, in the upper bits."""
    frame = av.VideoFrame(theirs.width, theirs.height, stored)
    frame.colorspace, frame.color_range = theirs.colorspace, theirs.color_range
    luma, u, v = (_samples(theirs, number) for number in range(3))
    unit = STORAGE[stored].unit // STORAGE[theirs.format.name].unit
    chroma = np.stack([u, v], axis=-1).reshape(len(u), -1)
    for number, plane in enumerate((luma, chroma)):
        lines = _samples(frame, number).copy()
        width = min(plane.shape[1], lines.shape[1])
        lines[:, :width] = plane[:, :width] * unit
        frame.planes[number].update(lines.tobytes())
    return frame


def _samples(frame: av.VideoFrame, number: int) -> NDArray[Any]:
    """(lines, samples from line to line)."""
    sample = np.uint8 if STORAGE[frame.format.name].sample_bytes == 1 else np.uint16
    plane = frame.planes[number]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines.view(sample)
