"""Folders that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfr_batch.storage.files import OWN_FILE, OWN_FOLDER, TEMPORARY, sync


def make_own_folder(folder: Path) -> None:
    """Create ``folder`` and the parents it lacks, each its owner's alone."""
    if folder.is_dir():
        return
    lacking = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(lacking or [folder]):
        place.mkdir(OWN_FOLDER, exist_ok=True)


@contextmanager
def new_directory(final: Path) -> Iterator[Path]:
    """A directory to fill with files, its owner's alone as they are, which takes the name ``final``
    once it is on the disk.

    Anything of that name is replaced. Call it under a lock; leftovers of killed predecessors
    beside it are swept.
    """
    make_own_folder(final.parent)
    sweep(final.parent)
    building = final.parent / f"{TEMPORARY}{final.name}"
    building.mkdir(OWN_FOLDER)
    try:
        yield building
        for file in building.iterdir():
            file.chmod(OWN_FILE)
        sync_tree(building)
        if final.exists():
            final.rename(final.parent / f"{TEMPORARY}replaced-{final.name}")
        building.rename(final)
        sync(final.parent)
    finally:
        sweep(final.parent)


@contextmanager
def replacing_folder(final: Path) -> Iterator[Path]:
    """The same in a folder that is not ours alone: no lock, and nothing of others is swept.

    What is there is set aside, and removed once the new one has its name.
    """
    token = secrets.token_hex(8)
    building, aside = (
        final.with_name(f"{TEMPORARY}{what}{final.name}.{token}") for what in ("", "replaced-")
    )
    building.mkdir(OWN_FOLDER)
    try:
        yield building
        sync_tree(building)
        if final.exists():
            final.rename(aside)
        building.rename(final)
        sync(final.parent)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        if aside.exists() and not final.exists():
            aside.rename(final)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove all that is half-made in ``folder``. Call it under a lock."""
    for leftover in folder.glob(f"{TEMPORARY}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def sync_tree(folder: Path) -> None:
    """Every file and folder below ``folder``, and itself."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)
