"""The size of a JPEG from its frame header (ITU-T T.81, B.2.2), without decoding it."""

from __future__ import annotations

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers SOF0-SOF15; C4, C8 and CC in between mean something else."""


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels; None if ``data`` is no whole JPEG header."""
    at = 2
    if data[:2] != b"\xff\xd8":
        return None
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _START_OF_FRAME:
            height = int.from_bytes(data[at + 5 : at + 7])
            return int.from_bytes(data[at + 7 : at + 9]), height
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
