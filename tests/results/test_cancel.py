from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lfr_batch.results.cancel import ask_to_end, asked_to_end, now_and_then
from lfr_batch.results.lock import lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.results.synthetic import RUN_ID

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    return StoredRun(open_store(tmp_path), RUN_ID)


def test_the_holder_of_the_moment_is_asked_and_nobody_after_it(run: StoredRun) -> None:
    with lock_run(run) as hold:
        assert asked_to_end(hold) is None
        ask_to_end(run, "ae", NOON)
        asked = asked_to_end(hold)
        assert asked is not None
        assert (asked.operator, asked.at) == ("ae", NOON)
    with lock_run(run) as later:
        assert asked_to_end(later) is None


def test_what_is_no_cancellation_cancels_nothing(run: StoredRun) -> None:
    with lock_run(run) as hold:
        run.store.write_atomic(run.state("cancelled", f"{hold.epoch}.json"), b"{}")
        assert asked_to_end(hold) is None


def test_it_is_looked_at_now_and_then_and_not_after_it_was_seen() -> None:
    now_s, looks, there = 0.0, 0, False

    def look() -> bool:
        nonlocal looks
        looks += 1
        return there

    stopping = now_and_then(look, 5.0, lambda: now_s)
    assert (stopping(), looks) == (False, 0)
    now_s = 5.0
    assert (stopping(), stopping(), looks) == (False, False, 1)
    there, now_s = True, 9.0
    assert (stopping(), looks) == (False, 1)
    now_s = 10.0
    assert (stopping(), looks) == (True, 2)
    there, now_s = False, 100.0
    assert (stopping(), looks) == (True, 2)
