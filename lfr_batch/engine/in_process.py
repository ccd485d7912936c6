"""Work done in this process, one item after another or some at once in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from lfr_batch.config.schema import EngineConfig
from lfr_batch.work.attempts import Runner

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def in_process(_config: EngineConfig) -> Iterator[Runner]:
    yield run


def run(
    open_worker: Callable[[Spec], Callable[[Item], Result]],
    spec: Spec,
    items: Iterable[Item],
    together: int = 1,
) -> Iterator[Result]:
    """``Runner`` without other processes; what kills a worker kills this one."""
    process = open_worker(spec)
    if together == 1:
        yield from map(process, items)
    else:
        yield from _as_they_come(process, items, together)


def _as_they_come(
    process: Callable[[Item], Result], items: Iterable[Item], together: int
) -> Iterator[Result]:
    """What is done when an item raises comes first, also what is under way then."""
    waiting = iter(items)
    with ThreadPoolExecutor(together, thread_name_prefix="segment") as threads:
        busy = {threads.submit(process, item) for item in islice(waiting, together)}
        failed: Future[Result] | None = None
        while busy:
            done, busy = wait(busy, return_when=FIRST_COMPLETED)
            failed = failed or next((each for each in done if each.exception()), None)
            if failed is None:  # before anybody looks at what is done
                busy |= {threads.submit(process, item) for item in islice(waiting, len(done))}
            yield from (each.result() for each in done if not each.exception())
    if failed is not None:
        failed.result()
