"""Work for engines to do: importable, because workers are other processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from lfr_batch.errors import GalleryNotFound, StoreFull


def open_doubler(log: Path) -> Callable[[int], int]:
    def double(item: int) -> int:
        with log.open("a") as file:
            file.write(f"{item}\n")
        return 2 * item

    return double


def open_deadly(log: Path) -> Callable[[int], int]:
    double = open_doubler(log)

    def work(item: int) -> int:
        result = double(item)
        if item == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return work


def open_full(log: Path) -> Callable[[int], int]:
    def work(item: int) -> int:
        raise StoreFull(f"the disk holding {log} is full")

    return work


def open_nothing(log: Path) -> Callable[[int], int]:
    raise GalleryNotFound(f"there is no gallery in {log}")


def open_faulty(log: Path) -> Callable[[int], int]:
    def work(item: int) -> int:
        return 1 // (item - item)

    return work
