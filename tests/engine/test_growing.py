"""A cluster that grows by itself is asked for room while there is work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

import pytest

from tests.conftest import REPOSITORY


@pytest.mark.long
def test_nodes_are_asked_for_until_there_is_room_for_what_there_is_to_do() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as base, tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "RAY_TMPDIR": base, "RAY_AUTH_MODE": "disabled"}
        environment["RAY_raylet_start_wait_time_s"] = "300"
        environment.pop("RAY_ADDRESS", None)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.engine.growing", base, folder],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env=environment,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout.splitlines()[-1])
    # Where this machine has an address beside its loopback, Ray listens there.
    told = [each for each in heard["told"] if "is heard by other machines" not in each]
    warned, first, *joined = told
    assert "asks for no token" in warned
    assert first == "No node of the cluster has room for a worker: it is asked for more."
    assert len([each for each in joined if "has joined, with room for 1 worker" in each]) == 2
    assert heard["done"] > 0
