"""A seekable file over something that can be asked for byte ranges."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WINDOW_BLOCK_BYTES = 1 << 20
KEPT_BLOCKS = 4
"""The head, the index at the tail, and the place being read, with one to spare."""


def window(file: BinaryIO, first_byte: int, end_byte: int | None) -> BinaryIO:
    """A part of ``file``, to its end where ``end_byte`` is None; closing it closes ``file``."""
    end = file.seek(0, io.SEEK_END) if end_byte is None else end_byte

    def fetch(start: int, stop: int) -> bytes:
        file.seek(first_byte + start)
        return file.read(stop - start)

    reader = RangedReader(max(0, end - first_byte), fetch, WINDOW_BLOCK_BYTES, file.close)
    return cast("BinaryIO", io.BufferedReader(reader, WINDOW_BLOCK_BYTES))


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
        if len(self._kept) > KEPT_BLOCKS:
            self._kept.popitem(last=False)
        return block
