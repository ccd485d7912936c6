"""A node's cache: files by the sha256 of their bytes, and folders in which they have names.

::

    CACHE/.lock                    held by whoever brings something or sweeps
    CACHE/files/<sha256>           each content once
    CACHE/homes/<digest of URI>/   a home as a folder, of links to those files
    CACHE/making/<token>/          a home as a folder in which somebody enrols or installs
    CACHE/verified/                what was found sound, by size, times and inode

All of it is its owner's alone. A file that no folder has a link to is of no use and is swept.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lfr_batch.errors import StoreError, UsageError
from lfr_batch.homes.bundle import Bundle
from lfr_batch.homes.lasting import require_lasting
from lfr_batch.storage.disk_errors import WayOut, disk_errors
from lfr_batch.storage.files import TEMPORARY, sha256_of
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.locks import exclusive, is_held
from lfr_batch.storage.verified import verify_once

UNUSED_S = 30 * 86400.0
"""A home that nobody opened for so long has no folder in the cache any more."""
BEGINNING_S = 60.0
"""Between a workshop's folder and its lock."""
_IN_USE = ".lock"
_MAKE_ROOM = WayOut("free space, or let LFR_CACHE name a folder on another disk", "set LFR_CACHE")


def cache_folder() -> Path:
    """LFR_CACHE, or the user's cache folder. Raises UsageError for one that does not last."""
    said = os.environ.get("LFR_CACHE")
    if said:
        return require_lasting(Path(said).absolute(), "LFR_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache").absolute() / "lfr-batch"
    except RuntimeError as error:
        raise UsageError(
            "There is no home folder to keep a cache in: let LFR_CACHE name a folder that lasts."
        ) from error


@contextmanager
def workshop(cache: Path) -> Iterator[Path]:
    """A folder to make something in, nobody else's, which is gone afterwards. A killed process
    leaves it to ``sweep``."""
    folder = cache / "making" / secrets.token_hex(8)
    with exclusive(folder / _IN_USE):
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


@contextmanager
def held(cache: Path) -> Iterator[None]:
    """The cache, held against other processes of this node, which wait.

    Raises StoreFull, StoreUnreachable with the way out.
    """
    with disk_errors(cache, _MAKE_ROOM):
        make_own_folder(cache)
        with exclusive(cache / ".lock"):
            yield


def folder_of(cache: Path, uri: str) -> Path:
    """The home ``uri`` as a folder; what of it is there is another question."""
    return cache / "homes" / hashlib.sha256(uri.encode()).hexdigest()[:16]


def file_of(cache: Path, sha256: str) -> Path:
    return cache / "files" / sha256


def link(cache: Path, bundle: Bundle, folder: Path) -> None:
    """``folder`` has the bundle's files under their names, and no others. Call it while held."""
    for name, entry in bundle.files.items():
        link_to(file_of(cache, entry.sha256), folder / name)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in bundle.files:
            path.unlink()


def adopt(cache: Path, bundle: Bundle, folder: Path) -> None:
    """What was written in ``folder`` is found in the cache by its content. Call it while held."""
    for name, entry in bundle.files.items():
        if not file_of(cache, entry.sha256).exists():
            link_to(folder / name, file_of(cache, entry.sha256))


def damaged(cache: Path, bundle: Bundle) -> list[str]:
    """Contents (sha256) of a bundle that are not what they were; found out once until they change.

    Call it while held, after the files have got their names: a link changes a file's times.
    """
    bad: list[str] = []
    paths = {entry.sha256: file_of(cache, entry.sha256) for entry in bundle.files.values()}
    record = hashlib.sha256(" ".join(sorted(paths)).encode()).hexdigest()[:16]

    def verify() -> None:
        bad.extend(sha256 for sha256, path in paths.items() if sha256_of(path) != sha256)
        if bad:
            raise StoreError(f"{cache} has files that are not what they were: {len(bad)}")

    try:
        # Nothing but this writes here, and this is held: what it finds is found for good.
        verify_once(
            list(paths.values()), cache / "verified" / f"{record}.json", verify, settled_s=0.0
        )
    except StoreError:
        for sha256 in bad:
            paths[sha256].unlink()
    return bad


def sweep(cache: Path, now: float | None = None) -> None:
    """Remove folders of homes that nobody opens any more, and contents that no folder names.

    Call it while held.
    """
    now = time.time() if now is None else now
    for folder in _inside(cache / "homes"):
        if now - folder.stat().st_mtime > UNUSED_S:
            shutil.rmtree(folder)
    for folder in _inside(cache / "making"):
        if not is_held(folder / _IN_USE) and now - folder.stat().st_mtime > BEGINNING_S:
            shutil.rmtree(folder)
    for path in _inside(cache / "files"):
        if path.name.startswith(TEMPORARY) or path.stat().st_nlink == 1:
            path.unlink()


def files_there(cache: Path, bundle: Bundle) -> Mapping[str, bool]:
    """Whether each content of a bundle is in the cache, whole as far as its size says."""
    return {
        entry.sha256: _has_size(file_of(cache, entry.sha256), entry.bytes)
        for entry in bundle.files.values()
    }


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def link_to(content: Path, name: Path) -> None:
    """A second name for a file, in place of whatever has it."""
    if name.exists() and name.samefile(content):
        return
    make_own_folder(name.parent)
    building = name.with_name(f"{TEMPORARY}{name.name}")
    building.unlink(missing_ok=True)
    building.hardlink_to(content)
    building.replace(name)


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
