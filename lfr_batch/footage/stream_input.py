"""Connect to a camera, or open the file that stands for one, with PyAV.

The settings are measured (docs/performance.md). Probing little finds RTSP's first picture in a
tenth of a second; FFmpeg's ``nobuffer`` would throw the probed keyframe away. One decoder thread
puts a frame out as soon as its packet is in; threads that share frames hold each back by one.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from time import monotonic
from typing import Any

import av
from av.codec.context import Flags, ThreadType
from av.container import InputContainer
from av.stream import Discard
from av.video.stream import VideoStream

from lfr_batch.errors import FootageUnreadable, PasswordRefused
from lfr_batch.footage.clock import Timing
from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.pyav_input import FALLBACK_RATE, Ahead, demuxed, open_video, packets_from
from lfr_batch.footage.stream_address import device_of
from lfr_batch.records import NS_PER_S

OPEN_S = 5.0
READ_FAILURES = 50
"""Failed reads in a row after which a connection is given up."""
LEAST_RATE, MOST_RATE = Fraction(1), Fraction(240)
"""Frames a second that a stream may announce and be believed."""
PROBING = {"probesize": "32768", "analyzeduration": "100000", "fpsprobesize": "0"}
TABLES_BYTES = "262144"
"""MPEG-TS says what it holds ten times a second: at 20 Mbit/s once in so much."""
HTTP_FORMATS = "mpegts,mpjpeg,mjpeg,jpeg_pipe,matroska,webm,flv"
"""No playlists: these name other files to be opened."""


UNTIMED_FORMATS = frozenset({"mpjpeg", "mjpeg", "jpeg_pipe"})
"""FFmpeg numbers their frames 25 a second, however fast they come."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How FFmpeg opens one kind of source."""

    format: str | None
    options: Mapping[str, str]


RTSP = Kind(
    "rtsp",
    {
        **PROBING,
        "rtsp_transport": "tcp",
        "allowed_media_types": "video",
        "protocol_whitelist": "rtsp,rtsps,rtp,tcp,tls,udp",
    },
)
HTTP = Kind(
    None,
    {
        **PROBING,
        "probesize": TABLES_BYTES,
        "protocol_whitelist": "http,https,tcp,tls",
        "format_whitelist": HTTP_FORMATS,
        "seekable": "0",
    },
)
DEVICE = Kind("v4l2", {"protocol_whitelist": "file"})
KINDS: Mapping[str, Kind] = {
    "rtsp": RTSP,
    "rtsps": RTSP,
    "http": HTTP,
    "https": HTTP,
    "v4l2": DEVICE,
}
"""By how the source begins. A file is opened as footage is."""

REFUSALS = (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)
"""RTSP's are HTTP's."""
WHY_NOT: tuple[tuple[type[av.FFmpegError], str], ...] = (
    (av.error.ConnectionRefusedError, "refuses the connection: is the camera on, the port right?"),
    (av.error.HTTPNotFoundError, "has no such stream: check the path"),
    (av.error.FileNotFoundError, "is not there: is the camera plugged in?"),
    (av.error.InvalidDataError, "answers, but not with a video that can be read here"),
)
NO_ANSWER = f"does not answer within {OPEN_S:.0f} s: check the network"
NO_SOURCE = "cannot be reached, or sends no video: check the address"


@dataclass(frozen=True, slots=True)
class OpenStream:
    """An open connection or file and its video stream. Use neither after it is closed."""

    shown: str
    container: InputContainer = field(repr=False)
    stream: VideoStream
    frame_ns: int
    timing: Timing | None
    """Of a file; a camera's first frame tells where its time begins."""
    timed: bool
    """Whether its frames carry timestamps of their own."""
    ahead: Ahead = field(default_factory=deque, repr=False)


@contextmanager
def open_feed(kind: str, address: str, shown: str, stall_s: float) -> Iterator[OpenStream]:
    """``shown`` stands for the address in messages. Raises FootageUnreadable, PasswordRefused."""
    if kind == "file":
        with open_video(LocalFile(address)) as video:
            yield replace(
                _feed(shown, video.container, video.stream, video.timing), ahead=video.ahead
            )
        return
    options = dict(KINDS[kind].options)
    if kind == "v4l2":
        address, settings = device_of(address)
        options |= settings
    with _connected(address, KINDS[kind].format, options, shown, stall_s) as container:
        yield _feed(shown, container, _video_stream(shown, container), None)


def read_packets(feed: OpenStream) -> Iterator[av.Packet[Any]]:
    """Packets as they come; ends where the source does.

    Raises FootageUnreadable when nothing comes any more.
    """
    failures = 0
    packets = packets_from(feed.ahead, feed.container, feed.stream)
    while failures < READ_FAILURES:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.ExitError, av.error.TimeoutError):
            raise FootageUnreadable(f"{feed.shown} has stopped sending") from None
        except av.error.InvalidDataError:
            failures += 1
            packets = demuxed(feed.container, feed.stream)
        except av.FFmpegError as error:
            if error.errno == errno.EIO and feed.timing is None:
                return  # how HTTP says that the server hung up
            raise FootageUnreadable(f"{feed.shown} is cut off: {error.strerror}") from None
        else:
            failures = 0
            yield packet
    raise FootageUnreadable(f"{feed.shown} sends nothing that can be read")


@contextmanager
def _connected(
    address: str, format_name: str | None, options: dict[str, str], shown: str, stall_s: float
) -> Iterator[InputContainer]:
    until = monotonic() + OPEN_S
    try:
        container = av.open(
            address, "r", format_name, options, metadata_errors="replace", timeout=(OPEN_S, stall_s)
        )
    except av.FFmpegError as error:
        # FFmpeg's own message holds the address, and with it the password.
        if isinstance(error, REFUSALS):
            raise PasswordRefused(f"{shown} refuses this user or password") from None
        why = NO_ANSWER if monotonic() >= until else _why_not(error)
        raise FootageUnreadable(f"{shown} {why}") from None
    with container:
        yield container


def _why_not(error: av.FFmpegError) -> str:
    known = next((why for kind, why in WHY_NOT if isinstance(error, kind)), None)
    if error.errno == errno.EIO:
        return NO_SOURCE
    return known or f"cannot be opened: {error.strerror}"


def _video_stream(shown: str, container: InputContainer) -> VideoStream:
    decodable = [stream for stream in container.streams.video if stream.codec_context is not None]
    if not decodable:
        raise FootageUnreadable(f"{shown} sends no video that can be decoded here")
    return decodable[0]


def _feed(
    shown: str, container: InputContainer, stream: VideoStream, timing: Timing | None
) -> OpenStream:
    codec = stream.codec_context
    codec.thread_count, codec.thread_type = 1, ThreadType.SLICE
    codec.flags |= Flags.low_delay
    codec.copy_opaque = True
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    rate = stream.average_rate or stream.guessed_rate or FALLBACK_RATE
    believed = rate if LEAST_RATE <= rate <= MOST_RATE else FALLBACK_RATE
    timed = timing is not None or container.format.name not in UNTIMED_FORMATS
    return OpenStream(shown, container, stream, round(NS_PER_S / believed), timing, timed)
