"""Pictures handed from one process to another on the same machine, and wiped afterwards.

Ray's object store keeps what passes through it until the space is needed, and may spill it to
disk. These pictures lie in anonymous memory that has no name in any file system, belongs to the
process that lends it, and is gone with it however it ends.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from lfr_batch.records import ByteArray

ARENA_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class PictureRef:
    """Where a lent picture lies; good as long as it is lent."""

    arena: str
    offset: int
    shape: tuple[int, ...]


class Arena:
    """Memory of one lender. One loan at a time."""

    def __init__(self, size_bytes: int = ARENA_BYTES) -> None:
        self._file = os.memfd_create("lfr-pictures", os.MFD_CLOEXEC)
        os.ftruncate(self._file, size_bytes)
        self._memory = mmap.mmap(self._file, size_bytes)
        self._name = f"/proc/{os.getpid()}/fd/{self._file}"

    @contextmanager
    def lend(self, pictures: Sequence[ByteArray]) -> Iterator[list[PictureRef]]:
        """Where the pictures can be borrowed until the block ends; then they are overwritten.

        Raises ValueError if they do not fit.
        """
        used = sum(picture.nbytes for picture in pictures)
        if used > len(self._memory):
            raise ValueError(f"pictures of {used} bytes do not fit into {len(self._memory)}")
        try:
            yield self._place(pictures)
        finally:
            self._memory[:used] = bytes(used)

    def _place(self, pictures: Sequence[ByteArray]) -> list[PictureRef]:
        refs, offset = [], 0
        for picture in pictures:
            end = offset + picture.nbytes
            self._memory[offset:end] = np.ascontiguousarray(picture).tobytes()
            refs.append(PictureRef(self._name, offset, picture.shape))
            offset = end
        return refs


def borrow(ref: PictureRef) -> ByteArray:
    """The picture, not copied: not to be used after it is given back.

    Raises OSError if its lender is gone.
    """
    count = math.prod(ref.shape)
    flat = np.frombuffer(_mapped(ref.arena), np.uint8, count, ref.offset)
    return flat.reshape(ref.shape)


def _mapped(arena: str) -> mmap.mmap:
    file = os.open(arena, os.O_RDONLY)
    try:
        return mmap.mmap(file, 0, prot=mmap.PROT_READ)
    finally:
        os.close(file)
