"""Which packets of a video go to the decoder: all, or of still groups of pictures the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import av

from lfr_batch.footage.pyav_input import Video
from lfr_batch.footage.reading import Reading
from lfr_batch.footage.stillness import Group
from lfr_batch.records import NS_PER_S

LONGEST_GROUP = 600
READ_FAILURES = 50
"""Failed reads in a row after which the rest of a file is given up."""

Packet: TypeAlias = "av.Packet[Any]"


def packets_to_decode(video: Video, reading: Reading) -> Iterator[Packet]:
    """From where the file stands, without those of groups that ``reading`` skips."""
    packets = _packets(video, reading)
    if reading.stillness is None or not _codes_changes(video):
        yield from packets
        return
    for group in _groups(packets):
        measured = _measured(group, reading)
        if measured is None or not reading.skips(measured):
            yield from group
        else:
            yield group[0]
            for packet in group[1:]:
                time_ns = packet_ns(packet, reading)
                reading.packet_skipped(time_ns, time_ns + length_ns(video, packet))


def packet_ns(packet: Packet, reading: Reading) -> int:
    return reading.packet_ns(packet.pts if packet.pts is not None else packet.dts)


def length_ns(video: Video, packet: Packet) -> int:
    return round((packet.duration or 0) * video.timing.unit_s * NS_PER_S)


def _packets(video: Video, reading: Reading) -> Iterator[Packet]:
    failures = 0
    packets = video.packets()
    while failures < READ_FAILURES:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.FFmpegError:
            failures += 1
            reading.read_failed()
            packets = video.packets()
            continue
        failures = 0
        reading.packet_came(has_data=packet.size > 0)
        yield packet
    reading.end_came()


def _codes_changes(video: Video) -> bool:
    """Whether groups stand for themselves and are shown in the order they are coded in."""
    codec = video.stream.codec_context
    return not codec.codec.intra_only and not codec.has_b_frames and video.reorder_ticks is None


def _groups(packets: Iterator[Packet]) -> Iterator[list[Packet]]:
    """From keyframe to keyframe, or less where a group is long."""
    group: list[Packet] = []
    for packet in packets:
        if group and (packet.is_keyframe or not packet.size or len(group) == LONGEST_GROUP):
            yield group
            group = []
        group.append(packet)
    if group:
        yield group


def _measured(packets: list[Packet], reading: Reading) -> Group | None:
    """None where the group is not whole and sound, so that it has to be decoded."""
    first, last = packets[0], packets[-1]
    if not first.is_keyframe or any(p.pts is None or not p.size or p.is_corrupt for p in packets):
        return None
    return Group(
        start_ns=packet_ns(first, reading),
        end_ns=packet_ns(last, reading),
        first_bytes=first.size,
        rest_bytes=tuple(packet.size for packet in packets[1:]),
    )
