"""A process that breaks work on Ray off while Ray Data is busy: the test reads what it says."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import open_engine
from lfr_batch.errors import LfrError, StoreFull
from tests.engine.work import open_sleeper

ITEMS, TOGETHER = 200, 4


LONGER_THAN_RAY_DATA_WAITS_S = 3.0
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
"""What happens when the first result is there, and what while that is being ended."""


def main(first: Way, then: Way) -> None:
    answers: list[str] = []
    try:
        with open_engine(EngineConfig(segments_per_worker=TOGETHER)) as run:
            keep_ray_data_busy(then, answers)
            for _ in run(open_sleeper, None, range(ITEMS), TOGETHER):
                first()
    except (LfrError, KeyboardInterrupt) as error:
        print(type(error).__name__)
    print(*answers)
    print("connects again" if connects_again() else "stays away")


def keep_ray_data_busy(then: Way, answers: list[str]) -> None:
    """The thread that drives a dataset goes on when it is to end, and when Ray has left it, as on
    a machine that has much to do; then it asks Ray for something."""
    import ray
    from ray.data._internal.execution.streaming_executor import StreamingExecutor

    executor: Any = StreamingExecutor
    drive = executor.run

    def drive_on(self: Any) -> None:
        drive(self)
        then()
        time.sleep(LONGER_THAN_RAY_DATA_WAITS_S)
        try:
            ray.nodes()  # type: ignore[no-untyped-call]
            answers.append("answered")
        except Exception as error:  # noqa: BLE001 - it is told
            answers.append(type(error).__name__)

    executor.run = drive_on


def connects_again() -> bool:
    import ray

    try:
        ray.nodes()  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 - whichever it is
        return ray.is_initialized()
    return True


if __name__ == "__main__":
    main(*WAYS[sys.argv[1]])
