"""Footage on local or mounted disks."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote_to_bytes

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageUnreadable, UsageError
from lfr_batch.footage.places import ObjectFacts, is_footage_name

FILE_SCHEME = "file://"


def find(given: str, s3: S3Config) -> list[str]:  # noqa: ARG001 - the same for every place
    """The files that a path, folder or glob pattern means.

    Raises UsageError where it means none.
    """
    path = local_path(given)
    if path.is_dir():
        found = list(_in_folder(path))
    elif os.path.lexists(path):
        found = [path]
    else:
        names = glob.glob(str(path), recursive=True)  # noqa: PTH207 - any absolute pattern
        found = [file for name in names for file in _taken(name)]
    if not found:
        raise UsageError(_nothing(given, path))
    return [as_uri(file) for file in found]


def open_bytes(uri: str, s3: S3Config) -> BinaryIO:  # noqa: ARG001 - the same for every place
    """Raises FootageUnreadable where the file cannot be opened."""
    path = local_path(uri)
    if os.path.lexists(path) and path.exists() and not path.is_file():
        raise FootageUnreadable(f"{uri} is not a regular file: leave it out")
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(uri, error) from error


def facts(uri: str, s3: S3Config) -> ObjectFacts:
    """Size and sha256 of the bytes. Reads the whole file."""
    with open_bytes(uri, s3) as file:
        try:
            digest = hashlib.file_digest(cast("BufferedReader", file), "sha256").hexdigest()
        except OSError as error:
            raise unreadable(uri, error) from error
        return ObjectFacts(file.tell(), digest)


def local_path(uri: str) -> Path:
    """The absolute path of a plain path or ``file://`` uri."""
    if uri.startswith(FILE_SCHEME):
        uri = os.fsdecode(unquote_to_bytes(uri.removeprefix(FILE_SCHEME)))
    return Path(os.path.abspath(uri))  # noqa: PTH100 - resolve() would follow links


def as_uri(path: Path) -> str:
    """The path itself; a ``file://`` uri where its name is not valid Unicode."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    try:
        str(absolute).encode()
    except UnicodeEncodeError:
        return absolute.as_uri()
    return str(absolute)


def unreadable(uri: str, error: OSError) -> FootageUnreadable:
    if error.errno == errno.ENOENT:
        return FootageUnreadable(f"{uri} does not exist: check the path")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return FootageUnreadable(f"{uri} may not be read by this user: change its permissions")
    return FootageUnreadable(f"{uri} cannot be read ({error.strerror}): check the disk")


def _taken(name: str) -> list[Path]:
    path = Path(name)
    return list(_in_folder(path)) if path.is_dir() else [path]


def _in_folder(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            if is_footage_name(name) and path.is_file():
                yield path


def _refuse(error: OSError) -> None:
    raise UsageError(f"the folder {error.filename} cannot be listed: {error.strerror}") from error


def _nothing(given: str, path: Path) -> str:
    if path.is_dir():
        return f"the folder {given} holds no footage: name another folder or the files themselves"
    if glob.has_magic(given):
        return f"no file matches {given}: check the pattern"
    return f"{given} does not exist: check the path"
