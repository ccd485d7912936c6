"""Work done in this process, one item after another or some at once in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import sleep
from typing import TypeVar

from lfr_batch.errors import StoreAway
from lfr_batch.work.lost import Lost, NotNow

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")
Answer = TypeVar("Answer")

NOT_NOW_S = 1.0


def run_here(
    open_worker: Callable[[Spec], Callable[[Item], Result]],
    spec: Spec,
    items: Iterable[Item | NotNow],
    together: int = 1,
) -> Iterator[Result | Lost[Item]]:
    """``Runner`` without other processes; what kills a worker kills this one."""
    process = open_worker(spec)
    if together == 1:
        yield from (_answer(process, item) for item in _when_due(items))
        return
    with ThreadPoolExecutor(together, thread_name_prefix="segment") as threads:

        def submit(item: Item) -> Future[Result | Lost[Item]]:
            return threads.submit(_answer, process, item)

        yield from as_they_come(submit, items, together)


def as_they_come(
    submit: Callable[[Item], Future[Answer]],
    items: Iterable[Item | NotNow],
    together: int,
) -> Iterator[Answer]:
    """What becomes of every item, ``together`` of them under way.

    What is done when an item raises comes first, also what is under way then.
    """
    waiting = iter(items)
    busy: set[Future[Answer]] = set()
    failed: Future[Answer] | None = None
    later = True
    while busy or later:
        done: set[Future[Answer]] = set()
        if busy:
            done, busy = wait(busy, NOT_NOW_S if later else None, FIRST_COMPLETED)
        failed = failed or next((each for each in done if each.exception()), None)
        begun, later = ([], False) if failed else _begun(submit, waiting, together - len(busy))
        busy |= set(begun)  # before anybody looks at what is done
        yield from (each.result() for each in done if not each.exception())
        if later and not busy and not done:
            sleep(NOT_NOW_S)
    if failed is not None:
        failed.result()


def _begun(
    submit: Callable[[Item], Future[Answer]],
    waiting: Iterator[Item | NotNow],
    most: int,
) -> tuple[list[Future[Answer]], bool]:
    """As many as are due, and whether there are more that are not."""
    begun: list[Future[Answer]] = []
    while len(begun) < most:
        item = next(waiting, None)
        if item is None or isinstance(item, NotNow):
            return begun, item is not None
        begun.append(submit(item))
    return begun, False


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
