"""Every file below a folder of pictures, and what its first bytes say it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageError, UsageError
from lfr_batch.footage.local import unreadable
from lfr_batch.gallery.file_kinds import HEAD_BYTES, kind_of

OBJECTS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file, or a folder that may not be looked into."""

    path: PurePosixPath
    """Relative to the folder of pictures."""
    kind: str
    """See ``kind_of``; empty where there is trouble."""
    trouble: str = ""
    """Why its contents could not be looked at."""
    is_folder: bool = False

    @property
    def is_hidden(self) -> bool:
        return any(part.startswith(".") for part in self.path.parts)


def files_in(place: Path | str, s3: S3Config) -> tuple[list[FoundFile], list[str]]:
    """``files_below`` a folder, or s3://bucket/prefix."""
    return files_below(place) if isinstance(place, Path) else objects_below(place, s3)


def objects_below(place: str, s3: S3Config) -> tuple[list[FoundFile], list[str]]:
    """As ``files_below``, of a bucket. Raises UsageError where there is nothing, or where not all
    of it may be listed, StoreUnreachable."""
    from lfr_batch.footage.s3 import S3Object, find  # noqa: PLC0415 - boto3 is slow to import

    root = f"{place.rstrip('/')}/"
    found = find(root, s3)
    if found.gaps:
        raise UsageError(f"{place} cannot be listed to its end ({'; '.join(found.gaps)}).")

    def looked_at(uri: str) -> FoundFile:
        path = PurePosixPath(uri.removeprefix(root))
        try:
            with S3Object(uri, s3).open_bytes() as file:
                return FoundFile(path, kind_of(file.read(HEAD_BYTES)))
        except FootageError as error:
            return FoundFile(path, "", str(error).removeprefix(f"{uri} "))

    with ThreadPoolExecutor(OBJECTS_AT_ONCE) as pool:
        files = list(pool.map(looked_at, [*found.named, *(uri for uri, _ in found.below)]))
    tops = {file.path.parts[0] for file in files if len(file.path.parts) > 1}
    folders = sorted(name for name in tops if not name.startswith("."))
    return sorted(files, key=lambda file: file.path.parts), folders


def files_below(images_dir: Path) -> tuple[list[FoundFile], list[str]]:
    """Every file, sorted by path, and the names of the folders directly below, but hidden ones.

    Linked folders are followed, but not in a circle; hidden folders are looked into. A folder that
    may not be looked into is among the files. Raises UsageError where ``images_dir`` is no folder
    or may not be looked into itself.
    """
    if not _is_directory(images_dir):
        raise UsageError(f"{images_dir} is not a directory; give a folder of pictures.")
    found: list[FoundFile] = []
    closed: list[OSError] = []
    folders: list[str] = []
    for root, inner, names in os.walk(images_dir, followlinks=True, onerror=closed.append):
        below = PurePosixPath(Path(root).relative_to(images_dir))
        circles = [name for name in inner if _leads_back(Path(root, name), images_dir)]
        inner[:] = [name for name in inner if name not in circles]
        if below == PurePosixPath():
            folders = sorted(name for name in inner if not name.startswith("."))
        found += [FoundFile(below / name, "link in a circle") for name in circles]
        found += [_looked_at(images_dir, below / name) for name in names]
    found += [_closed_folder(images_dir, error) for error in closed]
    return sorted(found, key=lambda file: file.path.parts), folders


def _looked_at(images_dir: Path, path: PurePosixPath) -> FoundFile:
    place = images_dir / path
    try:
        if not stat.S_ISREG(place.stat().st_mode):
            return FoundFile(path, "pipe, socket or device")  # opening one might wait for ever
        with place.open("rb") as file:
            return FoundFile(path, kind_of(file.read(HEAD_BYTES)))
    except OSError as error:
        return FoundFile(path, "", _sentence(place, error))


def _closed_folder(images_dir: Path, error: OSError) -> FoundFile:
    folder = Path(error.filename)
    if folder == images_dir:
        raise UsageError(f"{folder} cannot be read ({error.strerror}); mend its permissions.")
    path = PurePosixPath(folder.relative_to(images_dir))
    return FoundFile(path, "", _sentence(folder, error), is_folder=True)


def _sentence(place: Path, error: OSError) -> str:
    return str(unreadable(str(place), error)).removeprefix(f"{place} ")


def _leads_back(folder: Path, images_dir: Path) -> bool:
    """Whether a linked folder is, or holds, one that the walk came through."""
    if not folder.is_symlink():
        return False
    target = folder.resolve()
    return any(
        passed.resolve().is_relative_to(target) for passed in _on_the_way(folder, images_dir)
    )


def _on_the_way(folder: Path, images_dir: Path) -> Iterator[Path]:
    for parent in folder.parents:
        yield parent
        if parent == images_dir:
            return


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be looked into ({error.strerror}); mend its permissions or give "
            "another folder."
        ) from error
