"""A results root on a disk."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import StoreFull, StoreUnreachable
from lfr_batch.gallery.durable_files import make_own_folder, own
from lfr_batch.results.layout import is_deployment, run_id_of

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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
            _write_and_rename(target, data)

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


def _write_and_rename(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with open(temporary, "xb", opener=own) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
        if error.errno in _FULL:
            raise StoreFull(_full_message(root, path)) from error
        raise StoreUnreachable(
            f"cannot use {root / path}: {error.strerror}; mend it or choose another results root"
        ) from error


def _full_message(root: Path, path: str) -> str:
    run_id = run_id_of(path)
    resumed = run_id is not None and not is_deployment(run_id)
    then = f"run `lfr resume {run_id}`" if resumed else "try again"
    return f"the disk holding {root} is full; free space and {then}"
