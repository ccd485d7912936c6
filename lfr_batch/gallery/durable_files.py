"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfr_batch.errors import StoreError, StoreFull

TEMPORARY = ".tmp-"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold ``lock`` against other processes; the kernel frees it when the holder dies."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn what the disk says into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull(
                f"There is no room left to write {folder}; free some space and run it again, "
                "nothing was changed."
            ) from error
        reason = error.strerror or str(error)
        raise StoreError(
            f"{folder} cannot be written ({reason}); mend it and run again."
        ) from error


@contextmanager
def new_directory(final: Path) -> Iterator[Path]:
    """A directory to fill, which takes the name ``final`` once it is on the disk.

    Anything of that name is replaced. Call it under a lock; leftovers of killed predecessors
    beside it are swept.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    sweep(final.parent)
    building = final.parent / f"{TEMPORARY}{final.name}"
    building.mkdir()
    try:
        yield building
        sync_tree(building)
        if final.exists():
            final.rename(final.parent / f"{TEMPORARY}replaced-{final.name}")
        building.rename(final)
        sync(final.parent)
    finally:
        sweep(final.parent)


def sweep(folder: Path) -> None:
    for leftover in folder.glob(f"{TEMPORARY}*"):
        shutil.rmtree(leftover)


def write_text(path: Path, text: str) -> None:
    """Replace the content of ``path`` in one step."""
    building = path.with_name(f"{TEMPORARY}{path.name}")
    building.write_text(text, encoding="utf-8")
    sync(building)
    building.replace(path)
    sync(path.parent)


def sync_tree(folder: Path) -> None:
    for file in sorted(folder.iterdir()):
        sync(file)
    sync(folder)


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
