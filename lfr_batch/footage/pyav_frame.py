"""Frames as PyAV decodes them, converted only when asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.nvdec import brought_down, is_on_card, planes_on_card
from lfr_batch.footage.shape import Part, Shape, SizeWh, Stated, from_display_matrix
from lfr_batch.footage.stored import planes_of
from lfr_batch.planes import STORAGE, Cells, Planes
from lfr_batch.records import ByteArray

SCALED_AS_STORED = frozenset(name for name, kept in STORAGE.items() if kept.scaled_first)
"""Scaling these before the change to RGB costs swscale a third of doing both in one step."""
CUT_AS_STORED = frozenset({"yuv420p", "yuvj420p"})
"""Parts of these are cut out of the planes, so that the rest of the frame is never converted."""
AROUND_PX = 3
"""Stored pixels around a part that cubic interpolation reaches when the part is stretched."""


class Scalers:
    """swscale contexts, one per kind of picture, kept from frame to frame.

    Each is one thread's at a time; ``luma`` and ``down`` may be another's than the rest.
    ``cells`` makes ``luma`` on a GPU; None: it is made here, of frames brought down for it.
    """

    __slots__ = ("bgr", "cells", "down", "luma", "part", "rgb", "size")

    def __init__(self, cells: Cells | None = None) -> None:
        self.cells = cells
        self.down = VideoReformatter()
        self.size = VideoReformatter()
        self.luma = VideoReformatter()
        self.rgb = VideoReformatter()
        self.bgr = VideoReformatter()
        self.part = VideoReformatter()


class PyavFrame:
    """A decoded frame. ``shape`` makes the true, upright picture of what is stored.

    What filters it is called when there is something to convert, and once.
    """

    __slots__ = ("_decoded", "_made", "_scalers", "_shape")

    picture = None

    def __init__(self, decoded: Decoded, shape: Shape, scalers: Scalers) -> None:
        self._decoded = decoded
        self._made: av.VideoFrame | None = None
        self._shape = shape
        self._scalers = scalers

    @property
    def pts_ns(self) -> int:
        return self._decoded.pts_ns

    @property
    def size_wh(self) -> SizeWh:
        return self._shape.true_wh(self._stored_wh)

    @property
    def stored(self) -> av.VideoFrame:
        """As its decoder left it: neither turned nor stretched, fields woven; only to be read."""
        return self._decoded.frame

    def planes(self) -> Planes | None:
        decoded = self._decoded
        return None if decoded.woven else planes_of(decoded.frame, self._shape)

    def luma(self, width: int, height: int) -> ByteArray:
        stored_wh, cells = self._shape.turned_wh((width, height)), self._scalers.cells
        planes = self.planes() if cells is not None else None
        if cells is None or planes is None:
            return self._turned(self._brightness(stored_wh))
        return self._turned(cells(planes, stored_wh, partial(self._brightness, stored_wh)))

    def _brightness(self, stored_wh: SizeWh) -> ByteArray:
        """Averaged down, not turned."""
        # Of one colour space to the same: otherwise the differences of colour are mixed in.
        scaled = self._scalers.luma.reformat(
            self._picture(),
            *stored_wh,
            "gray",
            src_colorspace=Colorspace.ITU601,
            dst_colorspace=Colorspace.ITU601,
            interpolation=Interpolation.AREA,
            threads=1,
        )
        return scaled.to_ndarray().astype(np.uint8, copy=False)

    def rgb(self, width: int, height: int) -> ByteArray:
        frame, stored_wh = self._picture(), self._shape.turned_wh((width, height))
        if frame.format.name in SCALED_AS_STORED:
            frame = self._scalers.size.reformat(frame, *stored_wh, threads=1)
        return self._upright(self._scalers.rgb.reformat(frame, *stored_wh, "rgb24", threads=1))

    def bgr_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        stretched_wh = self._shape.stretched_wh(self._stored_wh)
        part = self._shape.before_turning((left, top, right, bottom), stretched_wh)
        if stretched_wh == self._stored_wh:
            return self._turned(self._stored_part(*part))
        return self._turned(self._stretched_part(part, stretched_wh))

    def other_field(self) -> PyavFrame | None:
        other = self._decoded.other_field()
        return None if other is None else PyavFrame(other, self._shape, self._scalers)

    def _picture(self) -> av.VideoFrame:
        """What is converted, in this process's memory."""
        if self._made is None:
            filtered = self._decoded.filtered
            made = self._decoded.frame if filtered is None else filtered()
            self._made = brought_down(made, self._scalers.down) if is_on_card(made) else made
        return self._made

    @property
    def _stored_wh(self) -> SizeWh:
        frame = self._decoded.frame
        return frame.width, frame.height

    def _stretched_part(self, part: Part, stretched_wh: SizeWh) -> ByteArray:
        """The part of the stretched picture, whose pixels' centres lie between those stored."""
        (width, height), (left, top, right, bottom) = self._stored_wh, part
        across, down = width / stretched_wh[0], height / stretched_wh[1]
        first = _before(left * across), _before(top * down)
        last = _behind(right * across, width), _behind(bottom * down, height)
        stored = self._stored_part(*first, *last)
        to_stored = np.array(
            [
                [across, 0, (left + 0.5) * across - 0.5 - first[0]],
                [0, down, (top + 0.5) * down - 0.5 - first[1]],
            ]
        )
        return _sampled(stored, to_stored, (right - left, bottom - top))

    def _stored_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        # Chroma has half the resolution: what is cut begins and ends on its grid.
        across, down = left // 2 * 2, top // 2 * 2
        cut = self._cut(across, down, (right + 1) // 2 * 2, (bottom + 1) // 2 * 2)
        if cut is None:
            whole = self._scalers.bgr.reformat(self._picture(), format="bgr24", threads=1)
            pixels = whole.to_ndarray()
            return pixels[top:bottom, left:right].astype(np.uint8, copy=False)
        bgr = self._scalers.part.reformat(cut, format="bgr24", threads=1).to_ndarray()
        part = bgr[top - down : bottom - down, left - across : right - across]
        return part.astype(np.uint8, copy=False)

    def _cut(self, left: int, top: int, right: int, bottom: int) -> av.VideoFrame | None:
        """A part with even borders as it is stored; None: of a kind that is converted whole."""
        stored = self._decoded.frame
        if is_on_card(stored) and self._decoded.filtered is None and self._made is None:
            planes = planes_on_card(stored, top, bottom)
            if planes is not None:
                columns = slice(left, right), slice(left // 2, right // 2)
                shown = [plane[:, columns[i > 0]] for i, plane in enumerate(planes)]
                return _part(stored, "yuv420p", shown, (bottom - top, right - left))
        frame = self._picture()
        if frame.format.name not in CUT_AS_STORED:
            return None
        luma = _plane(frame, 0)[top:bottom, left:right]
        chroma = [_plane(frame, i)[top // 2 : bottom // 2, left // 2 : right // 2] for i in (1, 2)]
        return _part(frame, frame.format.name, [luma, *chroma], (bottom - top, right - left))

    def _upright(self, converted: av.VideoFrame) -> ByteArray:
        return self._turned(converted.to_ndarray().astype(np.uint8, copy=False))

    def _turned(self, picture: ByteArray) -> ByteArray:
        mirrored = picture[:, ::-1] if self._shape.mirrored else picture
        return np.ascontiguousarray(np.rot90(mirrored, -self._shape.turns))


def orientation_of(frame: av.VideoFrame) -> tuple[bool, int]:
    """Whether stored mirrored, and the clockwise degrees after that: what its display matrix says.

    The container's matrix, or what H.264 and HEVC say of their display orientation.
    """
    # A frame that is asked for its side data holds on to what holds on to it, and so to itself.
    container: Any = SideDataContainer
    data = container(frame).get(SideDataType.DISPLAYMATRIX)
    return from_display_matrix(None if data is None else bytes(data))


def stated_by(stream: av.VideoStream) -> Stated:
    """Ask after the first frame is decoded: before, the codec may have said nothing yet."""
    return Stated(stream.sample_aspect_ratio, stream.codec_context.sample_aspect_ratio)


def _before(place: float) -> int:
    return max(0, int(place) - AROUND_PX)


def _behind(place: float, side: int) -> int:
    return min(side, int(place) + 1 + AROUND_PX)


def _sampled(picture: ByteArray, to_picture: np.ndarray, size_wh: SizeWh) -> ByteArray:
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    sampled = cv2.warpAffine(
        picture, to_picture, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(sampled, np.uint8)


def _part(
    frame: av.VideoFrame, stored: str, planes: Sequence[ByteArray], size_hw: tuple[int, int]
) -> av.VideoFrame:
    """A part of a 4:2:0 frame, of even size, with the frame's own colours.

    The odd last line or column of a frame of odd size is repeated.
    """
    half_hw = size_hw[0] // 2, size_hw[1] // 2
    whole = [_filled(each, half_hw if i else size_hw) for i, each in enumerate(planes)]
    stacked = np.concatenate([each.ravel() for each in whole])
    part = av.VideoFrame.from_ndarray(
        stacked.reshape(size_hw[0] * 3 // 2, size_hw[1]), format=stored
    )
    part.colorspace, part.color_range = frame.colorspace, frame.color_range
    return part


def _plane(frame: av.VideoFrame, number: int) -> ByteArray:
    plane = frame.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.asarray(rows[:, : plane.width], np.uint8)


def _filled(part: ByteArray, size_hw: tuple[int, int]) -> ByteArray:
    missing = [(0, wanted - there) for wanted, there in zip(size_hw, part.shape, strict=True)]
    return np.pad(part, missing, mode="edge") if any(m for _, m in missing) else part
