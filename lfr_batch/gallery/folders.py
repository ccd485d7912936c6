"""Where the snapshots of a gallery lie, and which one is current."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfr_batch.errors import GalleryDamaged, GalleryError, GalleryNotFound, UsageError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SNAPSHOT_ID = re.compile(r"[0-9a-f]{12}")
CURRENT = "CURRENT"
FORGOTTEN = "forgotten"
"""Beside the snapshots: what is said of those that are gone for the sake of somebody in them."""


def gallery_folder(home: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a gallery; use up to 64 letters, digits, '.', '_' and '-', "
            "a letter or digit first."
        )
    return home / "galleries" / name


def snapshot_path(home: Path, name: str, snapshot_id: str | None) -> Path:
    folder = gallery_folder(home, name)
    wanted = snapshot_id or current_id(home, folder)
    path = folder / "snapshots" / wanted
    with _reading(folder):
        if SNAPSHOT_ID.fullmatch(wanted) and path.is_dir():
            return path
    if snapshot_id is None:
        raise GalleryDamaged(
            f"{folder / 'CURRENT'} points to a snapshot that is not there; enrol the gallery "
            "again or restore it from a copy."
        )
    if SNAPSHOT_ID.fullmatch(wanted) and (folder / FORGOTTEN / f"{wanted}.json").exists():
        raise GalleryNotFound(
            f"Snapshot {wanted} of gallery {name!r} is gone, since somebody in it was to be "
            "forgotten; what was found with it stands, and it cannot be searched any more."
        )
    there = ", ".join(found.name for found in snapshot_folders(home, name)) or "none"
    raise GalleryNotFound(
        f"Gallery {name!r} has no snapshot {snapshot_id!r} under {home} (there are: {there})."
    )


def current_id(home: Path, folder: Path) -> str:
    try:
        with _reading(folder):
            return (folder / CURRENT).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError as error:
        names = gallery_names(home)
        others = f"there are: {', '.join(names)}" if names else "there are none yet"
        raise GalleryNotFound(
            f"There is no gallery {folder.name!r} under {home} ({others}); enrol it with "
            f"`lfr gallery enrol {folder.name} --images DIR`."
        ) from error


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """A folder that may not be searched as one sentence; a missing file stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise GalleryError(
            f"{folder} cannot be read ({error.strerror or error}); mend its permissions or "
            "choose another home."
        ) from error


def gallery_names(home: Path) -> list[str]:
    return sorted(folder.name for folder in _inside(home / "galleries") if _is_gallery(folder))


def _is_gallery(folder: Path) -> bool:
    """Also where it may not be looked into: that is then its damage."""
    try:
        return (folder / CURRENT).exists()
    except OSError:
        return True


def _inside(folder: Path) -> list[Path]:
    """Empty where there is no such folder; unlike ``glob`` it does not pass over a refusal."""
    with _reading(folder):
        try:
            return list(folder.iterdir())
        except FileNotFoundError:
            return []


def snapshot_folders(home: Path, name: str) -> list[Path]:
    folders = _inside(gallery_folder(home, name) / "snapshots")
    return sorted(folder for folder in folders if SNAPSHOT_ID.fullmatch(folder.name))
