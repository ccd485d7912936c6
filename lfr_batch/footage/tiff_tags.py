"""The first directory of a TIFF, which is also how EXIF and the Multi-Picture Format are written.
Pure.

Sources: TIFF 6.0, section 2; EXIF 3.0, section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

ORDERS = {b"II": "<", b"MM": ">"}
ORIENTATION = 274
SHORT, LONG = 3, 4
FORMATS = {SHORT: "H", LONG: "I"}

_Entry = tuple[int, int, int, bytes]
"""Tag, type, count, and the four bytes that hold the value or where it lies."""


def tags(data: bytes) -> dict[int, int]:
    """The short and long values (of several, the first) by tag; empty where it is damaged."""
    order = ORDERS.get(data[:2])
    return {
        tag: int(struct.unpack_from(f"{order}{FORMATS[kind]}", value)[0])
        for tag, kind, _, value in _entries(data)
        if kind in FORMATS
    }


def entries(data: bytes, wanted: int) -> bytes:
    """What the offset of the tag ``wanted`` points at, in bytes; empty where there is none."""
    order = ORDERS.get(data[:2])
    for tag, _, count, value in _entries(data):
        if tag == wanted and count > len(value):
            at = struct.unpack(f"{order}I", value)[0]
            return data[at : at + count]
    return b""


def _entries(data: bytes) -> Iterator[_Entry]:
    order = ORDERS.get(data[:2])
    if order is None:
        return
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        for i in range(count):
            yield struct.unpack_from(f"{order}HHI4s", data, start + 2 + 12 * i)
    except struct.error:
        return
