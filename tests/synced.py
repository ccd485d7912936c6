"""What is synced to the disk, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def synced() -> Iterator[list[Path]]:
    """Grows by the path of every file and folder that is synced, which it is."""
    paths: list[Path] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        paths.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", noted)
        yield paths
