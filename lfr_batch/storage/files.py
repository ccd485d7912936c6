"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp-"
"""How the names of what is half-made begin."""
OWN_FILE, OWN_FOLDER = 0o600, 0o700
"""Faces and templates are their owner's alone, whatever the umask. A folder's default ACL does not
widen this, since the system takes the mode as its mask: to share with a group, run as one account,
or give the group access to what is there (``setfacl -R``)."""
_TOKEN_BYTES = 8
_NO_FILE = "it is no file but a device, a pipe, a socket or what a program has open"


def own(path: str, flags: int) -> int:
    """An ``opener``: a file that it creates is its owner's alone."""
    return os.open(path, flags, OWN_FILE)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of ``path`` in one step."""
    with write_whole(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Replace the content of ``path`` in one step."""
    write_bytes(path, text.encode())


@contextmanager
def write_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to fill, its owner's alone, which takes the place of ``path`` as in ``replacing``."""
    with replacing(path) as building, open(building, "xb", opener=own) as file:
        yield file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to make a file under, which takes the place of ``path`` in one step once it is on the
    disk. Nobody else has that name; what is under it goes if anything is raised. A process that is
    killed leaves it: see ``sweep_halves``. Raises as ``require_replaceable``.
    """
    require_replaceable(path)
    building = path.with_name(f"{TEMPORARY}{path.name}.{secrets.token_hex(_TOKEN_BYTES)}")
    try:
        yield building
        sync(building)
        building.replace(path)
    except BaseException:
        building.unlink(missing_ok=True)
        raise
    sync(path.parent)


def require_replaceable(path: Path) -> None:
    """Raises FileExistsError for what no file may take the place of: a device, a pipe, a socket
    (``/dev/null`` would be gone for the whole machine), and a name of what a process has open,
    like ``/dev/stdout``. Of a folder the system says so itself.
    """
    try:
        mode = path.stat().st_mode
        is_of_process = path.is_symlink() and path.readlink().is_relative_to("/proc")
    except OSError:
        return  # not there, or the system says why it cannot be written either
    if is_of_process or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise FileExistsError(errno.EEXIST, _NO_FILE, str(path))


def sweep_halves(path: Path) -> None:
    """Remove what killed processes left of ``path``. Call it under a lock."""
    token = "[0-9a-f]" * (2 * _TOKEN_BYTES)
    for half in path.parent.glob(f"{TEMPORARY}{glob.escape(path.name)}.{token}"):
        half.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """What is in a file, or which names are in a folder, is on the disk when this returns.

    Some file systems have nothing to sync of a folder and say EINVAL (fsync(2)): that passes.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Hex sha256 of the bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
