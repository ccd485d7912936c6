"""Nodes that join, leave, are killed or lack something, while work goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.patience import PATIENCE_S

Told = dict[str, Any]


def played(*scenes: str) -> list[Told]:
    """What the process says of each; they have one cluster."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.engine.on_a_cluster"]
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as base,
        tempfile.TemporaryDirectory() as folder,
    ):
        environment = {**os.environ, "RAY_TMPDIR": base, "RAY_BACKEND_LOG_LEVEL": "fatal"}
        environment["RAY_raylet_start_wait_time_s"] = str(round(PATIENCE_S))
        environment.pop("RAY_ADDRESS", None)
        done = subprocess.run(
            [*command, folder, *scenes],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env=environment,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "(raylet)" not in done.stderr, "what Ray tells of deaths is not for operators"
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(found) == len(scenes)
    for told in found:
        assert_answered(told)
    return found


def assert_answered(told: Told) -> None:
    answered = [item for _, item in told["done"]] + [item for item, _, _ in told["lost"]]
    if told["error"] is None:
        assert sorted(answered) == told["handed"], "each item has one answer"
    assert all(why == "node" for _, why, _ in told["lost"])


def assert_all_said(told: Told, *words: str) -> None:
    assert told["error"] is None
    assert [each for each in words if not any(each in sentence for sentence in told["told"])] == []


def test_who_lacks_something_who_joins_and_who_is_drained_is_said_and_the_work_goes_on() -> None:
    """A node that is drained finishes what it has and gets nothing more. Where at last the driver's
    own raylet dies, a sentence ends it; Ray's core would end the process without one."""
    told, ended = played("come and go", "raylet gone")
    assert_all_said(
        told,
        "is left out of the run, which goes on without it: there is no gallery on bad.",
        "has joined, with room for 1 worker.",
    )
    assert not told["lost"]
    node, item = told["held"].split()
    done = told["done"]
    held = done.index([node, int(item)])
    assert node not in {other for other, _ in done[held + 1 :]}
    assert ended["error"][0] == "EngineError"
    assert "Ray's own process on this machine (raylet) has died" in ended["error"][1]


@pytest.mark.long
def test_who_is_killed_is_said_and_where_nobody_is_left_the_work_waits_for_others() -> None:
    """Where at last the head is gone, one sentence ends it within a minute."""
    told, ended = played("killed", "head gone")
    assert_all_said(told, "went away: what it had in hand", "has room for a worker: waiting")
    assert ended["error"][0] == "EngineError"
    assert "The head of the Ray cluster has not answered for" in ended["error"][1]
    assert any("has not answered for 1" in sentence for sentence in ended["told"])


@pytest.mark.long
def test_where_no_node_can_work_their_own_error_ends_it_and_names_them() -> None:
    (told,) = played("all bad")
    kind, sentence = told["error"]
    assert kind == "GalleryNotFound"
    assert sentence.startswith("No node of the cluster can work: ")
    assert "there is no gallery on bad 1." in sentence
    assert "there is no gallery on bad 2." in sentence
