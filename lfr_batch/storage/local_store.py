"""A directory as a store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lfr_batch.storage.disk_errors import TRY_AGAIN, WayOut, refusal
from lfr_batch.storage.files import sweep_halves, write_bytes
from lfr_batch.storage.folders import make_own_folder
from lfr_batch.storage.locks import exclusive

_NEW_FILES = ".new-files"
"""Who writes a file that must be new holds this lock of its folder."""


def try_again(_: str) -> WayOut:
    """Whatever was refused."""
    return TRY_AGAIN


@dataclass(frozen=True, slots=True)
class LocalStore:
    """See ``store.Store``. Names that begin with a dot are half-made and never listed."""

    root: Path
    way_out: Callable[[str], WayOut] = field(default=try_again, kw_only=True)
    """What to do when the disk refuses that path; a function of a module, for pickle."""

    @property
    def uri(self) -> str:
        return str(self.root)

    def write_atomic(self, path: str, data: bytes) -> None:
        target = self.root / path
        with explained(self.root, path, self.way_out):
            make_own_folder(target.parent)
            write_bytes(target, data)

    def write_new(self, path: str, data: bytes) -> bool:
        target = self.root / path
        with (
            explained(self.root, path, self.way_out),
            exclusive(target.with_name(_NEW_FILES)),
        ):
            sweep_halves(target)
            if target.exists():
                return False
            write_bytes(target, data)
            return True

    def read(self, path: str) -> bytes:
        with explained(self.root, path, self.way_out):
            return (self.root / path).read_bytes()

    def exists(self, path: str) -> bool:
        with explained(self.root, path, self.way_out):
            return (self.root / path).exists()

    def list(self, prefix: str) -> tuple[str, ...]:
        with explained(self.root, prefix, self.way_out):
            top = os.walk(self.root / prefix, onerror=_raise_unless_absent)
            found = ((Path(folder).relative_to(self.root), names) for folder, _, names in top)
            return tuple(
                sorted(path for folder, names in found for path in _visible(folder, names))
            )

    def sizes(self, prefix: str) -> dict[str, int]:
        found = {}
        with explained(self.root, prefix, self.way_out):
            for path in self.list(prefix):
                with suppress(FileNotFoundError):
                    found[path] = (self.root / path).stat().st_size
        return found

    def folders(self, prefix: str) -> tuple[str, ...]:
        place = self.root / prefix
        with explained(self.root, prefix, self.way_out), suppress(FileNotFoundError):
            names = sorted(each.name for each in place.iterdir() if each.is_dir())
            return tuple(name for name in names if not name.startswith("."))
        return ()

    def move(self, path: str, to: str) -> None:
        target = self.root / to
        with explained(self.root, path, self.way_out):
            make_own_folder(target.parent)
            with suppress(FileNotFoundError):
                (self.root / path).replace(target)

    def delete(self, path: str) -> None:
        target = self.root / path
        with explained(self.root, path, self.way_out):
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)


def _visible(folder: Path, names: Iterable[str]) -> Iterator[str]:
    before = "" if folder == Path() else f"{folder.as_posix()}/"
    return (before + name for name in names if not name.startswith("."))


def _raise_unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


@contextmanager
def explained(
    root: Path, path: str, way_out: Callable[[str], WayOut] = try_again
) -> Iterator[None]:
    """What the system refuses of ``path`` as our errors; a missing file stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise refusal(error, root / path, way_out(path), disk=root) from error
