"""Footage on local or mounted disks."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import time
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote_to_bytes

from lfr_batch.errors import FootageGone, FootageUnreadable, NoFootage
from lfr_batch.footage.places import Found, ObjectFacts, ObjectState, Sort, sort_by_name
from lfr_batch.footage.unchanged import since_opened
from lfr_batch.footage.walked import Walked, refused_on_the_way, walk

FILE_SCHEME = "file://"
COARSEST_NS = 2_000_000_000
"""File systems count time in steps: FAT in two seconds, ext4 in some milliseconds."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """See ``places.Source``. ``uri`` is a plain path or a ``file://`` uri."""

    uri: str

    @property
    def path(self) -> Path:
        return local_path(self.uri)

    def stored(self) -> str:
        path = self.path
        if str(path).isascii() or "\0" in str(path) or os.path.lexists(path):
            return self.uri
        there = Path(path.anchor)
        for part in path.parts[1:]:
            there /= part if os.path.lexists(there / part) else _alike(there, part) or part
        return as_uri(there) if os.path.lexists(there) else self.uri

    def open_bytes(self) -> BinaryIO:
        uri, path = self.uri, self.path
        if "\0" in str(path):
            raise FootageUnreadable(f"{uri!r} cannot be a file's name: leave it out")
        if os.path.isdir(path):  # noqa: PTH112 - never raises
            raise FootageUnreadable(
                f"{uri} is a folder: name its files, or give the folder on the command line"
            )
        if os.path.lexists(path) and path.exists() and not path.is_file():
            raise FootageUnreadable(f"{uri} is not a regular file: leave it out")
        try:
            return path.open("rb")
        except OSError as error:
            raise unreadable(uri, error) from error

    def as_of(self, state: ObjectState, *, in_full: bool = False) -> LocalFile:  # noqa: ARG002
        """Itself: what a disk gives is kept by the operating system."""
        return self

    def let_go(self) -> None:
        pass

    def state(self) -> ObjectState:
        """Opens the file, for a network share answers from its memory to whom only asks."""
        with self.open_bytes() as file:
            return _state_of(file)

    def facts(self) -> ObjectFacts:
        """Raises FootageUnreadable also where the file is written to at the same time."""
        with self.open_bytes() as file:
            before, read_from_ns = _state_of(file), time.time_ns()
            try:
                digest = hashlib.file_digest(cast("BufferedReader", file), "sha256").hexdigest()
            except OSError as error:
                raise unreadable(self.uri, error) from error
            after = _state_of(file)
        if since_opened(before, after) == "changed":
            raise FootageUnreadable(
                f"{self.uri} is being written to at this moment: scan it once it is complete"
            )
        lasting = after == before and _shows_later_changes(after, read_from_ns)
        return ObjectFacts(after, digest, digest, after.changed_ns if lasting else None)


def find(given: str) -> Found:
    """The files that a path, folder or glob pattern means, and what cannot be seen of them.

    Raises NoFootage where it means none, though all can be seen.
    """
    path = local_path(LocalFile(given).stored())
    try:
        if path.is_dir():
            return _found({}, walk(path))
    except OSError as error:
        return Found(gaps=(_cannot("looked at", path, error.strerror or str(error)),))
    if os.path.lexists(path):
        return Found(named=(as_uri(path),))
    return _matching(given, path)


def _matching(given: str, pattern: Path) -> Found:
    names = glob.glob(str(pattern), recursive=True)  # noqa: PTH207 - any absolute pattern
    folders = {Path(name) for name in names if os.path.isdir(name)}  # noqa: PTH112 - never raises
    walked = Walked()
    for folder in sorted(folders):
        walked.add(walk(folder))
    walked.refused.extend(refused_on_the_way(pattern))
    if not names and not walked.refused:
        raise NoFootage(_nothing(given))
    return _found(once(Path(name) for name in names if Path(name) not in folders), walked)


def _found(named: Mapping[tuple[str, str], Path], walked: Walked) -> Found:
    below = [path for file, path in once(walked.files).items() if file not in named]
    sorts: list[tuple[Path, Sort]] = [(path, _sort(path)) for path in below]
    sorts += [(folder, "hidden folder") for folder in walked.hidden]
    sorts += [(link, "circle") for link in walked.circles]
    refused = dict.fromkeys(_cannot("listed", *each) for each in walked.refused)
    return Found(
        tuple(as_uri(path) for path in named.values()),
        tuple((as_uri(path), sort) for path, sort in sorts),
        tuple(refused),
    )


def _cannot(be_what: str, path: Path, why: str) -> str:
    return f"{as_uri(path)} cannot be {be_what} ({why})"


def _alike(folder: Path, name: str) -> str | None:
    wanted = unicodedata.normalize("NFC", name)
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone
    except OSError:
        return None
    return next((each for each in names if unicodedata.normalize("NFC", each) == wanted), None)


def _state_of(file: BinaryIO) -> ObjectState:
    found = os.fstat(file.fileno())
    inode = (found.st_dev, found.st_ino)
    return ObjectState(found.st_size, found.st_mtime_ns, found.st_ctime_ns, inode)


def _shows_later_changes(state: ObjectState, now_ns: int) -> bool:
    """Whether what happens from now on gets another time than what happened last."""
    return state.changed_ns is not None and now_ns - state.changed_ns > COARSEST_NS


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
    if error.errno == errno.ENOENT and local_path(uri).is_symlink():
        return FootageUnreadable(f"{uri} is a link to a file that is not there: mend the link")
    if error.errno == errno.ENOENT and glob.has_magic(uri):
        return FootageGone(
            f"{uri} does not exist; if it is a pattern, give it on the command line: a manifest "
            "takes files"
        )
    if error.errno == errno.ENOENT:
        return FootageGone(f"{uri} does not exist: check the path")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return FootageUnreadable(f"{uri} may not be read by this user: change its permissions")
    return FootageUnreadable(f"{uri} cannot be read ({error.strerror}): check the disk")


def once(files: Iterable[Path]) -> dict[tuple[str, str], Path]:
    """Of the paths that lead to one file through links to folders, the shortest, by the file's
    true folder and its name. Copies, hard links and links to a file are files of their own.
    """
    true_folder = cache(os.path.realpath)
    kept: dict[tuple[str, str], Path] = {}
    for path in sorted(files, key=lambda path: (len(path.parts), path)):
        kept.setdefault((true_folder(path.parent), path.name), path)
    return kept


def _sort(path: Path) -> Sort:
    by_name = sort_by_name(path.name)
    left_out = by_name in {"no footage", "hidden"}
    return by_name if left_out or may_be_file(path) else "no regular file"


def may_be_file(path: Path) -> bool:
    """Also what cannot be looked at, such as a dangling link: probing says what is wrong."""
    return os.path.isfile(path) or not os.path.exists(path)  # noqa: PTH110, PTH113 - never raise


def _nothing(given: str) -> str:
    if glob.has_magic(given):
        return f"no file matches {given}: check the pattern"
    return f"{given} does not exist: check the path"
