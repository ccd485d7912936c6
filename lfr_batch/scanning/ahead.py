"""Items made ahead of time, in a thread of their own: frames are decoded while others are seen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import NoReturn, TypeVar

T = TypeVar("T")


class _Ended(Exception):
    """There are no more items."""


def ahead(items: Iterable[T], most: int) -> Generator[T]:
    """The same items, of which at most ``most`` wait. What making them raises is raised here.

    ``items`` is the other thread's alone until the generator that this returns ends or is closed.
    """
    made: SimpleQueue[Callable[[], T]] = SimpleQueue()
    room, leaving = Semaphore(most), Event()
    thread = Thread(target=_make, args=(items, made, room, leaving), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            room.release()
            yield made.get()()
    except _Ended:
        return
    finally:
        leaving.set()
        room.release()
        thread.join()
        while not made.empty():  # pictures are let go at once, not when garbage is collected
            made.get()


def _make(
    items: Iterable[T], made: SimpleQueue[Callable[[], T]], room: Semaphore, leaving: Event
) -> None:
    try:
        for item in items:
            room.acquire()
            if leaving.is_set():
                return
            made.put(partial(_given, item))
        made.put(partial(_raise, _Ended()))
    except BaseException as error:  # noqa: BLE001 - it is the other thread's to deal with
        made.put(partial(_raise, error))


def _given(item: T) -> T:
    return item


def _raise(error: BaseException) -> NoReturn:
    try:
        raise error
    finally:
        del error  # which knows this call, which knows it
