"""What is done to a valid file so that it becomes a hostile one. Every chance is the generator's.
Pure.

Sources of the places that hold claims: ISO/IEC 14496-12, Apple's QuickTime File Format, RFC 9559
(Matroska), Microsoft's AVI RIFF reference, Adobe Flash Video 10.1, ITU-T T.81 (JPEG), PNG (W3C),
RFC 9649 (WebP), GIF89a, TIFF 6.0, ITU-T T.800 (JPEG 2000), ISO/IEC 23008-12 (HEIF).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.hostile_seeds import Seed

MOST_MUTATIONS = 3
SIDES_PX = (160, 120, 480)
"""Of the seeds' pictures."""
NAMED = re.compile(rb"[A-Za-z][A-Za-z0-9]{2}[A-Za-z0-9 ]")
"""What may be the name of a box or chunk."""
MARKER = re.compile(rb"\xff[\xc0-\xfe]")
ORDERS = (">", "<")
TINY = (0, 1, 2, 7)
FLOATS = (0.0, -1.0, 1e-9, 1e9, 1e18, 1e308, float("inf"), float("nan"))

Change = Callable[[bytes, bytes, Random], bytes]
"""(file, another valid file, chance) → the changed file."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Numbers of this form stand so many bytes behind the end of a mark."""

    mark: bytes
    offsets: tuple[int, ...]
    form: str = ">I"


CLAIMS = (
    # MP4 and MOV: times and durations, sizes, counts of tables and what is in them.
    Claim(b"mvhd", (12, 16)),
    Claim(b"mdhd", (12, 16)),
    Claim(b"tkhd", (20, 76, 80)),
    Claim(b"elst", (4, 8, 12, 16)),
    Claim(b"stts", (4, 8, 12)),
    Claim(b"ctts", (4, 8, 12)),
    Claim(b"stsz", (4, 8, 12)),
    Claim(b"stsc", (4, 8, 12, 16)),
    Claim(b"stco", (4, 8)),
    Claim(b"stss", (4, 8, 12)),
    Claim(b"stsd", (4, 8)),
    Claim(b"tfhd", (4, 8, 12, 16, 20)),
    Claim(b"tfdt", (4, 8)),
    Claim(b"trun", (4, 8, 12, 16)),
    Claim(b"trex", (4, 8, 12, 16, 20)),
    Claim(b"mehd", (4,)),
    Claim(b"avc1", (24, 26), ">H"),
    Claim(b"hev1", (24, 26), ">H"),
    Claim(b"av01", (24, 26), ">H"),
    Claim(b"pasp", (0, 4)),
    # Matroska and WebM: unit of time, duration, times of clusters, default durations.
    Claim(b"\x44\x89\x88", (0,), ">d"),
    Claim(b"\x2a\xd7\xb1", (0, 1)),
    Claim(b"\x23\xe3\x83", (0, 1)),
    Claim(b"\xe7\x81", (0,), ">B"),
    Claim(b"\xe7\x82", (0,), ">H"),
    Claim(b"\x1f\x43\xb6\x75", (0,), ">Q"),
    Claim(b"\x15\x49\xa9\x66", (0,), ">Q"),
    # AVI.
    Claim(b"avih", (4, 8, 16, 20, 24, 28, 32, 36, 40), "<I"),
    Claim(b"strh", (24, 28, 32, 36, 40, 44, 48), "<I"),
    Claim(b"strf", (4, 8, 12, 16, 24), "<I"),
    Claim(b"idx1", (0, 8, 12, 16), "<I"),
    # FLV.
    Claim(b"duration\0", (0,), ">d"),
    Claim(b"framerate\0", (0,), ">d"),
    Claim(b"filesize\0", (0,), ">d"),
    # PNG, APNG.
    Claim(b"IHDR", (0, 4)),
    Claim(b"IHDR", (8, 9, 12), ">B"),
    Claim(b"acTL", (0, 4)),
    Claim(b"fcTL", (0, 4, 8, 12, 16)),
    # JPEG: lengths, heights and widths.
    Claim(b"\xff\xc0", (0, 3, 5), ">H"),
    Claim(b"\xff\xc2", (0, 3, 5), ">H"),
    Claim(b"\xff\xda", (0, 2, 4), ">H"),
    Claim(b"\xff\xdb", (0,), ">H"),
    Claim(b"\xff\xc4", (0,), ">H"),
    Claim(b"MPF\0", (4, 8, 12, 20)),
    # WebP, GIF, BMP.
    Claim(b"VP8X", (8, 11), "<I"),
    Claim(b"VP8 ", (10, 12), "<H"),
    Claim(b"ANMF", (4, 7, 10, 13), "<I"),
    Claim(b"GIF89a", (0, 2), "<H"),
    Claim(b"\x21\xf9\x04", (4, 6, 8, 10), "<H"),
    Claim(b"BM", (8, 12, 16, 20, 26, 28, 32, 44), "<I"),
    # TIFF: how many entries, where they are.
    Claim(b"II*\0", (0,), "<I"),
    Claim(b"\0\1\3\0\1\0\0\0", (0,), "<I"),
    Claim(b"\1\1\3\0\1\0\0\0", (0,), "<I"),
    Claim(b"\x11\1\4\0", (0, 4), "<I"),
    Claim(b"\x16\1\3\0", (0, 4), "<I"),
    Claim(b"\x17\1\4\0", (0, 4), "<I"),
    # JPEG 2000, HEIF, AVIF.
    Claim(b"\xff\x51", (4, 8, 12, 16, 20, 24, 28, 32)),
    Claim(b"ihdr", (0, 4)),
    Claim(b"ispe", (4, 8)),
    Claim(b"iloc", (4, 6, 8, 12, 16)),
    Claim(b"iinf", (4,), ">H"),
    Claim(b"ipma", (4, 8)),
    # Streams: clocks of transport and program streams, sequence headers of MPEG-2.
    Claim(b"\0\0\1\xe0", (0, 4, 6, 8, 10)),
    Claim(b"\0\0\1\xb3", (0, 2, 4)),
    Claim(b"\0\0\1\xba", (0, 2, 4)),
    Claim(b"\x47\x41\0", (1, 3, 5)),
)


def mutated(seeds: tuple[Seed, ...], seed: int, number: int) -> tuple[Seed, bytes, str]:
    """File ``number`` of a run: what it was, its bytes, and what was done in words."""
    chance = Random(f"{seed}/{number}")
    origin, data = seeds[number % len(seeds)], seeds[number % len(seeds)].data
    names = [chance.choice(tuple(CHANGES)) for _ in range(chance.randint(1, MOST_MUTATIONS))]
    for name in names:
        data = CHANGES[name](data, chance.choice(seeds).data, chance)
    return origin, data, ", ".join(names)


def _flip_bits(data: bytes, _other: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 30, 300)) if data else 0):
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _replace_bytes(data: bytes, _other: bytes, chance: Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + chance.randbytes(end - start) + data[end:]


def _flip_in_head(data: bytes, _other: bytes, chance: Random) -> bytes:
    """Where what the rest is read by stands."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8) if data else 0):
        changed[chance.randrange(min(len(data), 1024))] = chance.choice((0, 0xFF, 0x7F, 0x80))
    return bytes(changed)


def _remove(data: bytes, _other: bytes, chance: Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _double(data: bytes, _other: bytes, chance: Random) -> bytes:
    start, end = _span(data, chance)
    times = chance.choice((2, 2, 3, 20))
    return data[:start] + data[start:end] * times + data[end:]


def _move(data: bytes, _other: bytes, chance: Random) -> bytes:
    start, end = _span(data, chance)
    rest = data[:start] + data[end:]
    to = chance.randint(0, len(rest))
    return rest[:to] + data[start:end] + rest[to:]


def _zero(data: bytes, _other: bytes, chance: Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + bytes(end - start) + data[end:]


def _cut_off(data: bytes, _other: bytes, chance: Random) -> bytes:
    """Anywhere, or close to one of the ends."""
    near = min(len(data), 600)
    at = (
        chance.randint(0, len(data)),
        chance.randint(0, near),
        len(data) - chance.randint(0, near),
    )
    return data[: chance.choice(at)]


def _splice(data: bytes, other: bytes, chance: Random) -> bytes:
    """The beginning of one and the end of the other, or one behind the other."""
    if chance.random() < 0.3:
        return data + other
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _insert(data: bytes, other: bytes, chance: Random) -> bytes:
    start, end = _span(other, chance)
    at = chance.randint(0, len(data))
    return data[:at] + other[start:end] + data[at:]


def _box_size(data: bytes, _other: bytes, chance: Random) -> bytes:
    """The length before a name (MP4, PNG), behind it (RIFF), or behind a marker (JPEG)."""
    names = [found.start() for found in NAMED.finditer(data)]
    places = [(at - 4, ">I") for at in names if at >= 4] + [(at + 4, "<I") for at in names]
    places += [(found.end(), ">H") for found in MARKER.finditer(data)]
    if not places:
        return data
    return _written(data, *chance.choice(places[:400]), chance)


def _claim(data: bytes, _other: bytes, chance: Random) -> bytes:
    there = [claim for claim in CLAIMS if claim.mark in data]
    if not there:
        return data
    claim = chance.choice(there)
    ends = [found.end() for found in re.finditer(re.escape(claim.mark), data)]
    return _written(data, chance.choice(ends) + chance.choice(claim.offsets), claim.form, chance)


def _dimension(data: bytes, _other: bytes, chance: Random) -> bytes:
    """A number that is a side of the picture somewhere in the file becomes another."""
    side = chance.choice(SIDES_PX)
    forms = [order + width for order in ORDERS for width in "HI"]
    places = [
        (found.start(), form)
        for form in forms
        for found in re.finditer(re.escape(struct.pack(form, side)), data)
    ]
    if not places:
        return data
    return _written(data, *chance.choice(places[:400]), chance)


def _written(data: bytes, at: int, form: str, chance: Random) -> bytes:
    """With a huge, tiny or other value there; as it was where the file is too short for it."""
    width = struct.calcsize(form)
    if at < 0 or at + width > len(data):
        return data
    if form[1] == "d":
        value = struct.pack(form, chance.choice(FLOATS))
    else:
        value = struct.pack(form, chance.choice(_values(8 * width)))
    return data[:at] + value + data[at + width :]


def _values(bits: int) -> tuple[int, ...]:
    """Of an unsigned number of so many bits."""
    top = (1 << bits) - 1
    wanted = (*TINY, 255, 4_000, 16_384, 65_500, 1_000_000, 10**9, top >> 1, (top >> 1) + 1, top)
    return tuple(value for value in (*wanted, top - 8) if value <= top)


def _span(data: bytes, chance: Random) -> tuple[int, int]:
    """Some bytes, a few or many."""
    start = chance.randint(0, len(data))
    length = chance.choice((1, 4, 16, 188, 1024, max(1, len(data) // 3)))
    return start, min(len(data), start + length)


CHANGES: dict[str, Change] = {
    "bits flipped": _flip_bits,
    "bytes replaced": _replace_bytes,
    "bytes of the head set": _flip_in_head,
    "block removed": _remove,
    "block doubled": _double,
    "block moved": _move,
    "block zeroed": _zero,
    "cut off": _cut_off,
    "two spliced": _splice,
    "foreign block": _insert,
    "size in a header": _box_size,
    "claim": _claim,
    "claim again": _claim,
    "dimension": _dimension,
}
"""By name; claims twice, since they are what most has been built upon."""
