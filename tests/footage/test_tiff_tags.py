"""The first directory of a TIFF, in both orders of bytes, whole and damaged."""

from __future__ import annotations

import struct

import pytest

from lfr_batch.footage.tiff_tags import LONG, ORIENTATION, SHORT, entries, tags

UNDEFINED = 7
IMAGES = 0xB002
"""Of the Multi-Picture Format."""


def tiff(order: str, *given: tuple[int, int, int, bytes], after: bytes = b"") -> bytes:
    """One directory of (tag, type, count, value of four bytes), then ``after``."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    directory = struct.pack(f"{order}H", len(given))
    for tag, kind, count, value in given:
        directory += struct.pack(f"{order}HHI4s", tag, kind, count, value)
    return head + directory + struct.pack(f"{order}I", 0) + after


@pytest.mark.parametrize("order", ["<", ">"])
def test_short_and_long_values(order: str) -> None:
    data = tiff(
        order,
        (256, LONG, 1, struct.pack(f"{order}I", 70_000)),
        (ORIENTATION, SHORT, 1, struct.pack(f"{order}HH", 6, 0)),
        (258, SHORT, 2, struct.pack(f"{order}HH", 8, 16)),
        (270, 2, 3, b"abc\0"),
    )
    assert tags(data) == {256: 70_000, ORIENTATION: 6, 258: 8}


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_an_offset_points_at(order: str) -> None:
    at = 8 + 2 + 12 + 4
    pointing = tiff(order, (IMAGES, UNDEFINED, 6, struct.pack(f"{order}I", at)), after=b"abcdef??")
    assert entries(pointing, IMAGES) == b"abcdef"
    assert entries(pointing, ORIENTATION) == b""
    beside = tiff(order, (IMAGES, UNDEFINED, 4, b"abcd"))  # the value itself, no offset
    assert entries(beside, IMAGES) == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II",
        b"XX*\0\x08\0\0\0",
        struct.pack("<2sHI", b"II", 42, 4_000_000_000),
        tiff("<", (ORIENTATION, SHORT, 1, b"\6\0\0\0"))[:12],
    ],
)
def test_what_is_damaged_tells_nothing(data: bytes) -> None:
    assert tags(data) == {}
    assert entries(data, IMAGES) == b""


def test_what_is_cut_off_tells_what_is_left() -> None:
    two = tiff("<", (256, LONG, 1, b"\1\0\0\0"), (257, LONG, 1, b"\2\0\0\0"))
    assert tags(two[:-8]) == {256: 1}
