"""Work for engines to do: importable, because workers are other processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lfr_batch.errors import GalleryNotFound, StoreAway, StoreFull
from tests.patience import PATIENCE_S


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


def open_trio(log: Path) -> Callable[[int], int]:
    """Three at once, or none."""
    double, meeting = open_doubler(log), threading.Barrier(3)

    def work(item: int) -> int:
        meeting.wait(PATIENCE_S)
        return double(item)

    return work


Tried = tuple[int, int]
"""An item and the number of its attempt."""


def open_poisoned(log: Path) -> Callable[[Tried], tuple[int, int, int]]:
    """Item 3 kills its worker: at first once three others are under way there, whom it takes along.

    Results: the item, its attempt, and how many were under way in the process."""
    under_way: set[int] = set()

    def work(tried: Tried) -> tuple[int, int, int]:
        item, attempt = tried
        under_way.add(item)
        with log.open("a") as file:
            file.write(f"{item}:{attempt}\n")
        if item == 3:
            _wait_for(lambda: len(log.read_text().split()) >= 4)
            os.kill(os.getpid(), signal.SIGKILL)
        if log.read_text().split().count(f"{item}:{attempt}") == 1:
            time.sleep(PATIENCE_S)  # it is killed before
        most = len(under_way)
        under_way.remove(item)
        return item, attempt, most

    return work


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def open_sleeper(_: object) -> Callable[[int], int]:
    def work(item: int) -> int:
        time.sleep(0.2)
        return item

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


NODE = "TEST_NODE"
"""Names the node in the environment of its workers."""
HOLD, HELD, GO = "hold", "held", "go"
"""Files: who finds the first makes the second of it, saying which node and item it is, and lasts
until there is the third."""


def open_on_node(folder: Path) -> Callable[[int], tuple[str, int]]:
    """Gives the node, and the item; a node whose name begins with ``bad`` lacks something."""
    node = os.environ[NODE]
    if node.startswith("bad"):
        raise GalleryNotFound(f"there is no gallery on {node}.")

    def work(item: int) -> tuple[str, int]:
        with suppress(FileNotFoundError):
            (folder / HOLD).rename(folder / HELD)
            (folder / HELD).write_text(f"{node} {item}")
            _wait_for((folder / GO).exists)
        time.sleep(0.05)
        return node, item

    return work


def open_orphan(log: Path) -> Callable[[int], int]:
    """Item 0 kills whoever supervises its process."""

    def work(item: int) -> int:
        if item == 0:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(PATIENCE_S)  # it ends before
        return item

    return work


def open_away(folder: Path) -> Callable[[int], int]:
    """Of a bucket that answers nobody, until it has been asked twice."""

    def work(item: int) -> int:
        asked = folder / f"{len(list(folder.iterdir()))}-{item}"
        if len(list(folder.iterdir())) < 2:
            asked.touch()
            raise StoreAway("the bucket does not answer")
        return 2 * item

    return work
