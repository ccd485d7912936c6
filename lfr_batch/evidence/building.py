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
from lfr_batch.storage.files import OWN_FOLDER, TEMPORARY, own, replacing, sha256_of

_ELSEWHERE = "name another place with --out"
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
    """A folder beside ``out``. Raises StoreFull, StoreUnreachable for what the disk refuses."""
    folder = out.with_name(f"{TEMPORARY}{out.name}.{secrets.token_hex(8)}.members")
    with disk_errors(out, WAY_OUT):
        folder.mkdir(OWN_FOLDER)
        try:
            yield Building(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def write_pack(out: Path, built: Building) -> None:
    """The archive, under its name in one step. Raises OSError, UsageError."""
    with replacing(out) as place, open(place, "xb", opener=own) as file:
        for chunk in archive_of(in_order(built.files)):
            file.write(chunk)


def require_free(out: Path) -> None:
    """Raises UsageError where something is there, or no folder for it."""
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} is there already: name another place, or remove it")
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder {out.parent}: make it, or name another place")
