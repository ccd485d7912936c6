"""Frames as PyAV decodes them, converted only when asked."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from lfr_batch.records import ByteArray

SCALED_AS_STORED = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "nv12"})
"""Scaling these before the change to RGB costs swscale a third of doing both in one step."""


class Scalers:
    """swscale contexts, one per kind of picture, kept from frame to frame. One thread at a time."""

    __slots__ = ("bgr", "luma", "rgb", "size")

    def __init__(self) -> None:
        self.size = VideoReformatter()
        self.luma = VideoReformatter()
        self.rgb = VideoReformatter()
        self.bgr = VideoReformatter()


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

    def bgr(self) -> ByteArray:
        return self._upright(self._scalers.bgr.reformat(self._frame, format="bgr24", threads=1))

    def _turned(self, width: int, height: int) -> tuple[int, int]:
        return (height, width) if self._turns % 2 else (width, height)

    def _upright(self, converted: av.VideoFrame) -> ByteArray:
        picture = converted.to_ndarray().astype(np.uint8, copy=False)
        return np.ascontiguousarray(np.rot90(picture, -self._turns))
