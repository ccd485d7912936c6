"""A seekable file over something that can be asked for byte ranges."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, cast

from lfr_batch.footage.fragments import Span, hidden

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WINDOW_BLOCK_BYTES = 1 << 20
KEPT_BLOCKS = 4
"""The head, the index at the tail, and the place being read, with one to spare."""
KEPT_WHOLE = 32
"""Blocks of a window that are all kept if it has no more: FFmpeg looks through fragments twice."""


GLANCE_BYTES = 16 * 1024
NEAR_BYTES = 256 * 1024
"""Whoever reads on so little behind the last glance is taken to read everything."""


def window(
    file: BinaryIO, first_byte: int, end_byte: int | None, holes: tuple[Span, ...] = ()
) -> BinaryIO:
    """A part of ``file``, to its end where ``end_byte`` is None; closing it closes ``file``.

    ``holes``, counted from ``first_byte``, are parts of an MP4 that are not to be looked at; they
    may stand behind the end.
    """
    end = file.seek(0, io.SEEK_END) if end_byte is None else end_byte

    def fetch(start: int, stop: int) -> bytes:
        file.seek(first_byte + start)
        return hidden(file.read(stop - start).ljust(stop - start, b"\0"), start, holes)

    size = max(0, end - first_byte, *(hole_end for _, hole_end in holes))
    seen = size - sum(hole_end - hole for hole, hole_end in holes)
    reader = RangedReader(size, fetch, WINDOW_BLOCK_BYTES, file.close)
    if seen <= KEPT_WHOLE * WINDOW_BLOCK_BYTES:
        reader.kept_blocks = KEPT_WHOLE + 2 * len(holes) + 2
    return cast("BinaryIO", io.BufferedReader(reader, WINDOW_BLOCK_BYTES))


def glancing(file: BinaryIO, least_bytes: int = GLANCE_BYTES) -> BinaryIO:
    """For whoever looks at a few bytes here and there: the same file, asked for little at a time.

    Where it is read on and on, more is asked for each time. A file on disk stays as it is.
    """
    reader = getattr(file, "raw", None)
    if not isinstance(reader, RangedReader):
        return file
    return cast("BinaryIO", io.BufferedReader(reader.in_glances(least_bytes), least_bytes))


class RangedReader(io.RawIOBase):
    """Reads whole aligned blocks through ``fetch(start, stop) -> bytes`` and keeps the last few."""

    def __init__(
        self,
        size_bytes: int,
        fetch: Callable[[int, int], bytes],
        block_bytes: int,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._on_close = on_close
        self._size = size_bytes
        self._fetch = fetch
        self._block = block_bytes
        self._at = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self.kept_blocks = KEPT_BLOCKS

    def in_glances(self, least_bytes: int) -> RangedReader:
        """Another one over the same; neither closes the other."""
        held, held_at, ahead = b"", 0, least_bytes

        def fetch(start: int, stop: int) -> bytes:
            nonlocal held, held_at, ahead
            end = held_at + len(held)
            if not held_at <= start <= stop <= end:
                reads_on = 0 <= start - end <= NEAR_BYTES
                ahead = min(2 * ahead, self._block) if reads_on else least_bytes
                held_at, held = start, self._fetch(start, min(max(start + ahead, stop), self._size))
            return held[start - held_at : stop - held_at]

        return RangedReader(self._size, fetch, least_bytes)

    def close(self) -> None:
        super().close()
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
        """Fill from the block at the current place; may give less than was asked for."""
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not len(view):
            return 0
        number, offset = divmod(self._at, self._block)
        piece = self._block_at(number)[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _block_at(self, number: int) -> bytes:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        start = number * self._block
        block = self._fetch(start, min(start + self._block, self._size))
        self._kept[number] = block
        if len(self._kept) > self.kept_blocks:
            self._kept.popitem(last=False)
        return block
