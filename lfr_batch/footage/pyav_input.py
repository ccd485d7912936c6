"""Open a video with PyAV and learn how it counts time.

FFmpeg's log is off: what goes wrong reaches us as exceptions and as flags of packets and frames.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, BinaryIO, Literal

import av
import av.logging
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import DeviceUnavailable, FootageUnreadable
from lfr_batch.footage import sources
from lfr_batch.footage.clock import Timing
from lfr_batch.footage.local import local_path
from lfr_batch.footage.signatures import HEAD_BYTES, looks_encrypted, refusal
from lfr_batch.records import NS_PER_S, nanoseconds

Decode = Literal["auto", "cpu", "nvdec"]

BUFFER_BYTES = 1024 * 1024
CUDA = "cuda"
DTS_ONLY = frozenset({"avi"})
"""Containers that store decoding times only; FFmpeg's guesses of PTS step back at B-frames."""
REFUSED_FORMATS = frozenset({"tty", "concat", "hls", "dash", "sdp", "rtsp", "image2", "ffmetadata"})
"""Demuxers that take text for pictures, or follow names in the file to other files."""
FALLBACK_RATE = Fraction(25)
DURATION_TAG = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
ENCRYPTED_SIDE_DATA = frozenset({"encryption_info", "encryption_init_info"})

av.logging.set_level(None)
av.logging.set_libav_level(av.logging.PANIC)


@dataclass(frozen=True, slots=True)
class Video:
    """An open video and its chosen stream. ``duration_s`` counts from the first frame."""

    uri: str
    container: InputContainer
    stream: VideoStream
    timing: Timing
    reorder_ticks: int | None
    """Set where timestamps are decoding times: how far these run ahead of presentation."""
    duration_s: float | None
    duration_of_stream: bool
    """Whether the duration is the video's own, not that of whatever ends last."""

    def seek(self, time_ns: int) -> None:
        self.container.seek(self.timing.tick(time_ns), stream=self.stream, backward=True)

    @property
    def has_audio(self) -> bool:
        return bool(self.container.streams.audio)


@contextmanager
def open_video(uri: str, s3: S3Config, threads: int = 1, decode: Decode = "cpu") -> Iterator[Video]:
    """Raises FootageUnreadable where there is no video in it, StoreUnreachable, DeviceUnavailable.

    What a GPU's decoder does not know is decoded on the CPU, whatever ``decode`` says.
    """
    check_head(uri, s3)
    with _opened(uri, s3, choose_decoder(decode)) as container:
        stream = _video_stream(uri, container)
        on_gpu = stream.codec_context.is_hwaccel
        # Every thread would hold pictures of the GPU's decoder, which are few.
        stream.codec_context.thread_count = 1 if on_gpu else threads
        if threads > 1 and not on_gpu:
            stream.codec_context.thread_type = av.codec.context.ThreadType.AUTO
        for other in container.streams:
            if other is not stream:
                other.discard = Discard.all
        yield _video(uri, container, stream)


def choose_decoder(decode: Decode) -> HWAccel | None:
    """None: the CPU. Raises DeviceUnavailable where 'nvdec' was asked for and is not there."""
    if decode == "cpu" or (decode == "auto" and nvdec_obstacle()):
        return None
    if obstacle := nvdec_obstacle():
        raise DeviceUnavailable(
            f"footage.decode is nvdec, but no GPU can be opened for decoding ({obstacle}): pass "
            "one to this process, or set footage.decode to auto or cpu."
        )
    # Its own context for every file would take a GPU's memory away by hundreds of megabytes.
    return HWAccel(CUDA, allow_software_fallback=True, options={"primary_ctx": "1"})


@lru_cache(maxsize=1)
def nvdec_obstacle() -> str:
    """Why NVIDIA's decoder cannot be used here; empty where it can."""
    if CUDA not in hwdevices_available():
        return "this build of PyAV has no CUDA"
    try:
        av.CodecContext.create("h264", "r", hwaccel=HWAccel(CUDA))
    except av.FFmpegError as error:
        return error.strerror or str(error)
    return ""


def check_head(uri: str, s3: S3Config) -> bytes:
    """The first bytes. Raises FootageUnreadable where they show that this is no footage."""
    with sources.open_bytes(uri, s3) as file:
        head = file.read(HEAD_BYTES)
    reason = refusal(head)
    if reason:
        raise FootageUnreadable(f"{uri} {reason}")
    return head


@contextmanager
def _opened(uri: str, s3: S3Config, hwaccel: HWAccel | None) -> Iterator[InputContainer]:
    options = {"protocol_whitelist": "file"}
    source: str | BinaryIO
    source = str(local_path(uri)) if sources.is_local(uri) else sources.open_bytes(uri, s3)
    try:
        with av.open(
            source,
            "r",
            options=options,
            buffer_size=BUFFER_BYTES,
            metadata_errors="replace",
            hwaccel=hwaccel,
        ) as container:
            yield container
    except av.FFmpegError as error:
        raise FootageUnreadable(_why_not_open(uri, s3, error)) from error
    finally:
        if not isinstance(source, str):
            source.close()


def _why_not_open(uri: str, s3: S3Config, error: av.FFmpegError) -> str:
    with sources.open_bytes(uri, s3) as file:
        head = file.read(HEAD_BYTES)
    if head[4:8] == b"ftyp":
        return (
            f"{uri} is truncated or damaged: the index of its frames (moov) cannot be read; "
            "repair it or copy it again from its source"
        )
    if looks_encrypted(head):
        return f"{uri} is encrypted, or damaged beyond recognition: decrypt it or copy it again"
    return f"{uri} is no footage, or its header is damaged: {error.strerror or error}"


def _video_stream(uri: str, container: InputContainer) -> VideoStream:
    if container.format.name in REFUSED_FORMATS:
        raise FootageUnreadable(f"{uri} is a text file or a playlist, not footage: leave it out")
    if not len(container.streams):
        raise FootageUnreadable(f"{uri} has a damaged header: no stream can be found in it")
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not moving:
        what = "holds sound only" if container.streams.audio else "holds no video"
        raise FootageUnreadable(f"{uri} {what}: leave it out")
    decodable = [s for s in moving if s.codec_context is not None]
    if not decodable:
        raise FootageUnreadable(f"{uri} uses a codec that cannot be decoded here: convert it")
    return max(decodable, key=lambda s: (bool(s.disposition & Disposition.default), -s.index))


def _video(uri: str, container: InputContainer, stream: VideoStream) -> Video:
    rate = stream.average_rate or stream.guessed_rate or FALLBACK_RATE
    unit_s = stream.time_base or Fraction(1, 1000)
    timing = Timing(unit_s, stream.start_time or 0, round(NS_PER_S / rate))
    own_s = _own_duration_s(stream, timing)
    whole_s = _container_duration_s(container, timing)
    reorder = None
    if container.format.name in DTS_ONLY:
        reorder = round(stream.codec_context.reorder_depth / (rate * unit_s))
    return Video(
        uri=uri,
        container=container,
        stream=stream,
        timing=timing,
        reorder_ticks=reorder,
        duration_s=own_s if own_s is not None else whole_s,
        duration_of_stream=own_s is not None,
    )


def _own_duration_s(stream: VideoStream, timing: Timing) -> float | None:
    if stream.duration:
        return float(stream.duration * timing.unit_s)
    tag = DURATION_TAG.match(stream.metadata.get("DURATION", ""))
    if tag is None:
        return None
    end_s = int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
    return max(0.0, end_s - float(timing.zero_tick * timing.unit_s))


def _container_duration_s(container: InputContainer, timing: Timing) -> float | None:
    if not container.duration or container.duration < 0:
        return None
    end_s = ((container.start_time or 0) + container.duration) / av.time_base
    return max(0.0, end_s - float(timing.zero_tick * timing.unit_s))


def is_encrypted(video: Video, packet: av.Packet[Any]) -> bool:
    """Common encryption (ISO/IEC 23001-7): 'encv' samples, or packets that carry its data."""
    if video.stream.codec_context.codec_tag == "encv":
        return True
    return any(data.data_type in ENCRYPTED_SIDE_DATA for data in packet.iter_sidedata())


def announced_ns(video: Video, duration_s: float | None) -> int | None:
    """Where the video should end: what probing found, else what the header says now."""
    known = duration_s if duration_s is not None else video.duration_s
    return None if known is None else nanoseconds(known)
