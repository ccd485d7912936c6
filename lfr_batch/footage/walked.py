"""Folders on disk, walked: the files below them, and what cannot be seen there."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Walked:
    files: list[Path] = field(default_factory=list)
    hidden: list[Path] = field(default_factory=list)
    """Folders that are not entered, for their names."""
    circles: list[Path] = field(default_factory=list)
    """Links to a folder around the one that is walked: what else lies there is not seen."""
    refused: list[tuple[Path, str]] = field(default_factory=list)
    """Folders that cannot be listed, or not to their end, and why."""

    def add(self, other: Walked) -> None:
        self.files.extend(other.files)
        self.hidden.extend(other.hidden)
        self.circles.extend(other.circles)
        self.refused.extend(other.refused)


def walk(top: Path) -> Walked:
    """Every folder once. Linked ones come last, so that files keep their own names; a link to a
    folder in which it lies is a circle, and is not followed."""
    found, seen, waiting = Walked(), set[tuple[int, int]](), [top]

    def refuse(error: OSError) -> None:
        found.refused.append((Path(error.filename), error.strerror or str(error)))

    while waiting:
        for parent, folders, names in os.walk(waiting.pop(0), onerror=refuse):
            try:
                status = os.stat(parent)  # noqa: PTH116 - a folder that was just listed
            except OSError as error:
                refuse(error)
                folders.clear()
                continue
            if (status.st_dev, status.st_ino) in seen:
                folders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            found.files.extend(Path(parent, name) for name in names)
            found.hidden.extend(Path(parent, name) for name in folders if name.startswith("."))
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            links = [Path(parent, name) for name in folders]
            for link in filter(os.path.islink, links):
                if not _is_circle(link):
                    waiting.append(link)
                elif not _lies_in(link, top):
                    found.circles.append(link)
    return found


def refused_on_the_way(pattern: Path) -> Iterator[tuple[Path, str]]:
    """The folders in which a glob pattern may have had matches, and that could not be seen.

    ``glob`` passes over them without a word.
    """
    for number, part in enumerate(pattern.parts):
        before = Path(*pattern.parts[:number])
        if number and glob.has_magic(str(Path(*pattern.parts[: number + 1]))):
            deep = before / part if part == "**" else before
            for name in glob.iglob(f"{deep}/", recursive=True):  # noqa: PTH207 - absolute
                yield from _refused(Path(name), to_list=glob.has_magic(part))


def _refused(folder: Path, *, to_list: bool) -> Iterator[tuple[Path, str]]:
    try:
        if to_list:
            os.scandir(folder).close()
        os.stat(f"{folder}/.")  # noqa: PTH116 - asks for the right to enter it; Path drops the dot
    except OSError as error:
        yield folder, error.strerror or str(error)


def _is_circle(link: Path) -> bool:
    return _lies_in(link.parent, link)


def _lies_in(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
