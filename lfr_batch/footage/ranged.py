"""A seekable file over something that can be asked for byte ranges.

Every request costs a round trip, every byte its transfer, and nobody says how far he will read. So
little is asked for where a reader comes to, and the more the further he reads on.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, cast

from lfr_batch.footage.fragments import Span, hidden
from lfr_batch.footage.kept import SHARE_BYTES, KeptParts, Piece

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

KIB, MIB = 1 << 10, 1 << 20
BUFFER_BYTES = 64 * KIB
"""Taken from pieces at once."""
GROWTH = 2
NEAR_BYTES = 256 * KIB
KEPT_AHEADS = 4
"""Of the largest pieces so many are kept: the head, the index at the tail, and the place being
read, with one to spare."""
KEPT_WHOLE_BYTES = 32 * MIB
"""Kept of a file with holes: FFmpeg looks through fragments twice."""
GLANCE_BYTES = 16 * KIB


@dataclass(frozen=True, slots=True)
class Ahead:
    """How much is asked for at once."""

    least_bytes: int
    """At a place to which somebody has come."""
    most_bytes: int
    """Where he has read on for long."""
    whole_bytes: int = 0
    """A file of at most so many is fetched whole."""
    near_bytes: int = NEAR_BYTES
    """Whoever reads on so little behind what he has read is taken to read everything."""
    leaves_out: bool = True
    """What he passes over; else that is fetched, too, for he comes back for it."""


Fetch = Callable[[int, int], bytes]
"""(start, stop) → the bytes, or the first of them; may raise."""


def window(
    file: BinaryIO, first_byte: int, end_byte: int | None, holes: tuple[Span, ...] = ()
) -> BinaryIO:
    """A part of ``file``, to its end where ``end_byte`` is None; closing it closes ``file``.

    ``holes``, counted from ``first_byte``, are parts of an MP4 that are not to be looked at; they
    may stand behind the end.
    """
    end = file.seek(0, io.SEEK_END) if end_byte is None else end_byte
    inner = in_parts(file)

    def fetch(start: int, stop: int) -> bytes:
        inner.seek(first_byte + start)
        return hidden(inner.read(stop - start) or bytes(stop - start), start, holes)

    size = max(0, end - first_byte, *(hole_end for _, hole_end in holes))
    if holes and isinstance(inner, RangedReader):
        inner.keep(KEPT_WHOLE_BYTES)
    ahead = Ahead(BUFFER_BYTES, BUFFER_BYTES)
    return cast("BinaryIO", RangedReader(size, fetch, ahead, on_close=inner.close))


def in_parts(file: BinaryIO) -> BinaryIO:
    """The same, in place of ``file``, for whoever takes less than he asks for: what is there is
    given before more is fetched."""
    if isinstance(getattr(file, "raw", None), RangedReader):
        return cast("BinaryIO", cast("io.BufferedReader", file).detach())
    return file


def glancing(file: BinaryIO) -> BinaryIO:
    """For whoever looks at a few bytes here and there: the same file, asked for little at a time.

    Where it is read on and on, more is asked for each time. A file on disk stays as it is.
    """
    reader = getattr(file, "raw", None)
    if not isinstance(reader, RangedReader):
        return file
    return cast("BinaryIO", io.BufferedReader(reader.in_glances(), GLANCE_BYTES))


class RangedReader(io.RawIOBase):
    """Reads through ``fetch`` and keeps what it read last; ``shared`` is what is kept for others,
    too."""

    def __init__(
        self,
        size_bytes: int,
        fetch: Fetch,
        ahead: Ahead,
        shared: KeptParts | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._on_close = on_close
        self._size = size_bytes
        self._fetch = fetch
        self._ahead = ahead
        self._shared = shared if shared is not None else KeptParts(0)
        self._own = KeptParts(KEPT_AHEADS * ahead.most_bytes, renewed=True)
        self._at = 0

    def in_glances(self) -> RangedReader:
        """Another one over the same; neither closes the other."""
        ahead = replace(self._ahead, least_bytes=min(GLANCE_BYTES, self._ahead.least_bytes))
        glance = RangedReader(self._size, self._fetch, ahead, self._shared)
        glance._own.most_bytes = ahead.most_bytes
        return glance

    def keep(self, least_bytes: int) -> None:
        self._own.most_bytes = max(self._own.most_bytes, least_bytes)

    def close(self) -> None:
        super().close()
        self._own.close()
        self._on_close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to {base + offset}")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill from the piece at the current place; may give less than was asked for."""
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not len(view):
            return 0
        piece = self._kept_at(self._at) or self._fetched(self._at, len(view))
        offset = self._at - piece.start
        part = memoryview(piece.data)[offset : offset + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _kept_at(self, at: int) -> Piece | None:
        return self._own.at(at) or self._shared.at(at)

    def _fetched(self, at: int, wanted_bytes: int) -> Piece:
        if self._size <= min(self._ahead.whole_bytes, self._shared.most_bytes):
            with self._shared.whole:
                return self._shared.at(at) or self._fetch_piece(0, self._size)
        before = self._read_before(at)
        least, most = self._ahead.least_bytes, self._ahead.most_bytes
        ahead = max(least, min(most, GROWTH * len(before.data))) if before else least
        start = at if before is None or self._ahead.leaves_out else before.end
        return self._fetch_piece(start, self._stop(at, max(ahead, min(wanted_bytes, SHARE_BYTES))))

    def _read_before(self, at: int) -> Piece | None:
        """That behind which somebody reads on: the longest, of several."""
        befores = (kept.before(at) for kept in (self._own, self._shared))
        near = [
            piece for piece in befores if piece and 0 <= at - piece.end <= self._ahead.near_bytes
        ]
        return max(near, key=lambda piece: len(piece.data), default=None)

    def _fetch_piece(self, start: int, stop: int) -> Piece:
        data = self._fetch(start, stop)
        if not self._shared.add(start, data):
            self._own.add(start, data)
        return Piece(start, data)

    def _stop(self, at: int, ahead: int) -> int:
        """Where what is fetched ends that is to have ``ahead`` bytes from ``at`` on: at what is
        there already, unless that comes too soon to be worth another request."""
        following = [kept.next_start(at) for kept in (self._own, self._shared)]
        there = min((start for start in following if start is not None), default=self._size)
        return min(self._size, there if ahead // 2 < there - at < ahead else at + ahead)
