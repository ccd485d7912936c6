from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lfr_batch.errors import RunBusy
from lfr_batch.results.lock import is_locked, lock_run
from lfr_batch.results.store import Store

HOLDER = """
import sys
from lfr_batch.results.lock import lock_run
from lfr_batch.results.store import open_store
with lock_run(open_store(sys.argv[1]), "R"):
    print("held", flush=True)
    sys.stdin.read()
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


def test_a_run_is_free_before_and_after(store: Store) -> None:
    assert not is_locked(store, "R")
    for _ in range(2):
        with lock_run(store, "R"):
            assert is_locked(store, "R")
            with lock_run(store, "another"):
                pass
        assert not is_locked(store, "R")


def test_of_two_processes_one_is_told_who_has_it(store: Store, root: str) -> None:
    with another_process(root) as holder:
        assert is_locked(store, "R")
        with (
            pytest.raises(RunBusy, match=f"process {holder.pid} on .*`lfr resume R`"),
            lock_run(store, "R"),
        ):
            pass
        assert is_locked(store, "R")


def test_a_killed_holder_holds_nothing(disk: Store) -> None:
    with another_process(disk.uri) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert not is_locked(disk, "R")
        with lock_run(disk, "R"):
            assert is_locked(disk, "R")


def test_an_error_of_the_holder_stays_what_it_is(store: Store) -> None:
    with pytest.raises(OSError, match="mine"), lock_run(store, "R"):
        raise OSError("mine")
    assert not is_locked(store, "R")
