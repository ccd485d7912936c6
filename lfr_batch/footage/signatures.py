"""Recognise from their first bytes the files that are no footage, and pictures.

Magic numbers: the formats' own specifications; OpenPGP packet tags are RFC 9580, section 4.2.
"""

from __future__ import annotations

import math
from collections import Counter

HEAD_BYTES = 65536

ENCRYPTED = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"-----BEGIN PGP", "an OpenPGP message"),
    (b"Salted__", "encrypted with OpenSSL"),
    (b"age-encryption.org/", "encrypted with age"),
    (b"LUKS\xba\xbe", "a LUKS volume"),
)
"""Wrappings: what is inside cannot be read until somebody opens them."""

BESIDE_FOOTAGE = (
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "a database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a file of Windows or Office"),
    (b"%PDF-", "a document"),
    (b"{\\rtf", "a document"),
    (b"MSCF\0\0\0\0", "a Windows archive"),
)
"""What recorders and systems put beside an export: none of it is a container of video."""

PGP_TAGS = (0x84, 0x85, 0x8C, 0xA3, 0xC1, 0xC3)
"""First byte of a public-key or symmetric-key encrypted session key packet."""
PGP_VERSIONS = (3, 4, 5, 6)


def refusal(head: bytes) -> str | None:
    """Why a file that begins like this is no footage, as the end of a sentence; else None."""
    if not head:
        return "is empty (0 bytes): copy it again from its source"
    wrapping = _wrapping(head)
    if wrapping:
        return f"is {wrapping}: unpack or decrypt it first"
    kind = beside_footage(head)
    if kind:
        return f"is {kind}, not footage: leave it out, or export what it shows as video"
    if is_text(head):
        return "is a text file, not footage: leave it out"
    return None


def beside_footage(head: bytes) -> str | None:
    """What a file is that begins like one of ``BESIDE_FOOTAGE``; None: it may be footage."""
    return next((kind for magic, kind in BESIDE_FOOTAGE if head.startswith(magic)), None)


def _wrapping(head: bytes) -> str | None:
    for magic, name in ENCRYPTED:
        if head.startswith(magic):
            return name
    return "an OpenPGP message" if _looks_like_openpgp(head) else None


def _looks_like_openpgp(head: bytes) -> bool:
    """A session key packet: its tag, a length of 1 to 3 bytes, a version number."""
    if head[0] not in PGP_TAGS or len(head) < 32 or entropy_bits(head[32:]) < 7.0:
        return False
    length_bytes = 2 if head[0] == 0x85 else 1
    return any(head[1 + n] in PGP_VERSIONS for n in {length_bytes, 2 if head[1] >= 192 else 1})


def is_text(head: bytes) -> bool:
    """Whether the bytes are printable text (ASCII or UTF-8, or UTF-16 with its mark)."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _printable(head[: len(head) // 2 * 2].decode("utf-16", "replace"))
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head[:4096]):
        return False
    try:
        head[:4096].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= min(len(head), 4096) - 3
    return True


def _printable(text: str) -> bool:
    strange = sum(not (c.isprintable() or c.isspace()) or c == "\ufffd" for c in text)
    return strange <= len(text) // 100


def looks_encrypted(head: bytes) -> bool:
    """Whether the bytes are as good as random.

    The entropy measured on n random bytes falls short of 8 by 255 / (2 n ln 2) (Miller, 1955);
    coded video falls short by more.
    """
    if len(head) < 4096:
        return False
    expected = 8 - 255 / (2 * math.log(2) * len(head))
    return entropy_bits(head) > expected - 0.005 - 50 / len(head)


def entropy_bits(data: bytes) -> float:
    """Shannon entropy per byte, 0 to 8."""
    counts = Counter(data).values()
    return -sum(n / len(data) * math.log2(n / len(data)) for n in counts)


def missing_tail(head: bytes, size_bytes: int) -> str | None:
    """What the container's own structure says of an end that is cut off, else None.

    RIFF (AVI) announces its length in bytes; a transport stream is whole packets of 188 bytes.
    """
    if head[:4] == b"RIFF" and len(head) >= 8:
        announced = int.from_bytes(head[4:8], "little") + 8
        if announced > size_bytes + 1:
            return f"its header announces {announced} bytes but it has {size_bytes}"
    if is_transport_stream(head) and size_bytes % 188:
        return "it ends in the middle of a packet"
    return None


def missing_share(head: bytes, size_bytes: int) -> float:
    """Of the bytes that a RIFF (AVI) file announces, those that are not there; 0: none is known."""
    if head[:4] != b"RIFF" or len(head) < 8:
        return 0.0
    announced = int.from_bytes(head[4:8], "little") + 8
    return max(1.0 - size_bytes / announced, 0.0)


def is_transport_stream(head: bytes) -> bool:
    """Whether five packets of 188 bytes in a row begin with the MPEG-TS sync byte."""
    return len(head) > 188 * 4 and all(head[188 * i] == 0x47 for i in range(5))
