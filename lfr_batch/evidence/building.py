"""A pack while it is made: its members lie in a folder beside it, which goes whatever happens."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfr_batch.errors import UsageError
from lfr_batch.evidence.archive import archive_of, in_order
from lfr_batch.storage.disk_errors import WayOut, disk_errors
from lfr_batch.storage.files import OWN_FOLDER, TEMPORARY, own, sha256_of, sync
from lfr_batch.storage.locks import exclusive, is_held

_ELSEWHERE = "name another place with --out"
_MEMBERS, _HELD = ".members", "LOCK"
WAY_OUT = WayOut(f"free space or {_ELSEWHERE}, nothing was left there", _ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Building:
    """Members by name, each a file of the folder."""

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    listed: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """sha256 and size of each, as the manifest says them."""

    def add(self, name: str, data: bytes) -> None:
        self.add_chunks(name, (data,))

    def add_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        """Raises OSError, and ValueError for a name that is taken."""
        if name in self.files:
            raise ValueError(f"{name} is there already")
        path, digest, size = self.folder / str(len(self.files)), hashlib.sha256(), 0
        with open(path, "xb", opener=own) as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.files[name] = path
        self.listed[name] = {"sha256": digest.hexdigest(), "size": size}

    def adopt(self, name: str, path: Path) -> None:
        """A file of the folder that somebody else has written, as a member. Raises OSError."""
        self.files[name] = path
        self.listed[name] = {"sha256": sha256_of(path), "size": path.stat().st_size}

    def sha256_of(self, name: str) -> str:
        return str(self.listed[name]["sha256"])


@contextmanager
def building(out: Path) -> Iterator[Building]:
    """A folder beside ``out``; what killed ones left there goes. Raises StoreFull,
    StoreUnreachable for what the disk refuses."""
    folder = out.with_name(f"{TEMPORARY}{out.name}.{secrets.token_hex(8)}{_MEMBERS}")
    with disk_errors(out, WAY_OUT):
        _sweep(out.parent)
        folder.mkdir(OWN_FOLDER)
        try:
            with exclusive(folder / _HELD):
                yield Building(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def write_pack(out: Path, built: Building) -> None:
    """The archive, under its name in one step once it is on the disk. Raises OSError, UsageError
    where something is there by now."""
    half = built.folder / "archive"
    with open(half, "xb", opener=own) as file:
        for chunk in archive_of(in_order(built.files)):
            file.write(chunk)
    sync(half)
    require_free(out)
    half.replace(out)
    sync(out.parent)


def _sweep(place: Path) -> None:
    """Folders whose makers were killed: whoever lives holds its folder."""
    for folder in place.glob(f"{TEMPORARY}*{_MEMBERS}"):
        if (folder / _HELD).exists() and not is_held(folder / _HELD):
            shutil.rmtree(folder, ignore_errors=True)


def require_free(out: Path) -> None:
    """Raises UsageError where something is there, or no folder for it."""
    if out.is_dir():
        raise UsageError(f"{out} is a folder: name a file in it, as {out / 'pack.zip'}")
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} is there already: name another place, or remove it")
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder {out.parent}: make it, or name another place")
