"""Which packets of a video make a stretch of it that can be decoded by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import av

from lfr_batch.errors import FootageUnreadable
from lfr_batch.footage.clock import ClockState, tell
from lfr_batch.footage.keyframes import ONLY_THE_START
from lfr_batch.footage.packets import Packet
from lfr_batch.footage.places import Source
from lfr_batch.footage.pyav_input import Part, Video, open_video
from lfr_batch.records import NS_PER_S

MOST_BYTES = 1 << 29
"""Of packets that are held at once: ten seconds of the fattest recordings."""
BACK_OFF_S = (0, 2, 6, 14, 30)
"""Seeks are inexact: how far before the start to look for a keyframe, try by try."""


@dataclass(frozen=True, slots=True)
class KeptPackets:
    """In the order of decoding. Ticks are the stream's own."""

    packets: tuple[Packet, ...]
    first_tick: int
    """What the first packet's timestamps count from."""
    start_ns: int
    """About when its first frame is shown, media time."""
    end_ns: int
    """Every packet of it is shown before that."""


@dataclass(frozen=True, slots=True)
class _Timed:
    packet: Packet
    moment_ns: int
    """By its place in the order of decoding."""
    shown_ns: int


@contextmanager
def open_at(
    source: Source, part: Part, keyframes_ns: Sequence[int], start_ns: int
) -> Iterator[Video]:
    """A video that stands at a keyframe at or before the start, or at its beginning.

    Raises as ``open_video``.
    """
    if tuple(keyframes_ns) != ONLY_THE_START:
        with open_video(source, part=part) as video:
            if _sought(video, start_ns):
                yield video
                return
    with open_video(source, part=part) as video:
        yield video


def kept_packets(video: Video, span_ns: tuple[int, int]) -> KeptPackets:
    """From the last keyframe at or before the span to its end, with all that is shown meanwhile.

    Raises FootageUnreadable where there is nothing, or more than is held at once.
    """
    kept: list[_Timed] = []
    held_bytes = latest_ns = 0
    for each in _timed(video):
        if each.packet.is_keyframe and (not kept or each.shown_ns <= span_ns[0]):
            kept, held_bytes, latest_ns = [], 0, each.shown_ns
        if kept and each.moment_ns > span_ns[1] and each.shown_ns > latest_ns:
            break
        if kept and each.shown_ns < kept[0].shown_ns:
            continue  # it leans on what is shown before the keyframe
        kept.append(each)
        latest_ns = max(latest_ns, each.shown_ns)
        held_bytes += each.packet.size
        if held_bytes > MOST_BYTES:
            raise FootageUnreadable(
                f"{video.uri} has more than {MOST_BYTES >> 20} MiB between two places where it can "
                "be entered: give the whole file in place of a clip"
            )
    if not kept:
        raise FootageUnreadable(f"{video.uri} holds nothing at that moment any more: scan it anew")
    first = kept[0].packet
    ticks = [tick for tick in (first.dts, first.pts) if tick is not None]
    packets = tuple(each.packet for each in kept)
    return KeptPackets(packets, min(ticks, default=0), kept[0].shown_ns, latest_ns + NS_PER_S)


def _sought(video: Video, start_ns: int) -> bool:
    for back_s in BACK_OFF_S:
        target_ns = max(0, start_ns - back_s * NS_PER_S)
        try:
            video.seek(target_ns)
            first = next((each for each in _timed(video) if each.packet.is_keyframe), None)
            video.seek(target_ns)
        except av.FFmpegError:
            return False
        if first is not None and first.shown_ns <= start_ns:
            return True
    return False


def _timed(video: Video) -> Iterator[_Timed]:
    """Packets with data in them, from where the file stands. What cannot be read ends it."""
    state, timing = ClockState(), video.timing
    reorder_ns = round((video.reorder_ticks or 0) * timing.unit_s * NS_PER_S)
    packets = video.packets()
    while (packet := _next(packets)) is not None:
        if not packet.size:
            continue
        order = packet.pts if packet.dts is None else packet.dts
        raw_ns = None if order is None else timing.ns(order)
        moment_ns, state = tell(state, raw_ns, timing.frame_ns)
        if packet.pts is None or video.reorder_ticks is not None:
            shown_ns = moment_ns - reorder_ns
        else:
            shown_ns = timing.ns(packet.pts) + state.shift_ns
        yield _Timed(packet, moment_ns, max(0, shown_ns))


def _next(packets: Iterator[Packet]) -> Packet | None:
    try:
        return next(packets, None)
    except av.FFmpegError:
        return None
