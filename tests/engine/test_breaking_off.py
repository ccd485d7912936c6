"""Work that is broken off: nothing of Ray's goes on, comes back or speaks up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lfr_batch.engine.session_folder import VARIABLE
from lfr_batch.engine.uninterrupted import uninterrupted
from tests.conftest import REPOSITORY

ENDED_BY = {"full": "StoreFull", "interrupted twice": "KeyboardInterrupt"}


@pytest.mark.parametrize("way", [pytest.param("full", marks=pytest.mark.long), "interrupted twice"])
def test_ray_is_shut_down_when_its_workers_have_ended(way: str) -> None:
    command = [sys.executable, "-m", "tests.engine.breaking_off", way]
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        environment = {**os.environ, VARIABLE: base}
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=REPOSITORY, env=environment, check=False
        )
        assert list(Path(base).iterdir()) == [], "what Ray had started there has ended"
    words, connects = done.stdout.splitlines()
    *ended, error = words.split()
    assert (set(ended), error) == ({"ended"}, ENDED_BY[way]), "workers before the error is told"
    assert connects == "stays away"
    assert (done.stderr, done.returncode) == ("", 0)


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
