"""Work that does not come back: importable, because workers are other processes."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import GalleryNotFound, StoreAway, StoreFull
from lfr_batch.work.limits import UNLIMITED, Limits
from tests.patience import PATIENCE_S

logger = logging.getLogger(__name__)

FOR_EVER_S = 600.0


@dataclass(frozen=True, slots=True)
class Tight:
    """A spec with limits."""

    limits: Limits
    log: Path | None = None

    def media_s(self, _: object) -> float:
        return 0.0


LOOSE = Tight(UNLIMITED)


def open_hostile(spec: Tight) -> Callable[[str], str]:
    """Its items say what becomes of them; of others it says in which process it was."""

    def work(item: str) -> str:
        if spec.log:
            with spec.log.open("a") as file:
                file.write(f"{item}\n")
        _FATES.get(item, _nothing)()
        return str(os.getpid())

    return work


_company = threading.Barrier(2)
_left: list[bytes] = []


def _nothing() -> None: ...


def _die() -> None:
    signal.raise_signal(signal.SIGSEGV)


def _hang() -> None:
    time.sleep(FOR_EVER_S)


def _burn() -> None:
    until_s = time.monotonic() + FOR_EVER_S
    while time.monotonic() < until_s:
        pass


def _eat() -> None:
    eaten = []
    for _ in range(400):
        eaten.append(b"x" * (10 << 20))


def _leave() -> None:
    _left.append(b"x" * (70 << 20))


def _meet() -> None:
    _company.wait(PATIENCE_S)
    _hang()


def _meet_and_die() -> None:
    _company.wait(PATIENCE_S)
    _die()


def _say() -> None:
    logger.warning("said by the child")


def _find_the_store_away() -> None:
    raise StoreAway("the store does not answer")


def _find_the_disk_full() -> None:
    raise StoreFull("the disk is full")


def _stumble() -> None:
    raise KeyError("x")


_FATES: Mapping[str, Callable[[], None]] = {
    "die": _die,
    "hang": _hang,
    "burn": _burn,
    "eat": _eat,
    "leave": _leave,
    "meet": _meet,
    "meet and die": _meet_and_die,
    "say": _say,
    "away": _find_the_store_away,
    "full": _find_the_disk_full,
    "stumble": _stumble,
}


def open_nothing(_: object) -> Callable[[str], str]:
    raise GalleryNotFound("there is no such gallery")


def open_large(spec: Tight) -> Callable[[str], str]:
    """Takes half a second over it, so that it is seen."""
    _left.append(b"x" * (150 << 20))
    time.sleep(0.5)
    return open_hostile(spec)


def open_once(spec: Tight) -> Callable[[str], str]:
    """The second time there is nothing."""
    if not spec.log or spec.log.exists():
        return open_nothing(spec)
    spec.log.touch()
    return open_hostile(spec)


def open_and_die(_: object) -> Callable[[str], str]:
    os.kill(os.getpid(), signal.SIGABRT)
    raise AssertionError
