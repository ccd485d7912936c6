"""Six readers of a lake in a bucket ask while it is changed: before each object that is written,
moved or deleted one of them begins, and the change goes on while it reads."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import groupby
from threading import BoundedSemaphore

import pytest

from lfr_batch.errors import StoreAway
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from tests.s3_steps import before_each_step

from .publishing import published
from .synthetic import RUN_ID
from .test_readers import ASKED, CHANGES, OTHER, Answer, answer

READERS = 6
AT_ONCE = 3
"""So many ask at the same time."""
TRIES = 4


class Readers:
    """Every other one has the lake open from the beginning, the others open it each time."""

    def __init__(self, root: str, opened: ExitStack) -> None:
        self.answers: list[list[Answer]] = [[] for _ in range(READERS)]
        lakes = [opened.enter_context(closing(open_lake(root))) for _ in range(0, READERS, 2)]
        self._root, self._lakes = root, lakes
        self._pool = opened.enter_context(ThreadPoolExecutor(AT_ONCE))
        self._free, self._asked = BoundedSemaphore(AT_ONCE), list[Future[None]]()

    def one_begins(self, *_: object) -> None:
        """Each in its turn; who had the last turn but five has its answer by then."""
        self._free.acquire()
        begun = self._pool.submit(self._ask, len(self._asked) % READERS)
        begun.add_done_callback(lambda _: self._free.release())
        self._asked.append(begun)

    def all_ask(self) -> None:
        for _ in range(READERS):
            self.one_begins()
        for each in self._asked:
            each.result()

    def _ask(self, number: int) -> None:
        """A server that is busy, or takes an object away while it is being read, breaks off its
        answer: who is told to try again does."""
        for tries_left in reversed(range(TRIES)):
            try:
                found = (
                    answer(self._root)
                    if number % 2
                    else tuple(run_query(self._lakes[number // 2], ASKED).to_pylist()[0].values())
                )
            except StoreAway as error:
                if not tries_left or not str(error).endswith("does not answer; try again"):
                    raise
            else:
                self.answers[number].append(found)
                return


@pytest.mark.long
@pytest.mark.parametrize(
    ("root", "change"),
    [
        *(("bucket", change) for change in CHANGES if change != "runs are compacted"),
        ("rclone_bucket", "runs are compacted"),
    ],
    indirect=["root"],
)
def test_they_have_what_was_before_and_then_what_is_after(root: str, change: str) -> None:
    store = open_store(root)
    for run_id in (RUN_ID, OTHER):
        published(store, run_id)
    before = answer(root)
    with ExitStack() as opened:
        readers = Readers(root, opened)
        readers.all_ask()
        with before_each_step(readers.one_begins):
            CHANGES[change](store)
        readers.all_ask()
    after = answer(root)
    assert (before == after) == (change == "runs are compacted")
    assert sum(map(len, readers.answers)) > 4 * READERS
    for number, answers in enumerate(readers.answers):
        different = [each for each, _ in groupby(answers)]
        if number % 2:
            assert different == list(dict.fromkeys([before, after]))
        else:  # what was before, until a file of it is gone
            assert different in ([before], [before, after])
