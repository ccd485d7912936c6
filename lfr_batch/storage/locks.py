"""Locks on files (flock): the kernel frees them with the process that holds them, however it died.

Who holds one keeps its file open. On a network disk they count as far as its server says.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from lfr_batch.storage.files import own
from lfr_batch.storage.folders import make_own_folder


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold ``lock`` against other processes, which is waited for."""
    with open_lock(lock) as file:
        wait_for_lock(file)
        yield


def open_lock(lock: Path) -> IO[bytes]:
    """The file, made with its folder if need be; not held yet. Its holder closes it."""
    make_own_folder(lock.parent)
    return open(lock, "a+b", opener=own)


def wait_for_lock(file: IO[bytes]) -> None:
    """Hold it as long as ``file`` stays open."""
    fcntl.flock(file, fcntl.LOCK_EX)


def try_lock(file: IO[bytes], tries: int = 1, between_tries_s: float = 0.0) -> bool:
    """Hold it as long as ``file`` stays open; False where somebody else does.

    More than one try: whoever only looks (``is_held``) holds it for an instant, and a process that
    is being killed for a while.
    """
    for attempt in range(tries):
        if attempt:
            time.sleep(between_tries_s)
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def is_held(lock: Path) -> bool:
    """Whether a living process holds ``lock`` now. Nobody does where there is no such file."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def is_still(path: Path, file: IO[bytes]) -> bool:
    """Whether the open ``file`` is the one of that name, and no other has taken its place."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
