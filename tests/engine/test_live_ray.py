"""A deployment on Ray: the same answers, and parts that are killed come back."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from lfr_batch.engine.live_ray import live_ray
from lfr_batch.errors import LfrError
from lfr_batch.pipeline.live_plan import PartState, RunningDeployment
from tests.casework import Casework
from tests.live_case import first_alert, live_config, live_plan, wait_for


def part(running: RunningDeployment, name: str) -> PartState:
    return next(part for part in running.parts() if part.name == name)


def test_killed_parts_come_back_and_no_raised_alert_is_lost(
    casework: Casework, tmp_path: Path, ray_cluster: None
) -> None:
    config = live_config(casework, {"north": "walk.mp4", "south": "group.mp4"})
    with live_ray(live_plan(casework, config, tmp_path)) as running:
        alert = first_alert(running.router)
        assert alert.subject_id == "astronaut"
        for name in ("router", "analyst", "north"):
            lost = wait_for(lambda: part(running, name).process)  # noqa: B023 - called at once
            os.kill(lost, signal.SIGKILL)
            back = wait_for(lambda: part(running, name).process not in {None, lost})  # noqa: B023
            assert back
            assert part(running, name).restarts == 1
        kept = running.router.alerts()
        assert alert.alert_id in [a.alert_id for a in kept]
        looked = wait_for(running.router.health)
        before = {health.camera: health.frames_analysed for health in looked}
        wait_for(
            lambda: all(
                health.frames_analysed > before[health.camera] + 5
                for health in running.router.health()
            )
        )


def test_a_part_that_cannot_be_opened_is_a_sentence(
    casework: Casework, tmp_path: Path, ray_cluster: None
) -> None:
    plan = live_plan(casework, live_config(casework, {"north": "walk.mp4"}), tmp_path)
    (tmp_path / "empty").mkdir()
    with (
        pytest.raises(LfrError, match="people"),
        live_ray(replace(plan, watchlist_home=tmp_path / "empty")),
    ):
        pass
