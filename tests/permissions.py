"""Files and folders that may not be read, for root too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

NOBODY = 65534


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that other users may read, unlike pytest's own."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def closed(path: Path, mode: int = 0) -> Iterator[None]:
    """``path`` with this mode, seen by a user whom modes bind: root becomes nobody meanwhile."""
    before, user = path.stat().st_mode, os.geteuid()
    path.chmod(mode)
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
        path.chmod(before & 0o7777)
