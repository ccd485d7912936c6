"""What is dear to open is opened once, and the least used is let go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from lfr_batch.models.kept import Kept
from tests.patience import PATIENCE_S


def test_the_least_used_is_let_go() -> None:
    opened: list[int] = []

    def open_one(key: int) -> str:
        opened.append(key)
        return f"{key}"

    kept = Kept(open_one, 2)
    assert [kept(key) for key in (1, 2, 1, 3, 1, 2)] == ["1", "2", "1", "3", "1", "2"]
    assert opened == [1, 2, 3, 2]
    kept.forget()
    assert kept(1) == "1"
    assert opened == [1, 2, 3, 2, 1]


def test_one_that_is_being_opened_keeps_only_those_waiting_who_want_it() -> None:
    may_open, opening = Event(), Event()
    opened: list[str] = []

    def open_one(key: str) -> str:
        opened.append(key)
        if key == "slow":
            opening.set()
            assert may_open.wait(PATIENCE_S)
        return key

    kept = Kept(open_one, 4)
    with ThreadPoolExecutor(2) as threads:
        slow = [threads.submit(kept, "slow") for _ in range(2)]
        assert opening.wait(PATIENCE_S)
        assert kept("quick") == "quick"
        may_open.set()
        assert [each.result(PATIENCE_S) for each in slow] == ["slow", "slow"]
    assert opened == ["slow", "quick"]


def test_what_could_not_be_opened_is_tried_again() -> None:
    works = iter((False, True))

    def open_one(key: int) -> int:
        if not next(works):
            raise MemoryError("no room")
        return key

    kept = Kept(open_one, 1)
    with pytest.raises(MemoryError):
        kept(7)
    assert kept(7) == 7
