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
from typing import BinaryIO

from lfr_batch.errors import GalleryError, StoreError, StoreFull

TEMPORARY = ".tmp-"
OWN_FILE, OWN_FOLDER = 0o600, 0o700
"""Faces and templates are their owner's alone, whatever the umask. A folder's default ACL does not
widen this, since the system takes the mode as its mask: to share with a group, run as one account,
or give the group access to what is there (``setfacl -R``)."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def own(path: str, flags: int) -> int:
    """An ``opener``: a file that it creates is its owner's alone."""
    return os.open(path, flags, OWN_FILE)


def make_own_folder(folder: Path) -> None:
    """Create ``folder`` and the parents it lacks, each its owner's alone."""
    if folder.is_dir():
        return
    lacking = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(lacking or [folder]):
        place.mkdir(OWN_FOLDER, exist_ok=True)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold ``lock`` against other processes; the kernel frees it when the holder dies."""
    make_own_folder(lock.parent)
    with open(lock, "a", encoding="utf-8", opener=own) as file:
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
def reading_errors(folder: Path) -> Iterator[None]:
    """A folder that may not be searched as one sentence; a missing file stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise GalleryError(
            f"{folder} cannot be read ({error.strerror or error}); mend its permissions or "
            "choose another home."
        ) from error


@contextmanager
def new_directory(final: Path) -> Iterator[Path]:
    """A directory to fill, which takes the name ``final`` once it is on the disk.

    Anything of that name is replaced. Call it under a lock; leftovers of killed predecessors
    beside it are swept.
    """
    make_own_folder(final.parent)
    sweep(final.parent)
    building = final.parent / f"{TEMPORARY}{final.name}"
    building.mkdir(OWN_FOLDER)
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
    with write_whole(path) as file:
        file.write(text.encode())


@contextmanager
def write_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to fill, which takes the place of ``path`` in one step once it is on the disk."""
    building = path.with_name(f"{TEMPORARY}{path.name}")
    with open(building, "wb", opener=own) as file:
        yield file
    sync(building)
    building.replace(path)
    sync(path.parent)


def sync_tree(folder: Path) -> None:
    """Every file of ``folder``, made its owner's alone, and the folder."""
    for file in sorted(folder.iterdir()):
        file.chmod(OWN_FILE)
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
