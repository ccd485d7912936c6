"""Enter a fragmented MP4 at its fragments: what is opened of it, and when its keyframes are shown.

What lies between the parts that are opened is covered (``fragments.hidden``), not cut out: FFmpeg
passes over it, all that it reads keeps its place in the file, and times are those of the fragments.
The first fragment is always there, for media time 0 is its first packet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise, repeat
from typing import Any

import av

from lfr_batch.footage.fragmented import Entry, Fragments
from lfr_batch.footage.fragments import Span
from lfr_batch.footage.pyav_input import Part, Video
from lfr_batch.footage.recordings import Recording
from lfr_batch.records import NS_PER_S, Segment

SEEN_S = 20.0
"""What probing sees of the beginning."""
PLACES = 8
"""It sees one fragment at each of so many places, the beginning among them, and the end."""

LEAST_HOLE_BYTES = 16
EMPTY_BYTES = 32
"""Of the box behind the end: its last four must not look like the length of an index."""

SHOWN_AFTER = (0, 1, 2, 4, 8, 16)
"""Frames between the decoding of one, by which an index counts, and when it is shown, by which
FFmpeg seeks."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Both lists rise, and begin with the beginning."""

    keyframes_ns: tuple[int, ...]
    entry_bytes: tuple[int, ...]
    head_end_byte: int


def ways_in(segment: Segment) -> Iterator[Part]:
    """How it is opened: by its fragments first, and else as everything is."""
    whole = Part(segment.stream, segment.first_byte, segment.end_byte)
    if segment.head_end_byte is None:
        return repeat(whole)
    leave, enter = segment.leave_byte, segment.enter_byte
    end = segment.end_byte if leave is None else segment.first_byte + leave
    holes = () if enter is None else ((segment.head_end_byte, enter),)
    return chain([Part(segment.stream, segment.first_byte, end, _worthwhile(holes))], repeat(whole))


def glimpse(recording: Recording | None) -> tuple[Span, ...]:
    """What probing need not see of a recording: all but its beginning, its end and some places.

    None of it where there are no fragments. An empty box behind the end keeps FFmpeg from taking an
    index for complete, and from leaving out fragments that it lists.
    """
    if recording is None or not recording.fragments:
        return ()
    size = recording.end_byte - recording.first_byte
    kept = sorted(span for each in recording.fragments for span in _kept(each, size))
    holes = [(size, size + EMPTY_BYTES)]
    reached = 0
    for first, end in kept:
        if first > reached:
            holes.append((reached, first))
        reached = max(reached, end)
    return _worthwhile(holes)


def _kept(fragments: Fragments, size: int) -> Iterator[Span]:
    entries = fragments.entries
    begins, ends = entries[0].shown, entries[-1].shown
    later = [entry.shown for entry in entries]
    seen = bisect_left(later, begins + SEEN_S * fragments.ticks_per_s)
    yield 0, max(fragments.head_end, entries[min(seen, len(entries) - 1)].first_byte)
    for place in range(1, PLACES):
        at = bisect_left(later, begins + (ends - begins) * place // PLACES)
        if at + 1 < len(entries):
            yield entries[at].first_byte, entries[at + 1].first_byte
    yield entries[-1].first_byte, size


def _worthwhile(holes: Iterable[Span]) -> tuple[Span, ...]:
    return tuple((first, end) for first, end in holes if end - first >= LEAST_HOLE_BYTES)


def entries_of(video: Video, fragments: Sequence[Fragments]) -> Entries | None:
    """None unless FFmpeg finds the fragments of this stream where and when they were found.

    An edit list moves all times of a stream alike: by how much is measured at two of them. Raises
    what reading raises.
    """
    mine = next((each for each in fragments if each.track == video.stream.id), None)
    if mine is None or video.stream.time_base != Fraction(1, mine.ticks_per_s):
        return None
    moved = {_moved(video, entry) for entry in (mine.entries[0], mine.entries[-1])}
    ticks = moved.pop()
    if moved or ticks is None:
        return None
    shown = [(video.timing.ns(e.shown + ticks), e.first_byte) for e in mine.entries]
    times = [(time_ns, at) for time_ns, at in shown if time_ns > 0]
    if not times or any(later <= earlier for (earlier, _), (later, _) in pairwise(times)):
        return None
    return Entries((0, *(ns for ns, _ in times)), (0, *(at for _, at in times)), mine.head_end)


def _moved(video: Video, entry: Entry) -> int | None:
    """Ticks from a fragment's account of when its first frame is shown to FFmpeg's."""
    there = (each for each in video.stream.index_entries if each.pos >= entry.first_byte)
    first = min(there, key=lambda each: each.pos, default=None)
    if first is None or not first.is_keyframe:
        return None
    frame_ticks = Fraction(video.timing.frame_ns, NS_PER_S) / video.timing.unit_s
    for frames in SHOWN_AFTER:
        packet = _packet_at(video, first.timestamp + round(frames * frame_ticks))
        if packet is None or packet.pts is None:
            return None
        if packet.pos == first.pos:
            return packet.pts - entry.shown
    return None


def _packet_at(video: Video, tick: int) -> av.Packet[Any] | None:
    video.ahead.clear()
    try:
        video.container.seek(tick, stream=video.stream, backward=True)
        return next((packet for packet in video.packets() if packet.size), None)
    except av.FFmpegError:
        return None
