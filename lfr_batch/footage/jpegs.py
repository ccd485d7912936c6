"""The pictures of a JPEG file: one, or several one behind the other, and what stands behind them.
Pure.

Sources: ITU-T T.81 (JPEG), annex B; CIPA DC-007 (Multi-Picture Format). Nothing is decoded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lfr_batch.footage.tiff_tags import ORIENTATION, entries, tags

START = b"\xff\xd8\xff"
SOF_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
SOS, EOI, APP1, APP2 = 0xDA, 0xD9, 0xE1, 0xE2
AFTER_CODED_DATA = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xfe]")
"""Any marker that may follow coded data: no stuffed byte, no restart marker."""

MPF_ENTRIES = 0xB002
MPF_THUMBNAILS = (0x010001, 0x010002)
"""Type codes of large thumbnails: the first picture once more, smaller."""
MAPS = (b"hdrgm:GainMapMax", b":aux:hdrgainmap", b":aux:disparity", b":aux:depth")
"""In a picture's header: it says how much brighter, or how far away, each place of the first one
is (Ultra HDR of Android; Apple's names of auxiliary pictures)."""
FILM = b"ftyp"


@dataclass(frozen=True, slots=True)
class Jpeg:
    """One picture of the file, from ``start`` to ``end``; sizes as stored."""

    start: int
    end: int
    width: int
    height: int
    orientation: int
    scans: int
    whole: bool
    """Whether its end is there."""
    header: bytes
    """All before its first coded data."""
    mpf: tuple[int, bytes] | None
    """The list of pictures in its header, and where in the file that list's offsets count from."""

    @property
    def is_map(self) -> bool:
        return any(name in self.header for name in MAPS)


def jpegs(data: bytes, most: int) -> list[Jpeg]:
    """The pictures of a file, looked for at ``most`` places.

    Thumbnails and depth and gain maps of the first are left out.
    """
    all_of_it = list(_all(data, most))
    if not all_of_it:
        return []
    first, *others = all_of_it
    thumbnails = _thumbnails(first)
    return [first, *(each for each in others if each.start not in thumbnails and not each.is_map)]


def film_behind(data: bytes, end: int) -> int | None:
    """Where behind ``end`` a film begins (a motion photograph), else None."""
    at = data.find(FILM, end)
    return (
        at - 4 if at >= end + 4 and 8 <= int.from_bytes(data[at - 4 : at], "big") <= 512 else None
    )


def _all(data: bytes, most: int) -> Iterator[Jpeg]:
    at = 0 if data.startswith(START) else -1
    for _ in range(most):
        if at < 0:
            return
        found = _jpeg(data, at)
        if found:
            yield found
        after = found.end if found else at + 2
        at = data.find(START, after, film_behind(data, after))


def _jpeg(data: bytes, start: int) -> Jpeg | None:
    """The picture that begins at ``start``; None where no picture can be made of it."""
    size, orientation, scans, header_end = (0, 0), 1, 0, 0
    mpf: tuple[int, bytes] | None = None
    end = start + 2
    for marker, body, end in _markers(data, start + 2):
        if marker in SOF_MARKERS and body + 5 <= len(data):
            height, width = struct.unpack_from(">HH", data, body + 1)
            size = width, height
        elif marker == APP1 and data.startswith(b"Exif\0\0", body):
            orientation = tags(data[body + 6 : end]).get(ORIENTATION, 1)
        elif marker == APP2 and data.startswith(b"MPF\0", body):
            mpf = body + 4, data[body + 4 : end]
        elif marker == SOS:
            scans, header_end = scans + 1, header_end or body
    if not scans or not all(size):
        return None
    whole = data[end - 2 : end] == b"\xff\xd9"
    return Jpeg(start, end, *size, orientation, scans, whole, data[start:header_end], mpf)


def _markers(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Each marker, where its content begins, and where it ends, with the coded data behind it."""
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker, body = data[at + 1], at + 4
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == EOI:
            yield marker, at + 2, at + 2
            return
        at = body - 2 + int.from_bytes(data[at + 2 : body], "big")
        if marker == SOS:
            following = AFTER_CODED_DATA.search(data, at)
            at = following.start() if following else len(data)
        yield marker, body, min(at, len(data))


def _thumbnails(first: Jpeg) -> set[int]:
    """Where the file's own list says that large thumbnails begin."""
    if first.mpf is None:
        return set()
    base, directory = first.mpf
    listed = entries(directory, MPF_ENTRIES)
    order = "<" if directory.startswith(b"II") else ">"
    rows = struct.iter_unpack(order + "IIIHH", listed[: len(listed) // 16 * 16])
    return {base + offset for kind, _, offset, *_ in rows if kind & 0xFFFFFF in MPF_THUMBNAILS}
