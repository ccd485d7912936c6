"""Small rendered videos for the footage tests."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np

from lfr_batch.config.schema import S3Config
from lfr_batch.footage.decoders import PLAINLY, Decoding
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.pyav import open_frames
from lfr_batch.footage.pyav_frame import PyavFrame
from lfr_batch.footage.sources import source_of
from lfr_batch.records import ByteArray, Segment

RATE = 25
SIZE_WH = (160, 120)
ANYWHERE = S3Config()


def pictures(count: int, size_wh: tuple[int, int] = SIZE_WH, seed: int = 0) -> Iterator[ByteArray]:
    """A blocky background over which a bright square moves; rgb."""
    width, height = size_wh
    rng = np.random.default_rng(seed)
    blocks = rng.integers(20, 200, (height // 8, width // 8, 3), dtype=np.uint8)
    background = blocks.repeat(8, 0).repeat(8, 1)
    for i in range(count):
        picture = background.copy()
        left = i * 3 % (width - 24)
        picture[40:64, left : left + 24] = 255
        yield picture


def write_clip(
    path: Path,
    shown: Iterable[ByteArray] | int = 100,
    *,
    codec: str = "libx264",
    container: str | None = None,
    muxer: Mapping[str, str] | None = None,
    encoder: Mapping[str, str] | None = None,
    ticks: Iterable[int] | None = None,
    rotation: int = 0,
    flips: tuple[bool, bool] = (False, False),
    sample_aspect: Fraction | None = None,
    tags: Mapping[str, str] | None = None,
    keyframe_every: int = 25,
) -> Path:
    """Encode pictures at 25 frames/s (or at ``ticks`` of 1/25 s) with a keyframe a second.

    ``rotation`` is counter-clockwise degrees, ``flips`` (left-right, top-bottom) come after it.
    """
    shown = pictures(shown) if isinstance(shown, int) else shown
    with av.open(str(path), "w", format=container, options=dict(muxer or {})) as out:
        added = out.add_stream(codec, rate=RATE, options=dict(encoder or {}))
        stream = cast("av.VideoStream", added)
        stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        stream.gop_size = keyframe_every
        out.metadata.update(tags or {})
        if rotation or any(flips):
            stream.set_display_rotation(rotation, *flips)
        if sample_aspect is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        times = iter(ticks) if ticks is not None else iter(range(1_000_000))
        for picture in shown:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if not stream.codec_context.is_open:
                stream.width, stream.height = frame.width, frame.height
            frame.pts, frame.time_base = next(times), Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=16000, layout="mono")
        for _ in range(20):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate = 16000
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def whole(path: Path | str, duration_s: float | None = None, rotation_deg: int = 0) -> Segment:
    """One segment over all of a file."""
    return Segment("s", "f", str(path), "video", 0, None, duration_s, rotation_deg)


def frames_of(
    segment: Segment, s3: S3Config = ANYWHERE, how: Decoding = PLAINLY
) -> Generator[PyavFrame]:
    """Whatever the file is by now."""
    return open_frames(segment, source_of(segment.uri, s3), how)


def whole_bgr(frame: Frame) -> ByteArray:
    return frame.bgr_part(0, 0, *frame.size_wh)


def plain_pts(path: Path) -> list[int]:
    """Times in ns of every frame that PyAV decodes when asked for nothing special."""
    times: list[int] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            times += [round((f.pts or 0) * (f.time_base or 0) * 10**9) for f in frames]
    return [time - times[0] for time in times]
