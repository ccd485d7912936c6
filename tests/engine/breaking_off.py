"""A process that breaks work on Ray off while workers are busy: the test reads what it says."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import open_engine
from lfr_batch.errors import LfrError, StoreFull
from tests.engine.work import open_sleeper

ITEMS, TOGETHER = 200, 4
Way = Callable[[], None]


def full() -> None:
    raise StoreFull("no room")


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def nothing() -> None:
    pass


WAYS: dict[str, tuple[Way, Way]] = {
    "full": (full, nothing),
    "interrupted twice": (interrupt, interrupt),
}
"""What happens when the first result is there, and what while the workers are being ended."""


def main(first: Way, then: Way) -> None:
    ended: list[str] = []
    tell_when_workers_are_ended(then, ended)
    try:
        with open_engine(EngineConfig(segments_per_worker=TOGETHER)) as run:
            for _ in run(open_sleeper, None, range(ITEMS), TOGETHER):
                first()
    except (LfrError, KeyboardInterrupt) as error:
        print(*ended, type(error).__name__)
    print("connects again" if connects_again() else "stays away")


def tell_when_workers_are_ended(then: Way, ended: list[str]) -> None:
    import ray

    kill = ray.kill

    def end(actor: Any) -> None:
        ended.append("ended")
        then()
        kill(actor)

    setattr(ray, "kill", end)  # noqa: B010 - mypy refuses the assignment


def connects_again() -> bool:
    import ray

    try:
        ray.nodes()  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 - whichever it is
        return ray.is_initialized()
    return True


if __name__ == "__main__":
    main(*WAYS[sys.argv[1]])
