"""Open a video with PyAV and learn how it counts time.

FFmpeg's log is off: what goes wrong reaches us as exceptions and as flags of packets and frames.
"""

from __future__ import annotations

import errno
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any, BinaryIO, TypeAlias

import av
import av.logging
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from lfr_batch.errors import DeviceUnavailable, FootageUnreadable
from lfr_batch.footage.clock import Timing
from lfr_batch.footage.fragments import Span
from lfr_batch.footage.nvdec import hardware_decoder
from lfr_batch.footage.places import Source
from lfr_batch.footage.ranged import BUFFER_BYTES, in_parts, window
from lfr_batch.footage.signatures import HEAD_BYTES, looks_encrypted, refusal
from lfr_batch.records import NS_PER_S, Decoder, nanoseconds

NO_FOOTAGE = Disposition.attached_pic | Disposition.timed_thumbnails
DEPTH_FORMATS = ("gray9", "gray10", "gray12", "gray14", "gray16", "grayf32")
DEPTH = "a depth map"
ASIDE = (
    (DEPTH, re.compile(r"(depth|disparity)(\W*(map|stream|track|data|image|video|sensor))?")),
    ("thumbnails", re.compile(r"thumbnails?(\W*(track|stream|images?))?")),
)
"""The whole of a stream's name: somebody's "in-depth" camera is footage."""
NAME_TAGS = ("handler_name", "title", "HANDLER_NAME", "TITLE")
DTS_ONLY = frozenset({"avi"})
"""Containers that store decoding times only; FFmpeg's guesses of PTS step back at B-frames."""
REFUSED_FORMATS = frozenset({"tty", "concat", "hls", "dash", "sdp", "rtsp", "image2", "ffmetadata"})
"""Demuxers that take text for pictures, or follow names in the file to other files."""
BY_NAME_ALONE = frozenset({"image2"})
"""Of these, those that are told by the file's ending where nothing in it is known."""
FALLBACK_RATE = Fraction(25)
HIGHEST_RATE = 1000
"""Frames per second; a higher one is a unit of time that was taken for a rate."""
FIRST_PACKETS = 5000
"""Read at most to find a stream's first: sound may run for minutes before the picture."""
DURATION_TAG = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
ENCRYPTED_SIDE_DATA = frozenset({"encryption_info", "encryption_init_info"})

av.logging.set_level(None)
av.logging.set_libav_level(av.logging.PANIC)


Ahead: TypeAlias = "deque[av.Packet[Any] | av.FFmpegError]"
"""What reading has brought and nobody has taken yet."""


@dataclass(frozen=True, slots=True)
class Video:
    """An open video and its chosen stream. ``duration_s`` counts from the first frame.

    Its packets come from ``packets``: the first was read to learn when the pictures begin.
    """

    uri: str
    container: InputContainer
    stream: VideoStream
    timing: Timing
    reorder_ticks: int | None
    """Set where timestamps are decoding times: how far these run ahead of presentation."""
    duration_s: float | None
    duration_of_stream: bool
    """Whether the duration is the video's own, not that of whatever ends last."""
    ahead: Ahead = field(default_factory=deque)
    starts_after_s: float = 0.0
    """How long after whatever begins first in the container (sound) the pictures begin."""

    def seek(self, time_ns: int) -> None:
        self.ahead.clear()
        self.container.seek(self.timing.tick(time_ns), stream=self.stream, backward=True)

    def packets(self) -> Iterator[av.Packet[Any]]:
        """From where the file stands. Raises av.FFmpegError; asked again, it goes on."""
        return packets_from(self.ahead, self.container, self.stream)

    @property
    def has_audio(self) -> bool:
        return bool(self.container.streams.audio)


@dataclass(frozen=True, slots=True)
class Part:
    """What of a file is opened."""

    stream: int | None = None
    """Number of the video stream, from 0; None: the one that a player would show."""
    first_byte: int = 0
    end_byte: int | None = None
    """None: to the end of the file."""
    holes: tuple[Span, ...] = ()
    """Parts of an MP4 that are not to be looked at, counted from ``first_byte``."""


WHOLE = Part()


@contextmanager
def open_video(
    source: Source, threads: int = 1, decoder: Decoder = "cpu", part: Part = WHOLE
) -> Iterator[Video]:
    """Raises FootageUnreadable where there is no video in it, StoreUnreachable, DeviceUnavailable.

    What a GPU's decoder does not know is decoded on the CPU, whatever ``decoder`` says.
    """
    check_head(source)
    with open_container(source, part, hardware_decoder(decoder)) as container:
        yield video_of(source.uri, container, part.stream, threads)


def video_of(
    uri: str, container: InputContainer, number: int | None = None, threads: int = 1
) -> Video:
    """A freshly opened container's video stream. Raises FootageUnreadable where there is none."""
    stream = _video_stream(uri, container, number)
    on_gpu = stream.codec_context.is_hwaccel
    # Every thread would hold pictures of the GPU's decoder, which are few.
    stream.codec_context.thread_count = 1 if on_gpu else threads
    if threads > 1 and not on_gpu:
        stream.codec_context.thread_type = av.codec.context.ThreadType.AUTO
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    return _video(uri, container, stream)


def check_head(source: Source) -> bytes:
    """The first bytes. Raises FootageUnreadable where they show that this is no footage."""
    with source.open_bytes() as file:
        head = file.read(HEAD_BYTES)
    reason = refusal(head)
    if reason:
        raise FootageUnreadable(f"{source.uri} {reason}")
    return head


@contextmanager
def open_container(
    source: Source, part: Part = WHOLE, hwaccel: HWAccel | None = None
) -> Iterator[InputContainer]:
    """Raises FootageUnreadable, also for what goes wrong while it is open; StoreUnreachable;
    DeviceUnavailable where it is the GPU's decoder that does not open."""
    there = _path_or_bytes(source, part)
    try:
        with _opened(source, there, hwaccel) as container:
            try:
                yield container
            except av.FFmpegError as error:
                reason = error.strerror or error
                raise FootageUnreadable(
                    f"{source.uri} cannot be read any further: {reason}"
                ) from error
    finally:
        if not isinstance(there, str):
            there.close()


def _opened(source: Source, there: str | BinaryIO, hwaccel: HWAccel | None) -> InputContainer:
    try:
        return av.open(
            there,
            "r",
            options={"protocol_whitelist": "file"},
            buffer_size=BUFFER_BYTES,
            metadata_errors="replace",
            hwaccel=hwaccel,
        )
    except av.FFmpegError as error:
        if hwaccel is not None and error.errno == errno.EOPNOTSUPP:
            raise DeviceUnavailable(
                f"The GPU's decoder cannot be opened beside what else uses the GPU in this process "
                f"({error.strerror}): set footage.decode to cpu."
            ) from error
        raise FootageUnreadable(_why_not_open(source, error)) from error


def _path_or_bytes(source: Source, part: Part) -> str | BinaryIO:
    whole = part.first_byte == 0 and part.end_byte is None and not part.holes
    if whole and source.path is not None:
        return str(source.path)
    file = source.open_bytes()
    return in_parts(file) if whole else window(file, part.first_byte, part.end_byte, part.holes)


def _why_not_open(source: Source, error: av.FFmpegError) -> str:
    with source.open_bytes() as file:
        head = file.read(HEAD_BYTES)
    uri = source.uri
    if head[4:8] == b"ftyp":
        return (
            f"{uri} is truncated or damaged: the index of its frames (moov) cannot be read; "
            "repair it or copy it again from its source"
        )
    if looks_encrypted(head):
        return f"{uri} is encrypted, or damaged beyond recognition: decrypt it or copy it again"
    return f"{uri} is no footage, or its header is damaged: {error.strerror or error}"


def _video_stream(uri: str, container: InputContainer, number: int | None) -> VideoStream:
    there = moving_streams(uri, container)
    streams = container.streams.video
    chosen = [streams[n] for n in there if number in {None, n}]
    if not chosen:
        raise FootageUnreadable(f"{uri} has no video stream {number} any more: scan it anew")
    decodable = [s for s in chosen if s.codec_context is not None]
    if not decodable:
        raise FootageUnreadable(f"{uri} uses a codec that cannot be decoded here: convert it")
    return decodable[0]


def moving_streams(uri: str, container: InputContainer) -> tuple[int, ...]:
    """Numbers of the video streams that are footage, from 0, that a player would show first.

    Left out are cover pictures and timed thumbnails, which are small copies of what is there, and
    depth maps, unless there is nothing else. Raises FootageUnreadable where there is none.
    """
    if container.format.name in REFUSED_FORMATS:
        raise FootageUnreadable(f"{uri} {_why_refused(container.format.name)}")
    if not len(container.streams):
        raise FootageUnreadable(f"{uri} has a damaged header: no stream can be found in it")
    streams = container.streams.video
    moving = [n for n, stream in enumerate(streams) if not stream.disposition & NO_FOOTAGE]
    if not moving:
        what = "holds sound only" if container.streams.audio else "holds no video"
        raise FootageUnreadable(f"{uri} {what}: leave it out")
    flat = [n for n in moving if beside_footage(streams[n]) is None] or moving
    shown_first = [not streams[n].disposition & Disposition.default for n in flat]
    return tuple(n for _, n in sorted(zip(shown_first, flat, strict=True)))


def _why_refused(format_name: str) -> str:
    if format_name in BY_NAME_ALONE:
        return "is called a picture and does not begin as one: copy it again or leave it out"
    return "is a text file or a playlist, not footage: leave it out"


def beside_footage(stream: VideoStream) -> str | None:
    """What a stream is that is no footage: by its name, or by more than 8 bits of grey."""
    codec = stream.codec_context
    form = (codec.pix_fmt or "") if codec is not None else ""
    if form.startswith(DEPTH_FORMATS):
        return DEPTH
    names = [stream.metadata.get(key, "").strip().lower() for key in NAME_TAGS]
    kinds = (what for what, name in ASIDE if any(map(name.fullmatch, names)))
    return next(kinds, None)


def _video(uri: str, container: InputContainer, stream: VideoStream) -> Video:
    rate = frame_rate(stream) or FALLBACK_RATE
    unit_s = stream.time_base or Fraction(1, 1000)
    ahead = _first_packets(container, stream)
    dts_only = container.format.name in DTS_ONLY
    timing = Timing(unit_s, _zero_tick(stream, ahead, dts_only), round(NS_PER_S / rate))
    own_s = _own_duration_s(stream, timing)
    whole_s = _container_duration_s(container, timing)
    reorder = None
    if dts_only:
        reorder = round(stream.codec_context.reorder_depth / (rate * unit_s))
    return Video(
        uri=uri,
        container=container,
        stream=stream,
        timing=timing,
        reorder_ticks=reorder,
        duration_s=own_s if own_s is not None else whole_s,
        duration_of_stream=own_s is not None,
        ahead=ahead,
        starts_after_s=_starts_after_s(container, timing),
    )


def frame_rate(stream: VideoStream) -> Fraction | None:
    """Frames per second by the header's account, None where it says none that can be."""
    stated = (stream.average_rate, stream.guessed_rate)
    return next((rate for rate in stated if rate and rate <= HIGHEST_RATE), None)


def packets_from(
    ahead: Ahead, container: InputContainer, stream: VideoStream
) -> Iterator[av.Packet[Any]]:
    """Those that were read ahead, then those that follow. Raises av.FFmpegError."""
    while ahead:
        item = ahead.popleft()
        if isinstance(item, av.FFmpegError):
            raise item
        yield item
    yield from demuxed(container, stream)


def demuxed(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[Any]]:
    """The stream's packets, then the empty one that flushes its decoder. Raises av.FFmpegError.

    Where a stream begins in the midst of a file, PyAV (18.0) comes upon it at the end, after all
    that is asked for here, and raises an IndexError.
    """
    with suppress(IndexError):
        yield from container.demux(stream)


def _first_packets(container: InputContainer, stream: VideoStream) -> Ahead:
    """Up to the first with data in it, or what went wrong before."""
    ahead: Ahead = deque()
    try:
        for packet in islice(demuxed(container, stream), FIRST_PACKETS):
            ahead.append(packet)
            if packet.size:
                break
    except av.FFmpegError as error:
        ahead.append(error)
    return ahead


def _zero_tick(stream: VideoStream, ahead: Ahead, dts_only: bool) -> int:
    """When the pictures begin: a header may state when the sound does, or nothing."""
    packets = (item for item in ahead if not isinstance(item, av.FFmpegError))
    first = next((packet for packet in packets if packet.size), None)
    if first is None:
        return stream.start_time or 0
    tick = first.dts if dts_only or first.pts is None else first.pts
    return max((tick for tick in (stream.start_time, tick) if tick is not None), default=0)


def _starts_after_s(container: InputContainer, timing: Timing) -> float:
    begins_s = (container.start_time or 0) / av.time_base
    return max(0.0, float(timing.zero_tick * timing.unit_s) - begins_s)


def _own_duration_s(stream: VideoStream, timing: Timing) -> float | None:
    if stream.duration:
        end_tick = (stream.start_time or 0) + stream.duration
        return float(max(0, end_tick - timing.zero_tick) * timing.unit_s)
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
