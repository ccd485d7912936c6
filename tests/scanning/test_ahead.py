"""Items made in another thread: the same ones, no more than may wait, and no thread left behind."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing

import pytest

from lfr_batch.scanning.ahead import ahead


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


@pytest.mark.parametrize("most", [1, 3, 100])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_same_items_in_order(count: int, most: int) -> None:
    assert list(ahead(iter(range(count)), most)) == list(range(count))
    assert not threads()


def test_they_are_made_in_another_thread() -> None:
    makers = set(ahead((threading.get_ident() for _ in range(3)), 1))
    assert makers - {threading.get_ident()} == makers != set()


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_are_made_than_may_wait(most: int) -> None:
    made: list[int] = []
    blocked = threading.Event()

    def making() -> Iterator[int]:
        for number in range(50):
            if number == most + 2:  # one is held, some wait, one is at hand: this is one too many
                blocked.set()
            made.append(number)
            yield number

    with closing(ahead(making(), most)) as items:
        assert next(items) == 0
        assert not blocked.wait(0.3)
        assert len(made) <= most + 2
    assert not threads()


def test_what_making_raises_is_raised_after_what_came_before() -> None:
    def making() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    items = ahead(making(), 3)
    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
    assert not threads()


def test_who_leaves_early_may_close_what_was_made_from() -> None:
    closed: list[bool] = []

    def making() -> Generator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    source = making()
    with closing(ahead(source, 2)) as items:
        assert next(items) == 0
    assert not threads()
    source.close()
    assert closed == [True]
