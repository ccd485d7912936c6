"""Read format, size and orientation of a still from its header, without decoding it.

Sources: PNG (W3C), JPEG (ITU-T T.81), EXIF 3.0 / TIFF 6.0, WebP (RFC 9649), BMP (BITMAPINFOHEADER).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

SOF_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
TAG_WIDTH, TAG_HEIGHT, TAG_ORIENTATION = 256, 257, 274
SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """``width`` and ``height`` as stored; ``orientation`` is EXIF's 1 to 8."""

    format: str
    width: int
    height: int
    orientation: int = 1

    @property
    def upright_wh(self) -> tuple[int, int]:
        sideways = self.orientation in SIDEWAYS
        return (self.height, self.width) if sideways else (self.width, self.height)


def picture_format(head: bytes) -> str | None:
    """jpeg, png, webp, bmp or tiff by magic number, else None. Animations are not stills."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return None if b"acTL" in head[:4096] else "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    for magic, name in ((b"\xff\xd8\xff", "jpeg"), (b"II*\0", "tiff"), (b"MM\0*", "tiff")):
        if head.startswith(magic):
            return name
    return "bmp" if head[:2] == b"BM" and head[6:10] == bytes(4) else None


def read_header(data: bytes) -> PictureHeader | None:
    """The header of a still, or None where ``data`` holds none or not enough of it."""
    name = picture_format(data)
    if name is None:
        return None
    try:
        return READERS[name](data)
    except (struct.error, IndexError):
        return None


def _png(data: bytes) -> PictureHeader:
    width, height = struct.unpack(">II", data[16:24])
    at = data.find(b"eXIf", 33, 65536)
    orientation = _tiff_tags(data[at + 4 :]).get(TAG_ORIENTATION, 1) if at > 0 else 1
    return PictureHeader("png", width, height, orientation)


def _bmp(data: bytes) -> PictureHeader:
    if struct.unpack("<I", data[14:18])[0] == 12:
        width, height = struct.unpack("<HH", data[18:22])
    else:
        width, height = struct.unpack("<ii", data[18:26])
    return PictureHeader("bmp", abs(width), abs(height))


def _webp(data: bytes) -> PictureHeader:
    chunk, body = data[12:16], data[20:]
    if chunk == b"VP8X":
        size = (int.from_bytes(body[4:7], "little"), int.from_bytes(body[7:10], "little"))
        return PictureHeader("webp", size[0] + 1, size[1] + 1)
    if chunk == b"VP8L":
        bits = struct.unpack("<I", body[1:5])[0]
        return PictureHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    width, height = struct.unpack("<HH", body[6:10])
    return PictureHeader("webp", width & 0x3FFF, height & 0x3FFF)


def _tiff(data: bytes) -> PictureHeader | None:
    tags = _tiff_tags(data)
    if TAG_WIDTH not in tags or TAG_HEIGHT not in tags:
        return None
    return PictureHeader("tiff", tags[TAG_WIDTH], tags[TAG_HEIGHT], tags.get(TAG_ORIENTATION, 1))


def _jpeg(data: bytes) -> PictureHeader | None:
    at, orientation = 2, 1
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker in SOF_MARKERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return PictureHeader("jpeg", width, height, orientation)
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _tiff_tags(data[at + 10 : at + 2 + length]).get(TAG_ORIENTATION, 1)
        at += 2 + length
    return None


def _tiff_tags(data: bytes) -> dict[int, int]:
    """Short and long single values of the first directory; empty where it is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        return {}
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, start)
        return dict(_tags(data, order, start + 2, count))
    except struct.error:
        return {}


def _tags(data: bytes, order: str, start: int, count: int) -> list[tuple[int, int]]:
    tags = []
    for i in range(count):
        tag, kind, _ = struct.unpack_from(order + "HHI", data, start + 12 * i)
        if kind in {3, 4}:
            value = struct.unpack_from(
                order + ("H" if kind == 3 else "I"), data, start + 12 * i + 8
            )
            tags.append((tag, int(value[0])))
    return tags


READERS: dict[str, Callable[[bytes], PictureHeader | None]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "bmp": _bmp,
    "tiff": _tiff,
}
