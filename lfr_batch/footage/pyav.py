"""Decode the frames of a segment with PyAV."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import av

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageDamaged, FootageUnreadable
from lfr_batch.footage import sources
from lfr_batch.footage.clock import ClockState, tell
from lfr_batch.footage.damage import (
    Damage,
    damaged_sentence,
    tolerance_ns,
    truncated_sentence,
)
from lfr_batch.footage.decoded import Decoded, of_fields, unmarked
from lfr_batch.footage.decoders import decoder_of
from lfr_batch.footage.pyav_frame import Cells, PyavFrame, Scalers
from lfr_batch.footage.pyav_input import Part, Video, announced_ns, is_encrypted, open_video
from lfr_batch.footage.sampling import SlotsSent
from lfr_batch.footage.shape import Shape
from lfr_batch.footage.signatures import HEAD_BYTES, missing_tail
from lfr_batch.footage.stillness import Group, Stillness
from lfr_batch.records import NS_PER_S, Decoder, Segment, nanoseconds

BACK_OFF_S = (0, 2, 6, 14, 30, 62)
"""Seeks are inexact: how far before the start to look for a keyframe, try by try."""
PAST_END = 4
"""Frames in a row at or after the end that close a segment: order may be disturbed a little."""
LONGEST_GROUP = 600
JOINT_NS = NS_PER_S
"""Before the place where timestamps begin anew: packets that were under way there."""
NEAR_NS = NS_PER_S
"""Frames of interlaced footage so close to a segment are decoded with it."""
READ_FAILURES = 50
"""Failed reads in a row after which the rest of a file is given up."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which frames will be looked at: what only they depend on need not be decoded."""

    start_ns: int
    end_ns: int | None
    """None: to the end of the file."""
    sample_fps: float
    stillness: Stillness | None = None
    """What the motion gate saw; None: every group of pictures is decoded."""
    sent: SlotsSent = field(default_factory=SlotsSent)
    interlaced: bool = False
    """The frames before and after one that is wanted are needed as well."""

    def needs(self, time_ns: int) -> bool:
        inside = time_ns >= self.start_ns and not self.is_past(time_ns)
        return inside and self.sent.needs(time_ns, self.sample_fps)

    def is_past(self, time_ns: int) -> bool:
        return self.end_ns is not None and time_ns >= self.end_ns

    def is_near(self, time_ns: int) -> bool:
        """Whether the frame may be before or after one that is wanted."""
        near = time_ns >= self.start_ns - NEAR_NS and not self.is_past(time_ns - NEAR_NS)
        return self.interlaced and near

    def lost(self, time_ns: int) -> None:
        self.sent.lost(time_ns, self.sample_fps)


@dataclass(slots=True)
class Reading:
    """What one run through the packets has met so far."""

    clock: ClockState = field(default_factory=ClockState)
    read_to_ns: int = 0
    failed: list[int] = field(default_factory=list)
    """Media times of the packets that could not be decoded."""
    flagged: list[int] = field(default_factory=list)
    """Media times of the packets and frames that were said to be damaged, and were decoded."""
    at_end: bool = False
    wanted: Wanted | None = None
    packets: int = 0
    """Packets with data in them, decodable or not."""
    frames: int = 0


def open_frames(
    segment: Segment,
    s3: S3Config,
    threads: int = 1,
    sample_fps: float = 0.0,
    stillness: Stillness | None = None,
    decoder: Decoder = "cpu",
    cells: Cells | None = None,
) -> Generator[PyavFrame]:
    """The frames with ``start_ns <= pts < end_ns``, upright, in order. Close it to close the file.

    Of frames that are no samples at ``sample_fps`` (0: all are), those that nothing else depends
    on are left out; so are those of groups of pictures that ``stillness`` knows to be still.
    ``cells`` is as in Scalers.

    Raises after the last readable frame: FootageDamaged where packets could not be decoded or the
    file ends early, FootageUnreadable where no frame could be read; StoreUnreachable at any time.
    """
    shape, scalers, given = shape_of(segment), Scalers(cells), 0
    interlaced = segment.fields != "progressive"
    part = Part(segment.stream, segment.first_byte, segment.end_byte)
    chosen = decoder_of(segment, decoder)
    with ExitStack() as files:

        def open_again() -> Video:
            files.close()
            return files.enter_context(open_video(segment.uri, s3, threads, chosen, part))

        video, reading, frames = _from_keyframe(
            open_again,
            lambda: Wanted(
                segment.start_ns, segment.end_ns, sample_fps, stillness, interlaced=interlaced
            ),
        )
        pictures = of_fields(frames, segment, sample_fps) if interlaced else unmarked(frames)
        for decoded in _within(pictures, segment):
            given += 1
            moment = decoded.frame, decoded.pts_ns
            fields = decoded.filtered, decoded.other
            yield PyavFrame(*moment, shape, scalers, *fields, woven=interlaced)
        complaint = _complaint(video, segment, reading, s3)
        unreadable = not reading.frames and segment.start_ns == 0
    if complaint or unreadable:
        raise _error(segment.uri, complaint, given)


def shape_of(segment: Segment) -> Shape:
    return Shape(segment.sample_aspect, segment.mirrored, segment.rotation_deg // 90 % 4)


def _error(uri: str, complaint: str | None, given: int) -> FootageDamaged | FootageUnreadable:
    if complaint is None:
        return FootageUnreadable(f"{uri} holds no frame that can be decoded: it is damaged")
    return FootageDamaged(complaint) if given else FootageUnreadable(complaint)


def _within(frames: Iterator[Decoded], segment: Segment) -> Iterator[Decoded]:
    past = 0
    for decoded in frames:
        if segment.end_ns is not None and decoded.moment_ns >= segment.end_ns:
            past += 1
            if past == PAST_END:
                return
        else:
            past = 0
            if decoded.moment_ns >= segment.start_ns:
                yield decoded


def _from_keyframe(
    open_again: Callable[[], Video], wanted: Callable[[], Wanted]
) -> tuple[Video, Reading, Iterator[Decoded]]:
    """Frames from a keyframe at or before ``start_ns``, else from the beginning of the file.

    The beginning is reached by opening the file again: not every container can be wound back.
    """
    video, start_ns = open_again(), wanted().start_ns
    for back_s in BACK_OFF_S:
        target_ns = start_ns - nanoseconds(back_s)
        if target_ns <= 0:
            break
        reading = Reading(wanted=wanted())
        try:
            video.seek(target_ns)
        except av.FFmpegError:
            break
        frames = decode(video, reading)
        first = next((decoded for decoded in frames if decoded.frame.key_frame), None)
        if first is not None and first.moment_ns <= start_ns:
            return video, reading, chain([first], frames)
        if reading.at_end and not reading.packets:
            return video, reading, iter(())
    reading = Reading(wanted=wanted())
    video = open_again() if start_ns > 0 else video
    return video, reading, decode(video, reading)


def decode(video: Video, reading: Reading) -> Iterator[Decoded]:
    """Every frame from here on that can be decoded; what cannot is noted in ``reading``."""
    for packet in _needed(video, reading):
        if packet.size and not reading.frames and is_encrypted(video, packet):
            raise FootageUnreadable(f"{video.uri} is encrypted (CENC): decrypt it first")
        for frame in _frames_of(video, packet, reading):
            yield _timed(video, frame, reading)


def _needed(video: Video, reading: Reading) -> Iterator[av.Packet[Any]]:
    """Packets without those of still groups of pictures, but for the first of each."""
    packets = _packets(video, reading)
    wanted = reading.wanted
    if wanted is None or wanted.stillness is None or not _codes_changes(video):
        yield from packets
        return
    for packets_of_group in _groups(packets):
        group = _measured(video, packets_of_group, reading)
        # Behind the end, frames tell that it is reached.
        if group is None or wanted.is_past(group.start_ns) or not wanted.stillness.skips(group):
            yield from packets_of_group
        else:
            yield packets_of_group[0]
            wanted.stillness.held_ns += _held(video, packets_of_group[1:], reading, wanted)


def _codes_changes(video: Video) -> bool:
    """Whether groups stand for themselves and are shown in the order they are coded in."""
    codec = video.stream.codec_context
    return not codec.codec.intra_only and not codec.has_b_frames and video.reorder_ticks is None


def _groups(packets: Iterator[av.Packet[Any]]) -> Iterator[list[av.Packet[Any]]]:
    """From keyframe to keyframe, or less where a group is long."""
    group: list[av.Packet[Any]] = []
    for packet in packets:
        if group and (packet.is_keyframe or not packet.size or len(group) == LONGEST_GROUP):
            yield group
            group = []
        group.append(packet)
    if group:
        yield group


def _measured(video: Video, packets: list[av.Packet[Any]], reading: Reading) -> Group | None:
    """None where the group is not whole and sound, so that it has to be decoded."""
    first, last = packets[0], packets[-1]
    if not first.is_keyframe or any(p.pts is None or not p.size or p.is_corrupt for p in packets):
        return None
    return Group(
        start_ns=_packet_ns(video, first, reading),
        end_ns=_packet_ns(video, last, reading),
        first_bytes=first.size,
        rest_bytes=tuple(packet.size for packet in packets[1:]),
    )


def _held(
    video: Video, packets: list[av.Packet[Any]], reading: Reading, wanted: Wanted
) -> list[int]:
    """Moments of packets that are not decoded which would have been samples."""
    times_ns = [_packet_ns(video, packet, reading) for packet in packets]
    lengths_ns = [_length_ns(video, packet) for packet in packets]
    ends_ns = [time + length for time, length in zip(times_ns, lengths_ns, strict=True)]
    reading.read_to_ns = max(reading.read_to_ns, *ends_ns)
    return [time_ns for time_ns in times_ns if wanted.needs(time_ns)]


def _length_ns(video: Video, packet: av.Packet[Any]) -> int:
    return round((packet.duration or 0) * video.timing.unit_s * NS_PER_S)


def _packets(video: Video, reading: Reading) -> Iterator[av.Packet[Any]]:
    failures = 0
    packets = video.packets()
    while failures < READ_FAILURES:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.FFmpegError:
            failures += 1
            reading.failed.append(reading.read_to_ns)
            packets = video.packets()
            continue
        failures = 0
        reading.packets += packet.size > 0
        yield packet
    reading.at_end = True


def _frames_of(video: Video, packet: av.Packet[Any], reading: Reading) -> list[av.VideoFrame]:
    """Frames that this packet brings out of the decoder; the empty last packet flushes it."""
    time_ns = _packet_ns(video, packet, reading)
    try:
        frames = _decoded(video, packet, _skips(video, packet, time_ns, reading))
    except av.EOFError:
        return []
    except av.FFmpegError:
        reading.failed.append(time_ns)
        if reading.wanted is not None:
            reading.wanted.lost(time_ns)
        return []
    if packet.is_corrupt:
        reading.flagged.append(time_ns)
    elif packet.size:
        reading.read_to_ns = max(reading.read_to_ns, time_ns + _length_ns(video, packet))
    return frames


def _skips(video: Video, packet: av.Packet[Any], time_ns: int, reading: Reading) -> bool:
    """Whether the packet's frame is wanted by nobody, unless other frames depend on it.

    The first frame is always wanted: it tells where a seek has led.
    """
    if reading.wanted is None or video.reorder_ticks or packet.pts is None or not packet.size:
        return False
    needed = reading.wanted.needs(time_ns) or reading.wanted.is_near(time_ns)
    return not needed and reading.frames > 0


def _decoded(video: Video, packet: av.Packet[Any], skips: bool) -> list[av.VideoFrame]:
    codec = video.stream.codec_context
    if skips and codec.codec.intra_only:
        return []
    codec.skip_frame = "NONREF" if skips else "DEFAULT"
    return packet.decode()


def _packet_ns(video: Video, packet: av.Packet[Any], reading: Reading) -> int:
    tick = packet.pts if packet.pts is not None else packet.dts
    if tick is None:
        return reading.clock.last_ns or 0
    return max(0, video.timing.ns(tick) + reading.clock.shift_ns)


def _timed(video: Video, frame: av.VideoFrame, reading: Reading) -> Decoded:
    tick = frame.pts
    if video.reorder_ticks is not None:
        tick = None if frame.dts is None else frame.dts - video.reorder_ticks
    raw_ns = None if tick is None else video.timing.ns(tick)
    before = reading.clock
    moment_ns, reading.clock = tell(before, raw_ns, video.timing.frame_ns)
    if reading.clock.shift_ns != before.shift_ns:
        # Where recordings are joined, counters do not go on: nothing need be missing.
        joint_ns = (before.last_ns or 0) - JOINT_NS
        reading.flagged = [time_ns for time_ns in reading.flagged if time_ns < joint_ns]
    pts_ns = reading.clock.last_ns or 0
    reading.frames += 1
    reading.read_to_ns = max(reading.read_to_ns, pts_ns)
    if frame.is_corrupt:
        reading.flagged.append(moment_ns)
    return Decoded(frame, moment_ns, pts_ns)


def _complaint(video: Video, segment: Segment, reading: Reading, s3: S3Config) -> str | None:
    """What is wrong with this segment's share of the file, None where it is sound."""
    damage = Damage()
    for time_ns in sorted([*reading.failed, *reading.flagged]):
        after_end = segment.end_ns is not None and time_ns >= segment.end_ns
        if time_ns >= segment.start_ns and not after_end:
            damage = damage.add(time_ns)
    if reading.at_end:
        truncated = _truncated(video, segment, reading, s3)
        if truncated:
            return truncated
    return damaged_sentence(segment.uri, damage) if damage.packets else None


def _truncated(video: Video, segment: Segment, reading: Reading, s3: S3Config) -> str | None:
    if segment.end_ns is None:
        with sources.open_bytes(segment.uri, s3) as file:
            tail = missing_tail(file.read(HEAD_BYTES), file.seek(0, 2))
        if tail:
            return f"{segment.uri} is truncated: {tail}"
    announced = announced_ns(video, segment.duration_s)
    if announced is not None:
        due = announced if segment.end_ns is None else min(announced, segment.end_ns)
        spare = tolerance_ns(
            announced, duration_of_stream=video.duration_of_stream, has_audio=video.has_audio
        )
        if reading.read_to_ns < due - spare:
            ends_ns = reading.read_to_ns if reading.frames else None
            return truncated_sentence(segment.uri, announced, segment.start_ns, ends_ns)
    return None
