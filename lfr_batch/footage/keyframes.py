"""Where a video can be entered: from its index, else from one pass over its packets."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

import av

from lfr_batch.footage.clock import MOST_NS, RESTART_NS
from lfr_batch.footage.pyav_input import Video
from lfr_batch.records import NS_PER_S

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
INDEXED = frozenset({MP4, "avi", "matroska,webm"})
"""Containers whose index names keyframes. FFmpeg's lists for others hold any packet it met."""
ENTERED_AT_START = frozenset({"mpeg"})
"""Program streams time few of their frames: after a seek the others get wrong times."""
JOINABLE = frozenset({"mpegts", "flv"})
"""Read through where recordings were joined: by time, only one of them would be found."""
SPACING_NS = NS_PER_S
"""Closer keyframes are left out: segments need no more, and every frame of MJPEG is one."""
ONLY_THE_START = (0,)
"""Says that the file can be read from its beginning alone."""


def from_index(video: Video) -> tuple[int, ...]:
    """Media times of keyframes, ascending; empty where the container has no usable index.

    Index entries count decoding time: with reordered frames of uneven depth they can be a few
    frames early, never late.
    """
    name = video.container.format.name
    if name in ENTERED_AT_START:
        return ONLY_THE_START
    times = _entries(video) if name in INDEXED else ()
    return times if len(times) > 1 or name == MP4 else ()


def _entries(video: Video) -> tuple[int, ...]:
    if video.container.format.name == "matroska,webm" and video.duration_s:
        _load_cues(video)
    ticks = sorted(e.timestamp for e in video.stream.index_entries if e.is_keyframe)
    first = ticks[0] if ticks else 0
    return _spaced(round((tick - first) * video.timing.unit_s * NS_PER_S) for tick in ticks)


def _load_cues(video: Video) -> None:
    """Matroska's index stands at its end and is read at the first seek."""
    try:
        video.seek(round((video.duration_s or 0) * NS_PER_S))
    except av.FFmpegError:
        return


def from_packets(video: Video) -> tuple[int, ...]:
    """Media times of keyframes from one pass over a freshly opened video's packets.

    A file whose timestamps are missing or begin anew can only be entered at its start.
    """
    times: list[int] = []
    last_ns = 0
    try:
        for packet in video.packets():
            if not packet.size:
                continue
            order = packet.dts if packet.dts is not None else packet.pts
            shown = packet.pts if packet.pts is not None else packet.dts
            if order is None or shown is None or video.timing.ns(order) < last_ns - RESTART_NS:
                return ONLY_THE_START
            last_ns = video.timing.ns(order)
            if packet.is_keyframe:
                times.append(max(0, video.timing.ns(shown)))
    except av.FFmpegError:
        return _spaced(sorted(times)) or ONLY_THE_START
    return _spaced(sorted(times)) or ONLY_THE_START


def _spaced(times_ns: Iterable[int]) -> tuple[int, ...]:
    """Ascending ``times_ns`` as far as they can be true."""
    kept: list[int] = []
    for time_ns in takewhile(lambda time_ns: time_ns < MOST_NS, times_ns):
        if not kept or time_ns - kept[-1] >= SPACING_NS:
            kept.append(time_ns)
    return tuple(kept)
