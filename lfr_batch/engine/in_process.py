"""Work done in this process, one item after another or some at once in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from time import sleep
from typing import TypeVar

from lfr_batch.config.schema import EngineConfig
from lfr_batch.errors import StoreAway
from lfr_batch.work.attempts import Runner, Tell, unheard
from lfr_batch.work.lost import Lost, NotNow

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")

NOT_NOW_S = 1.0


@contextmanager
def in_process(_config: EngineConfig, _tell: Tell = unheard) -> Iterator[Runner]:
    yield run


def run(
    open_worker: Callable[[Spec], Callable[[Item], Result]],
    spec: Spec,
    items: Iterable[Item | NotNow],
    together: int = 1,
) -> Iterator[Result | Lost[Item]]:
    """``Runner`` without other processes; what kills a worker kills this one."""
    process = open_worker(spec)
    if together == 1:
        yield from (_answer(process, item) for item in _when_due(items))
    else:
        yield from _as_they_come(process, _when_due(items), together)


def _when_due(items: Iterable[Item | NotNow]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, NotNow):
            sleep(NOT_NOW_S)
        else:
            yield item


def _answer(process: Callable[[Item], Result], item: Item) -> Result | Lost[Item]:
    try:
        return process(item)
    except StoreAway as error:
        return Lost(item, "store", str(error))


def _as_they_come(
    process: Callable[[Item], Result], items: Iterator[Item], together: int
) -> Iterator[Result | Lost[Item]]:
    """What is done when an item raises comes first, also what is under way then."""
    with ThreadPoolExecutor(together, thread_name_prefix="segment") as threads:
        busy = _begun(threads, process, items, together)
        failed: Future[Result | Lost[Item]] | None = None
        while busy:
            done, busy = wait(busy, return_when=FIRST_COMPLETED)
            failed = failed or next((each for each in done if each.exception()), None)
            if failed is None:  # before anybody looks at what is done
                busy |= _begun(threads, process, items, len(done))
            yield from (each.result() for each in done if not each.exception())
    if failed is not None:
        failed.result()


def _begun(
    threads: ThreadPoolExecutor,
    process: Callable[[Item], Result],
    items: Iterator[Item],
    most: int,
) -> set[Future[Result | Lost[Item]]]:
    return {threads.submit(_answer, process, item) for item in islice(items, most)}
