"""Frames to a video file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import av
import numpy as np
from av.video.stream import VideoStream

from lfr_batch.records import ByteArray
from lfr_batch.storage.files import replacing

BLOCK_PX = 16
CONTAINERS: Mapping[str, str] = MappingProxyType({".mp4": "mp4", ".avi": "avi"})
PIXELS: Mapping[str, str] = MappingProxyType(
    {"libx264": "yuv420p", "mpeg4": "yuv420p", "mjpeg": "yuvj420p"}
)
OPTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "libx264": {"crf": "25", "preset": "veryfast", "g": "50"},
        "mpeg4": {"qscale": "5", "g": "25"},
        "mjpeg": {"qmin": "5", "qmax": "5"},
    }
)
"""Encoder options: the quality of a decent recorder."""


def write_video(
    path: Path,
    frames_bgr: Iterable[ByteArray],
    size_wh: tuple[int, int],
    rate: Fraction,
    codec: str,
) -> None:
    """Whole or not at all. Frames are (height, width, 3) and as many as the iterable gives.

    Raises ValueError for a size that does not fill whole blocks: what lies beyond the picture's
    edge would then find its way into the encoder's decisions.
    """
    if any(side % BLOCK_PX for side in size_wh):
        raise ValueError(f"{size_wh} is not in multiples of {BLOCK_PX}")
    with (
        replacing(path) as fresh,
        av.open(str(fresh), "w", format=CONTAINERS[path.suffix]) as container,
    ):
        stream = container.add_stream(codec, rate=rate, options=dict(OPTIONS[codec]))
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{codec} is no video codec")
        stream.width, stream.height = size_wh
        stream.pix_fmt = PIXELS[codec]
        # With one thread the encoder's decisions hardly depend on the machine.
        stream.codec_context.thread_count = 1
        for frame_bgr in frames_bgr:
            frame = av.VideoFrame.from_ndarray(frame_bgr, format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def read_frames(path: Path) -> tuple[list[ByteArray], Fraction]:
    """Every frame of a short clip as (height, width, 3) in BGR, and the frame rate."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [
            frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
            for frame in container.decode(stream)
        ]
        return frames, stream.average_rate or Fraction(25)
