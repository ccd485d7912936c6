from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from lfr_batch.errors import RunBusy, RunTakenOver
from lfr_batch.results.hold import Hold, claim_path, next_number, require_hold, take
from lfr_batch.results.lock import is_locked, lock_run
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store
from tests.patience import PATIENCE_S

from .roots import on_both
from .standing_still import Stillness, standing_still

HOLDER = """
import sys
from lfr_batch.results.lock import lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
with lock_run(StoredRun(open_store(sys.argv[1]), "R")):
    print("held", flush=True)
    sys.stdin.read()
"""

WITH_A_WRONG_CLOCK = """
import sys, time
right = time.time
from lfr_batch.errors import RunBusy
from lfr_batch.results.lock import is_locked, lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
run = StoredRun(open_store(sys.argv[1]), "R")
for ahead_s in (-120, 120):
    time.time = lambda: right() + ahead_s
    print("seen" if is_locked(run) else "free")
    try:
        with lock_run(run):
            print("taken")
    except RunBusy:
        print("busy")
"""


@contextmanager
def another_process(root: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@on_both
def test_a_run_is_free_before_and_after(store: Store) -> None:
    assert not is_locked(StoredRun(store, "R"))
    for _ in range(2):
        with lock_run(StoredRun(store, "R")):
            assert is_locked(StoredRun(store, "R"))
            with lock_run(StoredRun(store, "another")):
                pass
        assert not is_locked(StoredRun(store, "R"))


@on_both
def test_of_two_processes_one_is_told_who_has_it(store: Store, root: str) -> None:
    with another_process(root) as holder:
        assert is_locked(StoredRun(store, "R"))
        with (
            pytest.raises(RunBusy, match=f"process {holder.pid} on .*`lfr resume R`"),
            lock_run(StoredRun(store, "R")),
        ):
            pass
        assert is_locked(StoredRun(store, "R"))


def test_a_killed_holder_holds_nothing(disk: Store) -> None:
    with another_process(disk.uri) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert not is_locked(StoredRun(disk, "R"))
        with lock_run(StoredRun(disk, "R")):
            assert is_locked(StoredRun(disk, "R"))


@on_both
def test_an_error_of_the_holder_stays_what_it_is(store: Store) -> None:
    with pytest.raises(OSError, match="mine"), lock_run(StoredRun(store, "R")):
        raise OSError("mine")
    assert not is_locked(StoredRun(store, "R"))


EVERYWHERE = pytest.mark.parametrize("root", ["disk", "bucket", "rclone_bucket"], indirect=True)
BUCKETS = pytest.mark.parametrize("root", ["bucket", "rclone_bucket"], indirect=True)


@BUCKETS
def test_a_killed_holder_holds_a_bucket_until_its_lease_runs_out(store: Store, root: str) -> None:
    with another_process(root) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert is_locked(StoredRun(store, "R"))
        with pytest.raises(RunBusy), lock_run(StoredRun(store, "R")):
            pass
        with lock_run(StoredRun(store, "R"), lease_s=0.0) as hold:
            assert hold.epoch.startswith("000002-")


@BUCKETS
def test_a_clock_that_is_wrong_takes_no_live_lease(store: Store, root: str) -> None:
    """Behind or ahead."""
    with lock_run(StoredRun(store, "R")) as hold:
        command = [sys.executable, "-c", WITH_A_WRONG_CLOCK, root]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout == "seen\nbusy\n" * 2
        require_hold(hold)


@BUCKETS
def test_a_lease_is_as_old_as_the_store_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it wrote just now, so that the clock of a gateway before it does not matter."""
    with lock_run(StoredRun(store, "R")):
        answered = S3Store.list_times

        def later(self: S3Store, prefix: str) -> dict[str, datetime]:
            times = answered(self, prefix)
            newest = max(times)  # of both, the gate's name comes last
            return {**times, newest: times[newest] + timedelta(seconds=aged_s)}

        monkeypatch.setattr(S3Store, "list_times", later)
        aged_s = 55.0
        with pytest.raises(RunBusy), lock_run(StoredRun(store, "R")):
            pass
        aged_s = 65.0
        with lock_run(StoredRun(store, "R")) as hold:
            assert hold.epoch.startswith("000002-")


@BUCKETS
def test_nobody_renews_or_ends_the_lease_of_another(store: Store) -> None:
    with lock_run(StoredRun(store, "R")) as first:
        with lock_run(StoredRun(store, "R"), lease_s=0.0) as second:
            theirs = store.read(claim_path("R", second.epoch))
        assert store.read(claim_path("R", second.epoch)) != theirs, "it has ended its own"
        ended = store.read(claim_path("R", second.epoch))
    assert store.read(claim_path("R", second.epoch)) == ended
    assert first.epoch < second.epoch
    assert not is_locked(StoredRun(store, "R"))


@EVERYWHERE
def test_of_two_that_claim_in_the_same_instant_one_has_the_run(store: Store, root: str) -> None:
    """Neither knows of the other before both have written."""
    both = Barrier(2)

    def wait_before_looking(number: int, name: str, path: str) -> bool:
        if name == "list":
            both.wait(PATIENCE_S)
        return False

    def at_once() -> Hold:
        return take(StoredRun(standing_still(store, Stillness(wait_before_looking)), "R"), 1)

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(at_once) for _ in range(2)]
        errors = [each.exception() for each in found]
    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "RunBusy"]


@EVERYWHERE
def test_of_two_holders_the_later_has_the_run_and_the_earlier_is_told_by_whom(store: Store) -> None:
    first, second = take(StoredRun(store, "R"), 1), take(StoredRun(store, "R"), 2)
    require_hold(second)
    said = rf"run R was taken over by process {os.getpid()} on .* only the other's results count"
    with pytest.raises(RunTakenOver, match=said):
        require_hold(first)


@pytest.mark.parametrize(
    ("root", "warnings"), [("bucket", 0), ("rclone_bucket", 1)], indirect=["root"]
)
def test_a_store_that_ignores_conditions_is_told_of_once(
    store: Store, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), lock_run(StoredRun(store, "R")):
        pass
    told = [r for r in caplog.records if "ignores conditional writes" in r.getMessage()]
    assert len(told) == warnings


@pytest.mark.parametrize("root", ["bucket"], indirect=True)
def test_where_conditions_count_the_second_at_the_gate_is_refused(store: Store) -> None:
    store.write_atomic("_state/run_id=R/epochs/000001.gate", b"another's")
    assert next_number(StoredRun(store, "R")) == 2, (
        "a gate is used once, also by one who died there"
    )
    assert isinstance(store, S3Store)
    assert not store.write_new("_state/run_id=R/epochs/000001.gate", b"ours")
    assert store.read("_state/run_id=R/epochs/000001.gate") == b"another's"


@pytest.mark.parametrize("root", ["bucket"], indirect=True)
def test_a_lease_of_version_0_1_is_seen(store: Store) -> None:
    store.write_atomic("_state/run_id=R/LOCK", b'{"host": "h", "pid": 1, "until": 0}')
    assert is_locked(StoredRun(store, "R"))
