"""Files with other names: what is written to one, or deleted of it, is somewhere else, too."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def elsewhere(path: Path) -> str | None:
    """Why ``path`` is not a file with this one name, as the end of a sentence; None where it is, or
    is not there. Its folder must be a real one, as ``in_real_folder`` makes it."""
    if path.parent.resolve() != path.parent:
        return f"is below a link to {path.parent.resolve()}"
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(found.st_mode):
        return f"is a link to {path.resolve()}"
    if not stat.S_ISREG(found.st_mode):
        return "is no file"
    return has_other_names(found)


def has_other_names(found: os.stat_result) -> str | None:
    more = found.st_nlink - 1
    if more <= 0:
        return None
    return f"has {'another name' if more == 1 else f'{more} other names'} (hard links)"


def in_real_folder(path: Path) -> Path:
    """The same file by a path whose folders are none of them links. It may be one itself."""
    return path.absolute().parent.resolve() / path.name
