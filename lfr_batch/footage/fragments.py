"""What the boxes of a fragmented MP4 say of its fragments: where each begins, and when. Pure.

A fragment is a ``moof`` box, which describes samples, and the ``mdat`` behind it, which holds them.
A box that is broken comes back as None: who asks does without.

Sources: ISO/IEC 14496-12:2022, section 8.8 (trex, moof, tfhd, trun, tfdt);
``libavformat/mov.c`` of FFmpeg 8 for which samples are keyframes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NO_KEYFRAME = 0x0101_0000
"""Of a sample's flags: it depends on others, or is no sync sample."""
BASE, DESCRIPTION, DURATION, SIZE, FLAGS = 0x1, 0x2, 0x8, 0x10, 0x20
"""What a tfhd has, by its flags."""
DATA_OFFSET, FIRST_FLAGS, DURATIONS, SIZES, EACH_FLAGS, OFFSETS = (
    0x1,
    0x4,
    0x100,
    0x200,
    0x400,
    0x800,
)
"""What a trun has."""
REORDERED = 8
"""Frames: more than codecs keep back."""
HEAD_BYTES = 16
"""Of a box whose length takes 64 bits."""
BROKEN = (struct.error, IndexError, ValueError)

Span = tuple[int, int]
"""(first byte, end)."""


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """What a ``moov`` says of a track of pictures that may go on in fragments."""

    number: int
    ticks_per_s: int
    sample_ticks: int
    sample_flags: int


@dataclass(frozen=True, slots=True)
class Run:
    """The samples of one track in one fragment."""

    track: int
    begins: int
    """When its first sample is decoded; this and what follows in ticks of the track."""
    ends: int
    shown: int
    """When its first sample is shown."""
    samples: int
    is_keyframe: bool
    """Whether the first sample is."""


def tracks_of(moov: bytes) -> dict[int, TrackHeader] | None:
    """By number, from the content of a ``moov``; empty where the file has no fragments."""
    try:
        extends = _child(moov, b"mvex", (0, len(moov)))
        if extends is None:
            return {}
        rates = dict(_rate(moov, span) for kind, span in _boxes(moov) if kind == b"trak")
        defaults = [
            struct.unpack_from(">4x5I", moov, at)
            for kind, (at, _) in _boxes(moov, extends)
            if kind == b"trex"
        ]
    except BROKEN:
        return None
    return {
        number: TrackHeader(number, rates[number], ticks, flags)
        for number, _, ticks, _, flags in defaults
        if rates.get(number)
    }


def runs_of(moof: bytes, tracks: Mapping[int, TrackHeader]) -> list[Run] | None:
    """One for each of the tracks that has samples in it, from the content of a ``moof``."""
    try:
        found = [_run(moof, span, tracks) for kind, span in _boxes(moof) if kind == b"traf"]
    except BROKEN:
        return None
    return [run for run in found if run is not None]


def hidden(data: bytes, at: int, holes: tuple[Span, ...]) -> bytes:
    """Bytes that stand at ``at``, with a ``free`` box laid over each hole: nobody looks into it.

    What lies behind keeps its place, which fragments may refer to. Holes under 16 bytes stay.
    """
    for first, end in holes:
        head = struct.pack(">I4sQ", 1, b"free", end - first)
        low, high = max(first, at), min(first + HEAD_BYTES, at + len(data))
        if low < high and end - first >= HEAD_BYTES:
            data = data[: low - at] + head[low - first : high - first] + data[high - at :]
    return data


def _boxes(data: bytes, span: Span | None = None) -> Iterator[tuple[bytes, Span]]:
    """(type, span of the content). Raises ValueError where one does not fit into its parent."""
    at, end = span or (0, len(data))
    while at < end:
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            (length,), head = struct.unpack_from(">Q", data, at + 8), 16
        length = length or end - at
        if length < head or at + length > end:
            raise ValueError("a box that does not fit into its parent")
        yield kind, (at + head, at + length)
        at += length


def _child(data: bytes, wanted: bytes, span: Span) -> Span | None:
    return next((inner for kind, inner in _boxes(data, span) if kind == wanted), None)


def _rate(moov: bytes, track: Span) -> tuple[int, int]:
    """(number, ticks per second) of a ``trak``; 0 of one that shows no pictures."""
    about = _child(moov, b"tkhd", track)
    media = _child(moov, b"mdia", track)
    clock = _child(moov, b"mdhd", media) if media else None
    kind = _child(moov, b"hdlr", media) if media else None
    if about is None or clock is None or kind is None:
        raise ValueError("a track without a header")
    (number,) = struct.unpack_from(">I", moov, about[0] + (20 if moov[about[0]] else 12))
    (rate,) = struct.unpack_from(">I", moov, clock[0] + (20 if moov[clock[0]] else 12))
    return number, rate if moov[kind[0] + 8 : kind[0] + 12] == b"vide" else 0


def _run(moof: bytes, traf: Span, tracks: Mapping[int, TrackHeader]) -> Run | None:
    """Raises ValueError where it does not say when it begins: then it depends on what is before."""
    header = _child(moof, b"tfhd", traf)
    if header is None:
        raise ValueError("a fragment of no track")
    flags, number = struct.unpack_from(">2I", moof, header[0])
    track = tracks.get(number)
    truns = [span for kind, span in _boxes(moof, traf) if kind == b"trun"]
    if track is None or not truns:
        return None
    told = _defaults(moof, header[0] + 8, flags)
    sample_ticks = told.get(DURATION, track.sample_ticks)
    sample_flags = told.get(FLAGS, track.sample_flags)
    read = [_trun(moof, at, sample_ticks, sample_flags, track.ticks_per_s) for at, _ in truns]
    filled = [each for each in read if each[0]]
    if not filled:
        return None
    begins = _begins(moof, traf)
    ends = begins + sum(ticks for _, ticks, _, _ in filled)
    _, _, offset, first_flags = filled[0]
    samples = sum(count for count, *_ in filled)
    return Run(number, begins, ends, begins + offset, samples, not first_flags & NO_KEYFRAME)


def _begins(moof: bytes, traf: Span) -> int:
    span = _child(moof, b"tfdt", traf)
    if span is None:
        raise ValueError("a fragment without a time")
    (time,) = struct.unpack_from(">Q" if moof[span[0]] else ">I", moof, span[0] + 4)
    return int(time)


def _defaults(moof: bytes, at: int, flags: int) -> dict[int, int]:
    told: dict[int, int] = {}
    for flag, form in (
        (BASE, ">Q"),
        (DESCRIPTION, ">I"),
        (DURATION, ">I"),
        (SIZE, ">I"),
        (FLAGS, ">I"),
    ):
        if flags & flag:
            (told[flag],) = struct.unpack_from(form, moof, at)
            at += struct.calcsize(form)
    return told


def _trun(
    moof: bytes, at: int, sample_ticks: int, sample_flags: int, most_ticks: int
) -> tuple[int, int, int, int]:
    """(samples, ticks of all, offset of the first from decoding to showing, flags of the first)."""
    flags, count = struct.unpack_from(">2I", moof, at)
    at += 8 + (4 if flags & DATA_OFFSET else 0)
    if flags & FIRST_FLAGS:
        (sample_flags,) = struct.unpack_from(">I", moof, at)
        at += 4
    columns = [column for column in (DURATIONS, SIZES, EACH_FLAGS, OFFSETS) if flags & column]
    table = struct.unpack_from(f">{count * len(columns)}I", moof, at) if columns else ()
    of = {column: table[n :: len(columns)] for n, column in enumerate(columns)}
    ticks = sum(of[DURATIONS]) if DURATIONS in of else count * sample_ticks
    offsets = [offset - (offset >> 31 << 32) for offset in of.get(OFFSETS, ())] or [0]
    if max(offsets) - min(offsets) > most_ticks + REORDERED * ticks // max(count, 1):
        raise ValueError("frames are shown in an order that a clock cannot follow")
    if count and EACH_FLAGS in of and not flags & FIRST_FLAGS:
        sample_flags = of[EACH_FLAGS][0]
    return count, ticks, offsets[0], sample_flags
