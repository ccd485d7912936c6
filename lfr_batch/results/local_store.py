"""A results root on a disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.results.layout import is_deployment, run_id_of
from lfr_batch.storage.disk_errors import WayOut, refusal
from lfr_batch.storage.files import write_bytes
from lfr_batch.storage.folders import make_own_folder


@dataclass(frozen=True, slots=True)
class LocalStore:
    """See ``store.Store``. Names that begin with a dot are half-made and never listed."""

    root: Path

    @property
    def uri(self) -> str:
        return str(self.root)

    def write_atomic(self, path: str, data: bytes) -> None:
        target = self.root / path
        with explained(self.root, path):
            make_own_folder(target.parent)
            write_bytes(target, data)

    def read(self, path: str) -> bytes:
        with explained(self.root, path):
            return (self.root / path).read_bytes()

    def exists(self, path: str) -> bool:
        with explained(self.root, path):
            return (self.root / path).exists()

    def list(self, prefix: str) -> tuple[str, ...]:
        with explained(self.root, prefix):
            top = os.walk(self.root / prefix, onerror=_raise_unless_absent)
            found = ((Path(folder).relative_to(self.root), names) for folder, _, names in top)
            return tuple(
                sorted(path for folder, names in found for path in _visible(folder, names))
            )

    def delete(self, path: str) -> None:
        target = self.root / path
        with explained(self.root, path):
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
def explained(root: Path, path: str) -> Iterator[None]:
    """The operating system's refusals as this package's errors; a missing file stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        then = WayOut(_once_there_is_room(path), "mend it or choose another results root")
        raise refusal(error, root / path, then, disk=root) from error


def _once_there_is_room(path: str) -> str:
    run_id = run_id_of(path)
    resumed = run_id is not None and not is_deployment(run_id)
    return f"free space and run `lfr resume {run_id}`" if resumed else "free space and try again"
