"""A directory as a store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lfr_batch.storage.disk_errors import TRY_AGAIN, WayOut, refusal
from lfr_batch.storage.files import write_bytes
from lfr_batch.storage.folders import make_own_folder


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
