"""What kind of file begins like this: a picture, or something else that lies beside pictures. Pure.

Contents decide, whatever the name says. Magic numbers are the formats' own specifications'. Not
recognised as pictures: Netpbm as text (P1 to P3), and formats without a magic number (TGA).
"""

from __future__ import annotations

from pathlib import PurePath

from lfr_batch.footage.pictures import picture_format
from lfr_batch.footage.signatures import BESIDE_FOOTAGE, ENCRYPTED, is_text, is_transport_stream

HEAD_BYTES = 4096
PICTURE = "picture"

_Magic = tuple[int, bytes, str]

UNREAD: tuple[_Magic, ...] = (
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL picture"),
    (0, b"\xff\x0a", "JPEG XL picture"),
    (0, b"8BPS", "Photoshop picture"),
    (0, b"FUJIFILMCCD-RAW", "camera's raw picture"),
    (0, b"IIU\0", "camera's raw picture"),  # Panasonic
    (0, b"IIRO", "camera's raw picture"),  # Olympus
    (0, b"IIRS", "camera's raw picture"),
    (4, b"ftypcrx ", "camera's raw picture"),  # Canon
    (0, b"\x76\x2f\x31\x01", "OpenEXR picture"),
    (0, b"#?RADIANCE", "Radiance picture"),
    (0, b"qoif", "QOI picture"),
    *(
        (0, b"P%d%c" % (kind, space), "Netpbm picture")
        for kind in (4, 5, 6)
        for space in b" \n\t\r"
    ),
    (0, b"P7\n", "Netpbm picture"),
)
"""Pictures, but in formats that are not decoded here."""
UNREAD_KINDS = frozenset(kind for _, _, kind in UNREAD)

OTHERS: tuple[_Magic, ...] = (
    (0, b"\0\x05\x16\x07", "macOS side-car"),
    (0, b"\0\0\0\1Bud1", "macOS folder file"),
    (0, b"L\0\0\0\1\x14\x02\0", "Windows shortcut"),
    (4, b"ftyp", "video"),
    (8, b"AVI ", "video"),
    (0, b"\x1a\x45\xdf\xa3", "video"),
    (0, b"FLV\1", "video"),
    (0, b"\0\0\1\xba", "video"),
    (0, b"\0\0\1\xb3", "video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),
    (8, b"WAVE", "sound recording"),
    (0, b"ID3", "sound recording"),
    (0, b"OggS", "sound recording"),
    (0, b"fLaC", "sound recording"),
    *((0, magic, kind.removeprefix("a ")) for magic, kind in BESIDE_FOOTAGE),
    *((0, magic, "archive or encrypted file") for magic, _ in ENCRYPTED),
)

PICTURE_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".png", ".apng", ".webp", ".bmp", ".dib"}
    | {".tif", ".tiff", ".gif", ".heic", ".heics", ".heif", ".heifs", ".hif", ".avif", ".avifs"}
    | {".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc", ".jxl", ".mpo", ".pgm", ".ppm", ".pnm"}
    | {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2"}
)
"""Endings that are no part of a subject's name, and say that a file was meant as a picture. They
never decide whether it is one."""


def kind_of(head: bytes) -> str:
    """``PICTURE``, or the kind in words, by a file's first ``HEAD_BYTES``."""
    if not head:
        return "empty file"
    if picture_format(head) is not None:
        return PICTURE
    for offset, magic, kind in (*UNREAD, *OTHERS):
        if head[offset:].startswith(magic):
            return kind
    if is_transport_stream(head):
        return "video"
    return "text file" if is_text(head) else "unknown kind of file"


def stem_of(name: str) -> str:
    """The name without a picture's ending; whole where it has none: "J. Doe" stays "J. Doe"."""
    path = PurePath(name)
    return path.stem if has_picture_ending(name) else path.name


def has_picture_ending(name: str) -> bool:
    return PurePath(name).suffix.lower() in PICTURE_ENDINGS
