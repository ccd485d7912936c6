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


def played(scene: str) -> Told:
    """What the process says of it."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.engine.on_a_cluster", scene]
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as base,
        tempfile.TemporaryDirectory() as folder,
    ):
        environment = {**os.environ, "RAY_TMPDIR": base, "RAY_BACKEND_LOG_LEVEL": "fatal"}
        environment["RAY_raylet_start_wait_time_s"] = str(round(PATIENCE_S))
        environment.pop("RAY_ADDRESS", None)
        done = subprocess.run(
            [*command, folder],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env=environment,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "(raylet)" not in done.stderr, "what Ray tells of deaths is not for operators"
    told: Told = json.loads(done.stdout.splitlines()[-1])
    answered = [item for _, item in told["done"]] + [item for item, _, _ in told["lost"]]
    if told["error"] is None:
        assert sorted(answered) == told["handed"], "each item has one answer"
    assert all(why == "node" for _, why, _ in told["lost"])
    return told


def assert_all_said(told: Told, *words: str) -> None:
    assert told["error"] is None
    assert [each for each in words if not any(each in sentence for sentence in told["told"])] == []


def test_who_lacks_something_who_joins_and_who_is_drained_is_said_and_the_work_goes_on() -> None:
    """A node that is drained finishes what it has and gets nothing more."""
    told = played("come and go")
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


@pytest.mark.long
def test_who_is_killed_is_said_and_where_nobody_is_left_the_work_waits_for_others() -> None:
    assert_all_said(
        played("killed"), "went away: what it had in hand", "has room for a worker: waiting"
    )


@pytest.mark.long
def test_where_no_node_can_work_their_own_error_ends_it_and_names_them() -> None:
    kind, sentence = played("all bad")["error"]
    assert kind == "GalleryNotFound"
    assert sentence.startswith("No node of the cluster can work: ")
    assert "there is no gallery on bad 1." in sentence
    assert "there is no gallery on bad 2." in sentence


@pytest.mark.long
def test_where_the_head_is_gone_one_sentence_ends_it_within_a_minute() -> None:
    told = played("head gone")
    assert told["error"][0] == "EngineError"
    assert "The head of the Ray cluster has not answered for" in told["error"][1]
    assert any("has not answered for 1" in sentence for sentence in told["told"])


def test_where_the_drivers_own_raylet_dies_a_sentence_ends_it() -> None:
    """Ray's core would end the process without one."""
    told = played("raylet gone")
    assert told["error"][0] == "EngineError"
    assert "Ray's own process on this machine (raylet) has died" in told["error"][1]
