"""Parts of frames are the parts of whole frames, whatever the frame is made of."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.pyav_frame import CUT_AS_STORED, PyavFrame, Scalers
from lfr_batch.footage.shape import Shape
from lfr_batch.records import ByteArray

from .clips import whole_bgr

Part = tuple[int, int, int, int]

FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "gray", "rgb24", "yuv420p10le")
SIZES_WH = ((160, 120), (99, 66), (98, 67), (161, 121))
ORIENTATIONS = [Shape(1.0, mirrored, turns) for mirrored in (False, True) for turns in range(4)]
AS_STORED = Shape()
STRETCHES = (2.0, 0.5, 12 / 11, 40 / 33, 0.9, 64 / 45)
WHOLE = [
    (pixels, size_wh)
    for pixels in FORMATS
    for size_wh in SIZES_WH
    # Of whole 4:2:0 frames of odd height, and of no others, FFmpeg interpolates the colours.
    if size_wh[1] % 2 == 0 or pixels not in CUT_AS_STORED
]


def scene(size_wh: tuple[int, int]) -> ByteArray:
    """Soft patches of strong colours, as a camera sees them; rgb."""
    width, height = size_wh
    noise = np.random.default_rng(3).normal(128, 900, (height, width, 3))
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 7).clip(0, 255), np.uint8)


def frame_of(
    size_wh: tuple[int, int],
    pixels: str,
    shape: Shape = AS_STORED,
    colours: Colorspace = Colorspace.ITU601,
    extent: ColorRange = ColorRange.MPEG,
) -> PyavFrame:
    frame = av.VideoFrame.from_ndarray(scene(size_wh), format="rgb24")
    if pixels != "rgb24":
        frame = frame.reformat(
            format=pixels, dst_colorspace=colours, dst_color_range=extent, src_color_range="JPEG"
        )
        frame.colorspace, frame.color_range = colours, extent
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return PyavFrame(Decoded(frame), shape, Scalers())


def reference(frame: PyavFrame) -> ByteArray:
    """The whole frame as FFmpeg converts it, stretched by OpenCV, mirrored, turned upright."""
    whole = np.asarray(frame._decoded.frame.reformat(format="bgr24").to_ndarray(), np.uint8)
    shape, stored_wh = frame._shape, (whole.shape[1], whole.shape[0])
    if shape.stretched_wh(stored_wh) != stored_wh:
        whole = np.asarray(
            cv2.resize(whole, shape.stretched_wh(stored_wh), interpolation=cv2.INTER_CUBIC)
        )
    return upright(whole, shape)


def upright(picture: ByteArray, shape: Shape) -> ByteArray:
    mirrored = np.fliplr(picture) if shape.mirrored else picture
    return np.asarray(np.rot90(mirrored, -shape.turns), np.uint8)


def cropped(frame: PyavFrame, size_wh: tuple[int, int]) -> PyavFrame:
    """The upper left of a 4:2:0 frame of three planes, plane by plane."""
    whole = frame._decoded.frame
    part = av.VideoFrame(*size_wh, whole.format.name)
    part.colorspace, part.color_range = whole.colorspace, whole.color_range
    for ours, theirs in zip(part.planes, whole.planes, strict=True):
        rows = np.frombuffer(memoryview(theirs), np.uint8).reshape(-1, theirs.line_size)
        filled = np.zeros((ours.height, ours.line_size), np.uint8)
        filled[:, : ours.width] = rows[: ours.height, : ours.width]
        ours.update(filled.tobytes())
    return PyavFrame(Decoded(part), frame._shape, Scalers())


def parts_of(size_wh: tuple[int, int]) -> list[Part]:
    """Borders at even and odd places, at the picture's ends, and a single pixel."""
    width, height = size_wh
    rng = np.random.default_rng(5)
    xs = [sorted(rng.choice(width + 1, 2, replace=False).tolist()) for _ in range(24)]
    ys = [sorted(rng.choice(height + 1, 2, replace=False).tolist()) for _ in range(24)]
    random = [(x[0], y[0], x[1], y[1]) for x, y in zip(xs, ys, strict=True)]
    ends = [(0, 0, width, height), (width - 1, height - 1, width, height), (0, 0, 1, 1)]
    return [*random, *ends, (width - 2, 3, width, 4), (1, 1, width - 1, height - 1)]


def largest_gap(one: ByteArray, other: ByteArray) -> int:
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other).max())


def assert_parts_are_the_whole_s(frame: PyavFrame, whole: ByteArray) -> None:
    assert frame.size_wh == (whole.shape[1], whole.shape[0])
    for left, top, right, bottom in parts_of(frame.size_wh):
        part = frame.bgr_part(left, top, right, bottom)
        assert part.dtype == np.uint8
        assert part.flags.c_contiguous
        assert largest_gap(part, whole[top:bottom, left:right]) <= 2, (left, top, right, bottom)


@pytest.mark.parametrize("shape", ORIENTATIONS, ids=str)
@pytest.mark.parametrize(("pixels", "size_wh"), WHOLE)
def test_a_part_is_what_the_whole_conversion_gives(
    pixels: str, size_wh: tuple[int, int], shape: Shape
) -> None:
    frame = frame_of(size_wh, pixels, shape)
    assert_parts_are_the_whole_s(frame, reference(frame))


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
@pytest.mark.parametrize("sample_aspect", STRETCHES)
@pytest.mark.parametrize(("pixels", "size_wh"), [("yuv420p", (160, 120)), ("nv12", (98, 66))])
def test_a_part_of_a_stretched_picture_is_the_whole_s(
    pixels: str, size_wh: tuple[int, int], sample_aspect: float, orientation: Shape
) -> None:
    frame = frame_of(size_wh, pixels, replace(orientation, sample_aspect=sample_aspect))
    assert_parts_are_the_whole_s(frame, reference(frame))


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_scaled_pictures_have_the_true_shape(orientation: Shape) -> None:
    """What is asked for in a size is the true picture in that size, not the stored one."""
    shape = replace(orientation, sample_aspect=2.0)
    frame = frame_of((80, 120), "yuv420p", shape)
    width, height = frame.size_wh
    assert (width, height) == ((120, 160) if shape.turns % 2 else (160, 120))
    whole = reference(frame)
    half_wh = width // 2, height // 2
    halved = cv2.resize(whole, half_wh, interpolation=cv2.INTER_AREA)
    rgb, luma = frame.rgb(*half_wh), frame.luma(*half_wh)
    assert np.abs(rgb[..., ::-1].astype(int) - halved).mean() < 4
    grey = cv2.cvtColor(halved, cv2.COLOR_BGR2GRAY)
    assert np.abs(luma.astype(int) - grey).mean() < 4


@pytest.mark.parametrize("shape", ORIENTATIONS, ids=str)
@pytest.mark.parametrize("size_wh", [(98, 67), (161, 121), (99, 66)])
@pytest.mark.parametrize("pixels", sorted(CUT_AS_STORED))
def test_a_frame_of_odd_size_is_converted_like_one_of_even_size(
    pixels: str, size_wh: tuple[int, int], shape: Shape
) -> None:
    even = frame_of((size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2), pixels)
    whole = reference(even)[: size_wh[1], : size_wh[0]]
    odd = cropped(even, size_wh)
    frame = PyavFrame(Decoded(odd._decoded.frame), shape, Scalers())
    assert_parts_are_the_whole_s(frame, upright(whole, shape))


@pytest.mark.parametrize("extent", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("colours", [Colorspace.ITU601, Colorspace.ITU709])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv422p", "nv12"])
def test_a_part_keeps_the_colours_of_the_whole(
    pixels: str, colours: Colorspace, extent: ColorRange
) -> None:
    frame = frame_of((160, 120), pixels, colours=colours, extent=extent)
    assert_parts_are_the_whole_s(frame, reference(frame))


def test_colours_are_those_of_the_scene() -> None:
    """So that the tests above do not compare two pictures that are wrong alike."""
    filmed = scene((160, 120))
    for colours in (Colorspace.ITU601, Colorspace.ITU709):
        frame = frame_of((160, 120), "yuv420p", colours=colours)
        part = frame.bgr_part(31, 17, 121, 102)[..., ::-1]
        assert np.abs(part.astype(int) - filmed[17:102, 31:121]).mean() < 5


def test_parts_of_different_sizes_and_the_whole_do_not_disturb_each_other() -> None:
    """The converters are kept from call to call and from frame to frame."""
    scalers = Scalers()
    frames = [
        PyavFrame(Decoded(frame_of((160, 120), pixels)._decoded.frame), Shape(), scalers)
        for pixels in ("yuv420p", "nv12", "yuvj420p")
    ]
    before = [frame.bgr_part(10, 10, 60, 50) for frame in frames]
    kept = [part.copy() for part in before]
    for frame in frames:
        whole_bgr(frame)
        frame.rgb(80, 60)
        frame.luma(16, 12)
        frame.bgr_part(3, 5, 120, 100)
    for frame, part, copy in zip(frames, before, kept, strict=True):
        np.testing.assert_array_equal(part, copy)
        np.testing.assert_array_equal(frame.bgr_part(10, 10, 60, 50), copy)


@pytest.mark.parametrize("colours", [Colorspace.ITU601, Colorspace.ITU709, Colorspace.BT2020])
def test_brightness_is_what_is_stored_whatever_the_colours(colours: Colorspace) -> None:
    """And not a mixture of it with differences of colour."""
    random = np.random.default_rng(5)
    planes = np.full((90, 80), 128, np.uint8)
    planes[:60] = 16 + np.kron(random.integers(0, 220, (6, 8)), np.ones((10, 10)))
    planes[60:] = random.integers(16, 240, (30, 80))
    stored = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    stored.colorspace, stored.color_range = colours, ColorRange.MPEG
    shown = PyavFrame(Decoded(stored), Shape(), Scalers()).luma(8, 6)
    wanted = (planes[:60:10, ::10].astype(float) - 16) * 255 / 219
    assert np.abs(shown - wanted).max() <= 1.5
