"""Recordings that stand one behind the other in a file (``cat a b``), told from its own structure.

A demuxer reads the first and stops, or takes the second for rubbish. Here a container is walked
from one of its outermost parts to the next, by the lengths that they state, until it ends or
another begins. Nothing is decoded, and of long parts only the heads are read.

Sources: ISO/IEC 14496-12 (boxes of MP4 and MOV), Adobe Flash Video File Format 10.1, Microsoft's
ASF Specification 01.20.03 (WMV), RIFF and OpenDML 1.02 (AVI), RFC 8794 and 9559 (Matroska, WebM).
Of transport streams see ``transport``; program streams need none of this: they are read through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from lfr_batch.footage import fragmented, transport
from lfr_batch.footage.fragmented import Fragments, Walk

BEGINS_BYTES = 1024
MOST = 1000
"""Recordings of one file; what is behind them is said to be unsearched."""
PADDING_BYTES = 64 * 1024
"""Fewer bytes behind the end are a recorder's own notes, not footage."""
READ_BYTES = 1 << 20

TOP_BOXES = frozenset(
    {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta"}
    | {b"mfra", b"sidx", b"ssix", b"prft", b"emsg", b"pdin", b"pnot", b"PICT", b"junk", b"udta"}
)
ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
FLV_TAGS = frozenset({8, 9, 18, 40, 41, 50})
"""Audio, video, script data; plus 32 where the tag is filtered."""
EBML, SEGMENT, CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
UNKNOWN_LENGTH = -1


@dataclass(frozen=True, slots=True)
class Recording:
    first_byte: int
    end_byte: int
    media_end: int | None = None
    """Where its media data ends, of which an index names the parts; None: no index decides."""
    fragments: tuple[Fragments, ...] = ()
    """By which it can be entered: one for each track of a fragmented MP4 that has several."""
    in_fragments: bool = False
    """Whether there are any, such as contradict each other, too: then it is read in one."""


Walker = Callable[[BinaryIO, int, int], Recording]
"""(file, where a recording begins, size of the file) → the recording; it may claim to end later."""


@dataclass(frozen=True, slots=True)
class FileLayout:
    recordings: tuple[Recording, ...]
    """Empty where the container is of another kind: then it is read as one."""
    behind_bytes: int = 0
    """Behind recordings, which no demuxer reads; padding is not counted."""


def layout_of(file: BinaryIO, size_bytes: int) -> FileLayout:
    """Where the recordings of a file lie. ``file`` is seekable; its reads may raise."""
    found: list[Recording] = []
    at, behind = 0, 0
    container = _container_at(file, at)
    while container is not None and at < size_bytes and len(found) < MOST:
        walked = container.walk(file, at, size_bytes)
        end = max(at + 1, min(walked.end_byte, size_bytes))
        found.append(replace(walked, end_byte=end))
        following = _container_at(file, end)
        at = end
        if following is None and container.mark:
            at = _next_begin(file, end, size_bytes, container)
            behind += _content_bytes(file, end, at, size_bytes)
            following = _container_at(file, at)
        container = following
    if len(found) == MOST:
        behind += _content_bytes(file, at, size_bytes, size_bytes)
    return FileLayout(tuple(found), behind)


def _next_begin(file: BinaryIO, at: int, size_bytes: int, container: Container) -> int:
    """Where behind padding or rubbish another recording of the kind begins; else the file's end."""
    mark, ahead = container.mark, container.mark_at
    while at < size_bytes:
        block = _read(file, at, READ_BYTES)
        place = block.find(mark, ahead)
        while place >= 0:
            begin = at + place - ahead
            if container.begins(_read(file, begin, BEGINS_BYTES)):
                return begin
            place = block.find(mark, place + 1)
        if at + len(block) >= size_bytes:
            break
        at += max(1, len(block) - len(mark) - ahead)
    return size_bytes


def _container_at(file: BinaryIO, at: int) -> Container | None:
    begins = _read(file, at, BEGINS_BYTES)
    return next((container for container in CONTAINERS if container.begins(begins)), None)


def _content_bytes(file: BinaryIO, at: int, end: int, size_bytes: int) -> int:
    """How many bytes stand there, unless they are padding or a recorder's own notes."""
    too_few = end - at < min(PADDING_BYTES, size_bytes // 20 + 1)
    return 0 if too_few or not any(_read(file, at, min(READ_BYTES, end - at))) else end - at


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _boxes(file: BinaryIO, at: int, size_bytes: int) -> Iterator[tuple[int, bytes, int]]:
    """(start, type, end) of boxes side by side; the last may end behind the file."""
    while at + 8 <= size_bytes:
        head = _read(file, at, 16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:16], "big")
        end = at + length if length else size_bytes
        if (length and length < 8) or not (kind in TOP_BOXES or _is_private(file, kind, end)):
            return
        yield at, kind, end
        at = end


def _is_private(file: BinaryIO, kind: bytes, end: int) -> bool:
    """Whether it is a box of a maker's own: one that a demuxer knows stands behind it."""
    named = kind.isascii() and kind.decode().isprintable()
    return named and _read(file, end, 8)[4:] in TOP_BOXES


def _mp4(file: BinaryIO, at: int, size_bytes: int) -> Recording:
    """Old MOV files have no ``ftyp``: there a second ``moov`` tells, wherever in them it stands."""
    kinds: list[bytes] = []
    first, end = at, at
    moov_end: int | None = None
    media_end: int | None = None
    named = _read(file, at, 8)[4:] == b"ftyp"
    walk: Walk | None = None
    for start, kind, box_end in _boxes(file, at, size_bytes):
        if kind == b"ftyp" and CONTENT_BOXES & set(kinds):
            end = start
            break
        if kind == b"moov" and moov_end is not None and not named:
            end = moov_end if b"mdat" in kinds[: kinds.index(b"moov")] else start
            break
        if kind == b"moov" and moov_end is None:
            moov_end = box_end
        if kind == b"mdat":
            media_end = min(box_end, size_bytes)
        if kind not in kinds:
            kinds.append(kind)
        if kind == b"moov" and walk is None:
            walk = fragmented.begin(file, at, (start, box_end))
        if kind == b"moof" and walk is not None and box_end <= size_bytes:
            walk.add(start, fragmented.runs_at(file, (start, box_end), walk.tracks))
        end = box_end
    indexed = b"moov" in kinds and b"moof" not in kinds
    media_end = min(media_end, end) if media_end and indexed else None
    if walk is None:
        return Recording(first, end, media_end, in_fragments=b"moof" in kinds)
    return Recording(first, end, media_end, walk.fragments(), in_fragments=b"moof" in kinds)


def _flv(file: BinaryIO, at: int, size_bytes: int) -> Recording:
    first = at
    at += int.from_bytes(_read(file, at, 9)[5:9], "big") + 4
    while at + 11 <= size_bytes:
        head = _read(file, at, 11)
        if head[0] not in FLV_TAGS:
            return Recording(first, at)
        at += 11 + int.from_bytes(head[1:4], "big") + 4
    return Recording(first, size_bytes)


def _asf(file: BinaryIO, at: int, size_bytes: int) -> Recording:
    """Objects side by side; that of the data may be of unknown length, 0, while it is recorded."""
    first = at
    while at + 24 <= size_bytes:
        head = _read(file, at, 24)
        length = int.from_bytes(head[16:24], "little")
        if at > first and head[:16] == ASF_HEADER:
            return Recording(first, at)
        is_data = head[:16] == ASF_DATA
        if length < 24:
            return Recording(first, size_bytes if is_data else at)
        if at + length > size_bytes and at > first and not is_data:
            return Recording(first, at)
        at += length
    return Recording(first, size_bytes)


def _riff(file: BinaryIO, at: int, size_bytes: int) -> Recording:
    """OpenDML goes on in further RIFF chunks of type AVIX. A length that was never written is 0."""
    first = at
    while at + 12 <= size_bytes:
        head = _read(file, at, 12)
        continues = head[:4] == b"RIFF" and head[8:12] == b"AVIX"
        if at > first and not continues:
            return Recording(first, at)
        length = int.from_bytes(head[4:8], "little")
        if length < 4:
            return Recording(first, size_bytes)
        at += 8 + length + length % 2
    return Recording(first, size_bytes)


def _matroska(file: BinaryIO, at: int, size_bytes: int) -> Recording:
    """Elements side by side; one of unknown length (a live recording) is walked from inside."""
    first = at
    while at < size_bytes:
        head = _read(file, at, 12)
        identity = head[: _vint_bytes(head[:1])]
        length, length_bytes = _vint(head[len(identity) :])
        if not identity or not length_bytes or (at > first and identity == EBML):
            return Recording(first, at)
        body = at + len(identity) + length_bytes
        goes_in = length == UNKNOWN_LENGTH and identity in {SEGMENT, CLUSTER}
        at = body if goes_in else body + max(length, 0)
    return Recording(first, size_bytes)


def _transport(file: BinaryIO, at: int, size_bytes: int) -> Recording:
    return Recording(at, transport.next_recording(file, at, size_bytes))


def _vint_bytes(first: bytes) -> int:
    """How long the number is that begins with this byte (RFC 8794, section 4); 0: it is none."""
    return 9 - first[0].bit_length() if first and first[0] else 0


def _vint(data: bytes) -> tuple[int, int]:
    """(value, bytes) of an element's length."""
    width = _vint_bytes(data[:1])
    if not width or len(data) < width:
        return 0, 0
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return (UNKNOWN_LENGTH if value == (1 << 7 * width) - 1 else value), width


@dataclass(frozen=True, slots=True)
class Container:
    begins: Callable[[bytes], bool]
    walk: Walker
    mark: bytes = b""
    """What another of its kind is known by, where its demuxer does not look for more itself behind
    what it does not understand."""
    mark_at: int = 0
    """Bytes before the mark."""


CONTENT_BOXES = frozenset({b"moov", b"moof", b"mdat"})


def _begins_mp4(begins: bytes) -> bool:
    is_short = begins[:2] == b"\0\0"
    return begins[4:8] in TOP_BOXES and (begins[4:8] != b"ftyp" or is_short)


def _begins_flv(begins: bytes) -> bool:
    return begins[:4] == b"FLV\x01" and begins[5:9] == b"\0\0\0\x09"


CONTAINERS = (
    Container(_begins_mp4, _mp4, b"ftyp", 4),
    Container(_begins_flv, _flv, b"FLV\x01"),
    Container(lambda begins: begins[:16] == ASF_HEADER, _asf, ASF_HEADER),
    Container(lambda begins: begins[:4] + begins[8:12] == b"RIFFAVI ", _riff),
    Container(lambda begins: begins[:4] == EBML, _matroska),
    Container(lambda begins: transport.packet_bytes(begins) is not None, _transport),
)
