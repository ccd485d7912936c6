from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from lfr_batch.work.lending import for_all, for_each
from tests.patience import PATIENCE_S


def test_each_of_those_who_have_one_at_once_has_its_own_and_none_is_made_too_many() -> None:
    numbers, meeting = count(1), Barrier(3)
    lend = for_each(0, lambda: next(numbers))

    def borrow(_: int) -> int:
        with lend() as number:
            meeting.wait(PATIENCE_S)
            return number

    with ThreadPoolExecutor(3) as threads:
        for _ in range(5):
            assert sorted(threads.map(borrow, range(3))) == [0, 1, 2]


def test_it_is_taken_back_from_whoever_fails() -> None:
    lend = for_each("only", lambda: "another")
    for _ in range(3):
        with pytest.raises(ValueError, match="only"), lend() as thing:
            int(thing)
    with lend() as thing:
        assert thing == "only"


def test_all_may_have_the_same_at_once() -> None:
    lend = for_all("it")
    with lend() as mine, lend() as yours:
        assert mine is yours
