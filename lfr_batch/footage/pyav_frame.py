"""Frames as PyAV decodes them, converted only when asked."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from lfr_batch.records import ByteArray

SCALED_AS_STORED = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "nv12"})
"""Scaling these before the change to RGB costs swscale a third of doing both in one step."""
CUT_AS_STORED = frozenset({"yuv420p", "yuvj420p"})
"""Parts of these are cut out of the planes, so that the rest of the frame is never converted."""


class Scalers:
    """swscale contexts, one per kind of picture, kept from frame to frame.

    Each is one thread's at a time; ``luma`` may be another's than the rest.
    """

    __slots__ = ("bgr", "luma", "part", "rgb", "size")

    def __init__(self) -> None:
        self.size = VideoReformatter()
        self.luma = VideoReformatter()
        self.rgb = VideoReformatter()
        self.bgr = VideoReformatter()
        self.part = VideoReformatter()


class PyavFrame:
    """A decoded frame. ``turns`` clockwise quarter turns make it upright."""

    __slots__ = ("_frame", "_pts_ns", "_scalers", "_turns")

    def __init__(self, frame: av.VideoFrame, pts_ns: int, turns: int, scalers: Scalers) -> None:
        self._frame = frame
        self._pts_ns = pts_ns
        self._turns = turns
        self._scalers = scalers

    @property
    def pts_ns(self) -> int:
        return self._pts_ns

    @property
    def size_wh(self) -> tuple[int, int]:
        return self._turned(self._frame.width, self._frame.height)

    def luma(self, width: int, height: int) -> ByteArray:
        stored_wh = self._turned(width, height)
        return self._upright(
            self._scalers.luma.reformat(
                self._frame, *stored_wh, "gray", interpolation=Interpolation.AREA, threads=1
            )
        )

    def rgb(self, width: int, height: int) -> ByteArray:
        frame, stored_wh = self._frame, self._turned(width, height)
        if frame.format.name in SCALED_AS_STORED:
            frame = self._scalers.size.reformat(frame, *stored_wh, threads=1)
        return self._upright(self._scalers.rgb.reformat(frame, *stored_wh, "rgb24", threads=1))

    def bgr_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        stored = self._as_stored(left, top, right, bottom)
        return np.ascontiguousarray(np.rot90(self._stored_part(*stored), -self._turns))

    def _stored_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        frame, scalers = self._frame, self._scalers
        if frame.format.name not in CUT_AS_STORED:
            whole = scalers.bgr.reformat(frame, format="bgr24", threads=1).to_ndarray()
            return whole[top:bottom, left:right].astype(np.uint8, copy=False)
        # Chroma has half the resolution: what is cut begins and ends on its grid.
        across, down = left // 2 * 2, top // 2 * 2
        cut = _cut_planes(frame, across, down, (right + 1) // 2 * 2, (bottom + 1) // 2 * 2)
        bgr = scalers.part.reformat(cut, format="bgr24", threads=1).to_ndarray()
        part = bgr[top - down : bottom - down, left - across : right - across]
        return part.astype(np.uint8, copy=False)

    def _as_stored(self, left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
        """The same part before the frame is turned upright."""
        width, height = self._frame.width, self._frame.height
        return {
            0: (left, top, right, bottom),
            1: (top, height - right, bottom, height - left),
            2: (width - right, height - bottom, width - left, height - top),
            3: (width - bottom, left, width - top, right),
        }[self._turns]

    def _turned(self, width: int, height: int) -> tuple[int, int]:
        return (height, width) if self._turns % 2 else (width, height)

    def _upright(self, converted: av.VideoFrame) -> ByteArray:
        picture = converted.to_ndarray().astype(np.uint8, copy=False)
        return np.ascontiguousarray(np.rot90(picture, -self._turns))


def _cut_planes(
    frame: av.VideoFrame, left: int, top: int, right: int, bottom: int
) -> av.VideoFrame:
    """A part of a 4:2:0 frame, borders even, with the frame's own colours.

    The odd last line or column of a frame of odd size is repeated.
    """
    luma = _plane(frame, 0)[top:bottom, left:right]
    chroma = [_plane(frame, i)[top // 2 : bottom // 2, left // 2 : right // 2] for i in (1, 2)]
    size = bottom - top, right - left
    stacked = np.concatenate(
        [
            _filled(luma, size).ravel(),
            *(_filled(c, (size[0] // 2, size[1] // 2)).ravel() for c in chroma),
        ]
    )
    cut = av.VideoFrame.from_ndarray(
        stacked.reshape(size[0] * 3 // 2, size[1]), format=frame.format.name
    )
    cut.colorspace, cut.color_range = frame.colorspace, frame.color_range
    return cut


def _plane(frame: av.VideoFrame, number: int) -> ByteArray:
    plane = frame.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.asarray(rows[:, : plane.width], np.uint8)


def _filled(part: ByteArray, size_hw: tuple[int, int]) -> ByteArray:
    missing = [(0, wanted - there) for wanted, there in zip(size_hw, part.shape, strict=True)]
    return np.pad(part, missing, mode="edge") if any(m for _, m in missing) else part
