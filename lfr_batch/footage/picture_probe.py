"""Find out how the pictures of an open video are to be shown, and whether they are interlaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any

import av
import numpy as np

from lfr_batch.footage import fields
from lfr_batch.footage.fields import Said, Votes
from lfr_batch.footage.pyav_frame import orientation_of, stated_by
from lfr_batch.footage.pyav_input import Video
from lfr_batch.footage.shape import Shape, sample_aspect, turned_aspect
from lfr_batch.records import ByteArray, FieldOrder, FootageEntry, nanoseconds

PLACES = 8
"""Where frames are looked at, from the beginning to the end, until they tell."""
FRAMES, PACKETS = 5, 500
"""Frames in a row at each place, and packets that are read for them at most."""
MOST_PIXELS = 4_000_000
"""Of a frame: no camera weaves larger ones, and memory is bounded."""
FIRST_FIELD: dict[int, FieldOrder] = {2: "top", 3: "bottom", 4: "bottom", 5: "top"}
"""FFmpeg's AVFieldOrder: TT, BB, TB (bottom displayed first), BT."""

Found = tuple[FieldOrder, str | None]
"""The first field, or progressive; and what is worth saying of it."""


def probe_picture(video: Video, first: av.VideoFrame, entry: FootageEntry) -> dict[str, Any]:
    """Fields of a ``FootageAsset``, ``first`` being the first frame that was decoded of it.

    Decodes further frames here and there, and leaves the video wherever that led.
    """
    mirrored, turn_deg = orientation_of(first)
    rotation_deg = (turn_deg + entry.rotate_deg) % 360
    stored_wh = first.width, first.height
    known = turned_aspect(entry.aspect, rotation_deg)
    aspect, note = sample_aspect(stored_wh, stated_by(video.stream), known)
    width, height = Shape(aspect, mirrored, rotation_deg // 90).true_wh(stored_wh)
    order, remark = find_fields(video, first)
    return {
        "width": width,
        "height": height,
        "rotation_deg": rotation_deg,
        "sample_aspect": aspect,
        "mirrored": mirrored,
        "fields": order,
        "notes": "; ".join(each for each in (note, remark) if each) or None,
    }


def find_fields(video: Video, first: av.VideoFrame) -> Found:
    """Decodes a few frames here and there and leaves the video wherever that led."""
    said, votes = said_by(video, first.interlaced_frame), Votes()
    for place in range(PLACES):
        if not fields.is_worth_a_look(place, first.height, votes, said):
            break
        # Where the file cannot be wound back, the next frames are those that come.
        if not _seek(video, place) and place:
            break
        lumas, interlaced = _look(video)
        said = said_by(video, interlaced or said.interlaced)
        votes += fields.count(lumas)
    order = fields.judge(votes, said)
    return order, fields.remark(order, said)


def said_by(video: Video, interlaced: bool) -> Said:
    order = video.stream.codec_context.field_order
    return Said(interlaced or order in FIRST_FIELD, FIRST_FIELD.get(order))


def _seek(video: Video, place: int) -> bool:
    if not video.duration_s:
        return False
    try:
        video.seek(nanoseconds(video.duration_s * place / PLACES))
    except av.FFmpegError:
        return False
    return True


def _look(video: Video) -> tuple[list[ByteArray], bool]:
    """Luma of the next frames, and whether any is marked as interlaced."""
    lumas, interlaced = [], False
    for frame in _frames(video):
        interlaced = interlaced or frame.interlaced_frame
        if frame.width * frame.height <= MOST_PIXELS:
            lumas.append(_luma(frame))
    return lumas, interlaced


def _luma(frame: av.VideoFrame) -> ByteArray:
    return np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)


def _frames(video: Video) -> Iterator[av.VideoFrame]:
    """The next few, of no more than so many packets: behind a damaged place there may be none."""
    packets = islice(video.packets(), PACKETS)
    return islice(chain.from_iterable(map(_decoded, _readable(packets))), FRAMES)


def _readable(packets: Iterator[av.Packet[Any]]) -> Iterator[av.Packet[Any]]:
    with suppress(av.FFmpegError):
        yield from packets


def _decoded(packet: av.Packet[Any]) -> list[av.VideoFrame]:
    try:
        return packet.decode()
    except av.FFmpegError:
        return []
