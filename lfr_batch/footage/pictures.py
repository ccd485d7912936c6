"""Which format a picture has, and what its header says of it, without decoding it. Pure.

Sources: PNG (W3C, third edition), WebP (RFC 9649), BMP (BITMAPINFOHEADER), JPEG 2000 (ITU-T T.800,
annexes A and I), EXIF 3.0, TIFF 6.0, GIF89a, ISO/IEC 14496-12 (boxes) and 23008-12 (HEIF's brands),
AV1 Image File Format.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from lfr_batch.footage import tiff_tags

PNG = b"\x89PNG\r\n\x1a\n"
JP2 = b"\0\0\0\x0cjP  \r\n\x87\n"
JP2_CODED = b"\xff\x4f\xff\x51"
JP2_TILE_BYTES = 14
"""A tile in which nothing is coded: its header (SOT), and the mark where data would begin (SOD)."""
MAGICS = (
    (b"\xff\xd8\xff", "jpeg"),
    (PNG, "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (JP2, "jp2"),
    (JP2_CODED, "jp2"),
)
AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
"""Of files that hold pictures; the brands of those with a film alone (hevc, msf1) are not here."""
SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """``width`` and ``height`` as stored; ``orientation`` is EXIF's 1 to 8."""

    width: int
    height: int
    orientation: int = 1
    whole: bool = True
    """Whether the end of the picture is there."""

    @property
    def upright_wh(self) -> tuple[int, int]:
        sideways = self.orientation in SIDEWAYS
        return (self.height, self.width) if sideways else (self.width, self.height)


def picture_format(head: bytes) -> str | None:
    """Format of a picture by its first bytes, whatever it is called, else None.

    An animation is 'apng' or 'awebp', where it is not gif, avif or tiff that may be one anyway.
    """
    for magic, name in MAGICS:
        if head.startswith(magic):
            return "apng" if name == "png" and _is_animated(head) else name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "awebp" if head[12:16] == b"VP8X" and head[20:21] and head[20] & 2 else "webp"
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    return "bmp" if head[:2] == b"BM" and head[6:10] == bytes(4) else None


def _of_brands(head: bytes) -> str | None:
    end = min(int.from_bytes(head[:4], "big"), 512)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
    if brands & AVIF_BRANDS:
        return "avif"
    return "heif" if brands & HEIF_BRANDS else None


def read_header(name: str, data: bytes) -> PictureHeader | None:
    """The header of a picture in one of the formats of ``READERS``; None where it is damaged."""
    try:
        return READERS[name](data)
    except (struct.error, IndexError):
        return None


def boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and announced end of each box of a JPEG 2000, HEIF or AVIF file."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        end = at + size if size >= 8 else len(data)
        yield data[at + 4 : at + 8], at, end
        at = end


def boxes_are_whole(data: bytes) -> bool:
    return all(end <= len(data) for _, _, end in boxes(data))


def _is_animated(png: bytes) -> bool:
    names = (name for name, _, _ in _chunks(png))
    return b"acTL" in takewhile(lambda name: name != b"IDAT", names)


def _chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, and where the content begins and ends, of each chunk that begins in the file."""
    at = len(PNG)
    while at + 8 <= len(png):
        size, name = struct.unpack_from(">I4s", png, at)
        yield name, at + 8, at + 8 + size
        at += 12 + size


def _png(data: bytes) -> PictureHeader:
    width, height = struct.unpack_from(">II", data, 16)
    orientation, whole = 1, False
    for name, start, end in _chunks(data):
        if name == b"eXIf":
            orientation = _exif_orientation(data[start:end])
        if name == b"IEND":
            whole = end + 4 <= len(data)
            break
    return PictureHeader(width, height, orientation, whole)


def _bmp(data: bytes) -> PictureHeader:
    pixels_at, header_size = struct.unpack_from("<II", data, 10)
    if header_size == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        packed = 0
    else:
        width, height, _, bits, packed = struct.unpack_from("<iiHHI", data, 18)
    row_bytes = (abs(width) * bits + 31) // 32 * 4
    whole = bool(packed) or pixels_at + row_bytes * abs(height) <= len(data)
    return PictureHeader(abs(width), abs(height), whole=whole)


def _webp(data: bytes) -> PictureHeader:
    width, height = _webp_size(data[12:16], data[20:30])
    announced = int.from_bytes(data[4:8], "little") + 8
    orientation, at = 1, 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"EXIF":
            exif = data[at + 8 : at + 8 + size].removeprefix(b"Exif\0\0")
            orientation = _exif_orientation(exif)
        at += 8 + size + size % 2
    return PictureHeader(width, height, orientation, announced <= len(data) + 1)


def _webp_size(chunk: bytes, body: bytes) -> tuple[int, int]:
    if chunk == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") for at in (4, 7))
        return width + 1, height + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", body, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _jp2(data: bytes) -> PictureHeader | None:
    at = data.find(JP2_CODED)
    if at < 0:
        return None
    right, bottom, left, top, *tile = struct.unpack_from(">IIIIIIII", data, at + 8)
    if not _has_room_for_tiles(len(data) - at, (right, bottom), tile):
        return None
    whole = boxes_are_whole(data) if at else data.rstrip(b"\0").endswith(b"\xff\xd9")
    return PictureHeader(right - left, bottom - top, whole=whole)


def _has_room_for_tiles(
    size_bytes: int, right_bottom: tuple[int, int], tile: Sequence[int]
) -> bool:
    """Whether a JPEG 2000 picture may have as many tiles as its sizes say: a decoder makes room for
    all of them, and calls a picture whole of which it has found one."""
    width, height, left, top = tile
    if not width or not height:
        return False
    across, down = -(-(right_bottom[0] - left) // width), -(-(right_bottom[1] - top) // height)
    return across * down * JP2_TILE_BYTES <= size_bytes


def _exif_orientation(exif: bytes) -> int:
    return tiff_tags.tags(exif).get(tiff_tags.ORIENTATION, 1)


READERS: dict[str, Callable[[bytes], PictureHeader | None]] = {
    "png": _png,
    "webp": _webp,
    "bmp": _bmp,
    "jp2": _jp2,
}
