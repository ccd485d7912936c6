"""Files to which whole lines are added."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from lfr_batch.storage.files import own, sync
from lfr_batch.storage.locks import is_still, wait_for_lock


def open_lines(path: Path) -> FileIO:
    """To read and to add to; made if need be, and then also its name is on the disk. Raises OSError
    (ELOOP) for a link."""
    is_new = not path.exists()
    file = FileIO(path, "a+", opener=_itself)
    if is_new:
        sync(path.parent)
    return file


def _itself(path: str, flags: int) -> int:
    return own(path, flags | os.O_NOFOLLOW)


@contextmanager
def held_lines(path: Path) -> Iterator[FileIO]:
    """``open_lines``, held against others of our kind, also while the file is being replaced."""
    while True:
        with open_lines(path) as file:
            wait_for_lock(file)
            if is_still(path, file):
                yield file
                return


def append(file: FileIO, lines: bytes) -> None:
    """All of it, synced, or, where the disk is full, nothing. Raises OSError."""
    size, left = os.fstat(file.fileno()).st_size, lines
    try:
        while left:
            left = left[file.write(left) or 0 :]
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), size)
        raise
