"""The archive of a pack: its bytes follow from its members, so that others make it anew."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import UsageError
from lfr_batch.evidence.verify import (
    CHUNK_BYTES,
    MOST_BYTES,
    MOST_MEMBERS,
    Member,
    directory_of,
    local_header,
)

TOO_LARGE = (
    "The pack would be larger than the 4 GiB that its format can hold: name fewer sightings, "
    "and make several packs."
)


@dataclass(frozen=True, slots=True)
class Packed:
    """A member as it goes into an archive."""

    name: str
    chunks: Callable[[], Iterable[bytes]]
    """Its bytes, from the beginning at each call."""


def packed_bytes(name: str, data: bytes) -> Packed:
    return Packed(name, lambda: (data,))


def packed_file(name: str, path: Path) -> Packed:
    return Packed(name, lambda: _chunks_of(path))


def archive_of(members: Iterable[Packed]) -> Iterator[bytes]:
    """The bytes of an archive of members that come in order of their names; one member is asked
    for at a time. Raises UsageError where the format cannot hold it."""
    written, start = list[Member](), 0
    for each in members:
        size, crc = _measured(each)
        name = each.name.encode()
        header = local_header(name, size, crc)
        written.append(Member(each.name, size, crc, "", start))
        start += len(header) + size
        if start > MOST_BYTES or len(written) > MOST_MEMBERS:
            raise UsageError(TOO_LARGE)
        yield header
        yield from each.chunks()
    ending = directory_of(written, start)
    if start + len(ending) > MOST_BYTES:
        raise UsageError(TOO_LARGE)
    yield ending


def in_order(members: Mapping[str, Path]) -> Iterator[Packed]:
    """Files as members, in the order in which an archive has them."""
    for name in sorted(members, key=str.encode):
        yield packed_file(name, members[name])


def _measured(each: Packed) -> tuple[int, int]:
    size = crc = 0
    for chunk in each.chunks():
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
        if size > MOST_BYTES:
            raise UsageError(TOO_LARGE)
    return size, crc


def _chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
