"""A run that is worked on elsewhere, followed to its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lfr_batch.cli.following import LINE_EVERY_S, STALL_S, Heard, follow, news
from lfr_batch.results.lock import lock_run
from lfr_batch.results.notices import noticed, read_notices, write_notices
from lfr_batch.results.run_log import RunEntry, record_run
from lfr_batch.results.run_state import create_run
from lfr_batch.results.status import RunOverview, run_progress
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.noting import NotingProgress
from lfr_batch.scanning.progress import UNHEARD
from tests.results.synthetic import RUN_ID, archive, request

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    made = archive()
    found = StoredRun(open_store(tmp_path), RUN_ID)
    create_run(found.store, request(), made.assets, made.segments)
    return found


def test_it_is_followed_until_it_is_over_and_what_was_told_is_said_once(run: StoredRun) -> None:
    said, asleep_s = list[str](), list[float]()
    with lock_run(run) as hold:
        record_run(hold, request(), RunEntry("running"))
        progress = NotingProgress(UNHEARD, hold)

        def sleep(duration_s: float) -> None:
            asleep_s.append(duration_s)
            if len(asleep_s) == 1:
                progress.tell("a bucket does not answer")
            elif len(asleep_s) == 3:
                record_run(hold, request(), RunEntry("failed", error="no room"))

        found = follow(run, said.append, lambda: sum(asleep_s), sleep)
    assert (found.status, found.error) == ("failed", "no room")
    assert len(asleep_s) == 3
    assert [line.partition("UTC: ")[2] for line in said if "UTC" in line] == [
        "a bucket does not answer"
    ]
    assert said[0].startswith("0/")


def test_a_run_that_nobody_works_on_is_not_waited_for(run: StoredRun) -> None:
    def never(_: float) -> None:
        pytest.fail("it waits")

    assert follow(run, lambda _: None, sleep=never).status == "interrupted"


def overview(run: StoredRun, done: int) -> RunOverview:
    found = run_progress(run)
    return replace(found, progress=replace(found.progress, done=done))


def test_a_stall_is_said_once_within_two_minutes_and_again_after_it_went_on(
    run: StoredRun,
) -> None:
    heard, stalls = Heard(), list[float]()
    for now_s in range(0, 400, 5):
        done = 3 if now_s < 200 else 4
        lines, heard = news(overview(run, done), heard, float(now_s))
        stalls += [now_s for line in lines if line.startswith("No segment has ended for")]
    assert len(stalls) == 2
    assert STALL_S <= stalls[0] <= 120
    assert STALL_S <= stalls[1] - 200 <= 120


def test_lines_come_now_and_then(run: StoredRun) -> None:
    heard, said_s = Heard(), list[int]()
    for now_s in range(0, 90, 5):
        lines, heard = news(overview(run, now_s), heard, float(now_s))
        said_s += [now_s for _ in lines]
    assert said_s == [0, 30, 60]
    assert LINE_EVERY_S == 30.0


def test_notices_are_the_newest_holders(run: StoredRun) -> None:
    with lock_run(run) as first:
        write_notices(first, noticed((), "the first holder waits", NOON))
    with lock_run(run) as second:
        assert read_notices(run) == ()
        told = noticed(noticed((), "it waits", NOON), "it waits", NOON)
        write_notices(second, told)
    assert [(notice.at, notice.sentence) for notice in read_notices(run)] == [(NOON, "it waits")]
