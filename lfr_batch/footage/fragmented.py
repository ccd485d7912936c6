"""The fragments of a fragmented MP4 in its file: at which bytes it can be entered, and when.

FFmpeg finds them by walking over the whole file whenever it is opened, or, where an index lists
them, knows of the first alone. An index (``sidx``, ``mfra``) is not asked: what counts is what each
fragment says, and a single time that goes back between two that an index names would hide frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from lfr_batch.footage.fragments import Run, TrackHeader, runs_of, tracks_of

MOST_MOOV_BYTES = 64 << 20
MOST_MOOF_BYTES = 4 << 20
APART_S = 1.0
"""Closer entries are left out: segments need no more."""
OVERLAP_S = 0.02
"""Of a fragment and the next: rounding. Of more than that their times are not to be relied on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A fragment that begins with a keyframe of a track."""

    first_byte: int
    """From the beginning of the recording."""
    shown: int
    """Ticks of the track, by the fragment's own account; edit lists move all alike."""


@dataclass(slots=True)
class TrackSoFar:
    """What is known of a track so far."""

    ticks_per_s: int
    entries: list[Entry] = field(default_factory=list)
    head_end: int | None = None
    """Where its first fragment ends."""
    ends: int | None = None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Fragments:
    """Of one track."""

    track: int
    ticks_per_s: int
    head_end: int
    """Where what tells about the recording ends: header and first fragment."""
    entries: tuple[Entry, ...]
    """Rising; the first fragment is none."""


class Walk:
    """Gathers fragments in the order of the file. ``sound`` is False once they contradict."""

    def __init__(self, tracks: Mapping[int, TrackHeader], first_byte: int) -> None:
        self.tracks = tracks
        self.sound = True
        self._first_byte = first_byte
        self._found = {number: TrackSoFar(track.ticks_per_s) for number, track in tracks.items()}

    def add(self, at: int, runs: list[Run] | None) -> None:
        """``at``: where the fragment's ``moof`` stands in the file; None: it is broken."""
        self.sound = self.sound and runs is not None
        for found in self._found.values():
            if found.begun and found.head_end is None:
                found.head_end = at - self._first_byte
        for run in runs or ():
            self._add(self._found[run.track], at - self._first_byte, run)

    def _add(self, found: TrackSoFar, at: int, run: Run) -> None:
        slack = round(OVERLAP_S * found.ticks_per_s)
        if found.ends is not None and run.begins < found.ends - slack:
            self.sound = False
        apart = APART_S * found.ticks_per_s
        follows = not found.entries or run.shown - found.entries[-1].shown >= apart
        if run.is_keyframe and found.begun and follows:
            found.entries.append(Entry(at, run.shown))
        found.begun, found.ends = True, run.ends

    def fragments(self) -> tuple[Fragments, ...]:
        if not self.sound:
            return ()
        return tuple(
            Fragments(number, found.ticks_per_s, found.head_end, tuple(found.entries))
            for number, found in self._found.items()
            if found.entries and found.head_end is not None
        )


def begin(file: BinaryIO, first_byte: int, moov: tuple[int, int]) -> Walk | None:
    """None where the ``moov`` (start, end) announces no fragments."""
    start, end = moov
    if end - start > MOST_MOOV_BYTES:
        return None
    tracks = tracks_of(_read(file, start + 8, end))
    return Walk(tracks, first_byte) if tracks else None


def runs_at(
    file: BinaryIO, moof: tuple[int, int], tracks: Mapping[int, TrackHeader]
) -> list[Run] | None:
    start, end = moof
    data = _read(file, start + 8, min(end, start + MOST_MOOF_BYTES))
    return runs_of(data, tracks) if len(data) == end - start - 8 else None


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(max(0, end - start))
