"""Decode the frames of a segment with PyAV."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from itertools import chain

import av

from lfr_batch.errors import FootageDamaged, FootageUnreadable
from lfr_batch.footage.damage import damaged_sentence, tolerance_ns
from lfr_batch.footage.decoded import Decoded, of_fields, unmarked
from lfr_batch.footage.decoders import PLAINLY, Decoding, decoder_of
from lfr_batch.footage.entering import ways_in
from lfr_batch.footage.packets import Packet, length_ns, packet_ns, packets_to_decode
from lfr_batch.footage.places import Source
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.pyav_input import Video, announced_ns, is_encrypted, open_video
from lfr_batch.footage.reading import Reading, Wanted, damage_of, early_end
from lfr_batch.footage.shape import Shape
from lfr_batch.footage.signatures import HEAD_BYTES, missing_tail
from lfr_batch.footage.stillness import Stillness
from lfr_batch.records import Segment, nanoseconds

BACK_OFF_S = (0, 2, 6, 14, 30, 62)
"""Seeks are inexact: how far before the start to look for a keyframe, try by try."""
PAST_END = 4
"""Frames in a row at or after the end that close a segment: order may be disturbed a little."""


def open_frames(segment: Segment, source: Source, how: Decoding = PLAINLY) -> Generator[PyavFrame]:
    """The frames with ``start_ns <= pts < end_ns``, upright, in order. Close it to close the file.

    Raises after the last readable frame: FootageDamaged where packets could not be decoded or the
    file ends early, FootageUnreadable where no frame could be read; StoreUnreachable at any time.
    """
    shape, scalers, given = shape_of(segment), Scalers(how.cells), 0
    interlaced = segment.fields != "progressive"
    wanted = Wanted(segment.start_ns, segment.end_ns, how.sample_fps, interlaced)
    ways = ways_in(segment)
    chosen = decoder_of(segment, how.decoder)
    with ExitStack() as files:

        def open_again() -> Video:
            files.close()
            return files.enter_context(open_video(source, how.threads, chosen, next(ways)))

        video, reading, frames = _from_keyframe(open_again, wanted, how.stillness)
        pictures = of_fields(frames, segment, how.sample_fps) if interlaced else unmarked(frames)
        for decoded in _within(pictures, wanted):
            given += 1
            yield PyavFrame(decoded, shape, scalers)
        complaint = _complaint(video, segment, reading, source)
        unreadable = not reading.frames and segment.start_ns == 0
    if complaint or unreadable:
        raise _error(segment.uri, complaint, given)


def shape_of(segment: Segment) -> Shape:
    return Shape(segment.sample_aspect, segment.mirrored, segment.rotation_deg // 90 % 4)


def _error(uri: str, complaint: str | None, given: int) -> FootageDamaged | FootageUnreadable:
    if complaint is None:
        return FootageUnreadable(f"{uri} holds no frame that can be decoded: it is damaged")
    return FootageDamaged(complaint) if given else FootageUnreadable(complaint)


def _within(frames: Iterator[Decoded], wanted: Wanted) -> Iterator[Decoded]:
    past = 0
    for decoded in frames:
        if wanted.is_past(decoded.moment_ns):
            past += 1
            if past == PAST_END:
                return
        else:
            past = 0
            if decoded.moment_ns >= wanted.start_ns:
                yield decoded


def _from_keyframe(
    open_again: Callable[[], Video], wanted: Wanted, stillness: Stillness | None
) -> tuple[Video, Reading, Iterator[Decoded]]:
    """Frames from a keyframe at or before the start, else from the beginning of the file.

    The beginning is reached by opening the file again: not every container can be wound back.
    """
    video = open_again()
    for back_s in BACK_OFF_S:
        target_ns = wanted.start_ns - nanoseconds(back_s)
        if target_ns <= 0:
            break
        reading = Reading(video.timing, wanted, stillness)
        try:
            video.seek(target_ns)
        except av.FFmpegError:
            break
        frames = decode(video, reading)
        first = next((decoded for decoded in frames if decoded.frame.key_frame), None)
        if first is not None and first.moment_ns <= wanted.start_ns:
            return video, reading, chain([first], frames)
        if reading.at_end and not reading.packets:
            return video, reading, iter(())
    video = open_again() if wanted.start_ns > 0 else video
    reading = Reading(video.timing, wanted, stillness)
    return video, reading, decode(video, reading)


def decode(video: Video, reading: Reading) -> Iterator[Decoded]:
    """Every frame from here on that can be decoded; what cannot is noted in ``reading``."""
    for packet in packets_to_decode(video, reading):
        if packet.size and not reading.frames and is_encrypted(video, packet):
            raise FootageUnreadable(f"{video.uri} is encrypted (CENC): decrypt it first")
        for frame in _frames_of(video, packet, reading):
            moment_ns, pts_ns = reading.frame_came(_tick(video, frame), flagged=frame.is_corrupt)
            yield Decoded(frame, moment_ns, pts_ns)


def _frames_of(video: Video, packet: Packet, reading: Reading) -> list[av.VideoFrame]:
    """Frames that this packet brings out of the decoder; the empty last packet flushes it."""
    time_ns = packet_ns(packet, reading)
    try:
        frames = _decoded(video, packet, _is_spared(video, packet, time_ns, reading))
    except av.EOFError:
        return []
    except av.FFmpegError:
        reading.packet_failed(time_ns)
        return []
    if packet.is_corrupt:
        reading.packet_flagged(time_ns)
    elif packet.size:
        reading.read_to(time_ns + length_ns(video, packet))
    return frames


def _is_spared(video: Video, packet: Packet, time_ns: int, reading: Reading) -> bool:
    """Whether the packet's frame is wanted by nobody, unless other frames depend on it."""
    if video.reorder_ticks or packet.pts is None or not packet.size:
        return False
    return not reading.needs(time_ns)


def _decoded(video: Video, packet: Packet, spared: bool) -> list[av.VideoFrame]:
    codec = video.stream.codec_context
    if spared and codec.codec.intra_only:
        return []
    codec.skip_frame = "NONREF" if spared else "DEFAULT"
    return packet.decode()


def _tick(video: Video, frame: av.VideoFrame) -> int | None:
    """The frame's timestamp; where only decoding times are stored, what follows from its own."""
    if video.reorder_ticks is None:
        return frame.pts
    return None if frame.dts is None else frame.dts - video.reorder_ticks


def _complaint(video: Video, segment: Segment, reading: Reading, source: Source) -> str | None:
    """What is wrong with this segment's share of the file, None where it is sound."""
    if reading.at_end:
        truncated = _truncated(video, segment, reading, source)
        if truncated:
            return truncated
    damage = damage_of(reading)
    return damaged_sentence(segment.uri, damage) if damage.packets else None


def _truncated(video: Video, segment: Segment, reading: Reading, source: Source) -> str | None:
    if segment.end_ns is None:
        with source.open_bytes() as file:
            tail = missing_tail(file.read(HEAD_BYTES), file.seek(0, 2))
        if tail:
            return f"{segment.uri} is truncated: {tail}"
    announced = announced_ns(video, segment.duration_s)
    if announced is None:
        return None
    spare = tolerance_ns(
        announced, duration_of_stream=video.duration_of_stream, has_audio=video.has_audio
    )
    return early_end(segment.uri, reading, announced, spare)
