"""Work that is broken off: nothing of Ray's goes on, comes back or speaks up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from lfr_batch.engine.driver_threads import wait_for_threads
from lfr_batch.engine.session_folder import VARIABLE
from lfr_batch.engine.uninterrupted import uninterrupted
from tests.conftest import REPOSITORY

ENDED_BY = {"full": "StoreFull", "interrupted twice": "KeyboardInterrupt"}


@pytest.mark.parametrize("way", [pytest.param("full", marks=pytest.mark.long), "interrupted twice"])
def test_ray_is_shut_down_when_its_threads_have_ended(way: str) -> None:
    """They were still asking Ray for something, which started another cluster."""
    command = [sys.executable, "-m", "tests.engine.breaking_off", way]
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        environment = {**os.environ, VARIABLE: base}
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=REPOSITORY, env=environment, check=False
        )
        assert list(Path(base).iterdir()) == [], "what Ray had started there has ended"
    assert done.stdout.splitlines() == [ENDED_BY[way], "answered", "stays away"]
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_thread_that_is_stuck_is_left_behind() -> None:
    end = threading.Event()
    stuck = threading.Thread(target=end.wait, name="StreamingExecutor-dataset_0", daemon=True)
    stuck.start()
    wait_for_threads(most_s=0.01)
    assert stuck.is_alive()
    end.set()
    wait_for_threads(most_s=60.0)
    assert not stuck.is_alive()


def test_an_interruption_waits_for_the_end() -> None:
    happened: list[str] = []

    def end() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            happened.append("ended")

    with pytest.raises(KeyboardInterrupt):
        end()
    assert happened == ["ended"]
    with pytest.raises(KeyboardInterrupt):  # as before
        signal.raise_signal(signal.SIGINT)
