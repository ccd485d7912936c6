"""One connection to a camera, or one time through a file, from its first packet to its last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Event
from time import monotonic_ns
from typing import Any

import av

from lfr_batch.errors import FootageUnreadable
from lfr_batch.footage.pyav_frame import Scalers, stated_by
from lfr_batch.footage.shape import Stated, sample_aspect
from lfr_batch.footage.stream_decode import StreamFrame, arrival, decode, now
from lfr_batch.footage.stream_input import OpenStream, read_packets
from lfr_batch.footage.stream_time import RunningTime
from lfr_batch.records import NS_PER_S, nanoseconds, seconds

FIRST_PICTURE_S = 15.0
"""A new connection may have to wait for the camera's next keyframe."""
BEHIND_NS = NS_PER_S
"""A file that is later than this is not hurried: the machine slept, or cannot keep up."""
SOME_UNIT_S = Fraction(1, 1000)
NANOSECOND_S = Fraction(1, NS_PER_S)


@dataclass(slots=True)
class Playing:
    """What lasts from connection to connection, and where frames and damage are reported."""

    give: Callable[[StreamFrame], None]
    damage: Callable[[], None]
    stopping: Event
    time: RunningTime = field(default_factory=RunningTime)
    scalers: Scalers = field(default_factory=Scalers)
    origin_ns: int | None = None
    """Of a file: the moment on the steady clock that is media time 0."""
    last_frame_ns: int | None = None
    """When this connection brought its last frame."""


def play(playing: Playing, feed: OpenStream, stall_s: float) -> None:
    """Returns at the end of a file, or when it is to stop.

    Raises FootageUnreadable when a camera's stream is lost, or where a file has no frame.
    """
    connected_ns = monotonic_ns()
    playing.last_frame_ns = None
    if feed.timing is None:
        playing.time.connect(feed.frame_ns)
    else:
        playing.time.play(feed.timing)
    for packet in read_packets(feed):
        if feed.timing is not None and packet.size:
            _pace(playing, packet)
        if playing.stopping.is_set():
            return
        _hand_out(playing, feed, packet)
        if feed.timing is None:
            _check_pictures(playing, feed, connected_ns, stall_s)
            _check_lag(playing, feed, stall_s)
    if feed.timing is None:
        raise FootageUnreadable(f"{feed.shown} has closed the connection")
    if playing.last_frame_ns is None:
        raise FootageUnreadable(f"{feed.shown} holds no frame that can be decoded")


def _hand_out(playing: Playing, feed: OpenStream, packet: av.Packet[Any]) -> None:
    """Nothing of the frames may be referenced after this."""
    read = now()
    frames, damaged = decode(packet, read)
    if damaged:
        playing.damage()
    stated = stated_by(feed.stream) if frames else Stated()
    for frame in frames:
        aspect, _ = sample_aspect((frame.width, frame.height), stated)
        arrived = arrival(frame, read)
        stamp = (frame.pts, frame.time_base or SOME_UNIT_S)
        tick, unit_s = stamp if feed.timed else (arrived.steady_ns, NANOSECOND_S)
        pts_ns = playing.time.tell(tick, unit_s, arrived.steady_ns)
        playing.last_frame_ns = read.steady_ns
        playing.give(StreamFrame(frame, pts_ns, aspect, playing.scalers, arrived))


def _pace(playing: Playing, packet: av.Packet[Any]) -> None:
    """Wait until a camera would send this packet."""
    media_ns = playing.time.due_ns(packet.dts if packet.dts is not None else packet.pts)
    if playing.origin_ns is None:
        playing.origin_ns = monotonic_ns() - media_ns
    wait_ns = playing.origin_ns + media_ns - monotonic_ns()
    if wait_ns < -BEHIND_NS:
        playing.origin_ns -= wait_ns
    elif wait_ns > 0:
        playing.stopping.wait(seconds(wait_ns))


def _check_pictures(playing: Playing, feed: OpenStream, connected_ns: int, stall_s: float) -> None:
    """Packets without pictures (sound only, or never a keyframe) are a stall, too."""
    last_ns, limit_s = playing.last_frame_ns, stall_s
    if last_ns is None:
        last_ns, limit_s = connected_ns, max(stall_s, FIRST_PICTURE_S)
    if monotonic_ns() - last_ns > nanoseconds(limit_s):
        raise FootageUnreadable(f"{feed.shown} sends data, but no picture for {limit_s:.0f} s")


def _check_lag(playing: Playing, feed: OpenStream, stall_s: float) -> None:
    """What has piled up in buffers is thrown away by connecting anew."""
    lag_ns = playing.time.lag_ns
    if playing.last_frame_ns is not None and lag_ns > nanoseconds(stall_s):
        raise FootageUnreadable(
            f"{feed.shown} has fallen {seconds(lag_ns):.1f} s behind: "
            "the network or this machine is too slow for it"
        )
