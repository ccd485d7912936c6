"""A deployment that is aimed first, in threads: nobody is looked for until somebody says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from lfr_batch.engine.live.threads import live_threads
from lfr_batch.errors import TooEarly
from lfr_batch.live.deployment.look_after import Situation
from lfr_batch.live.deployment.order import make_deployment
from lfr_batch.live.deployment.plan import LivePlan, RunningDeployment
from lfr_batch.live.deployment.run import run_deployment
from tests.deploying import deployable, order, own_home
from tests.live_case import first_alert, live_config, live_plan, wait_for
from tests.one_case import Casework


def aimed_plan(casework: Casework, folder: Path, watch_from: datetime) -> LivePlan:
    config = live_config(casework, {"north": "walk.mp4"})
    return replace(live_plan(casework, config, folder), watch_from=watch_from)


def test_nobody_is_looked_for_until_watching_begins(casework: Casework, tmp_path: Path) -> None:
    plan = aimed_plan(casework, tmp_path, datetime.now(UTC))
    with live_threads(plan) as running:
        router = running.router
        seen = wait_for(lambda: (aim := router.aim("north")) and aim.guide.compared and aim)
        assert seen.preview_jpeg.startswith(b"\xff\xd8\xff")
        assert (router.alerts(), router.counts().faces_seen, router.watching()) == ((), 0, None)
        assert router.begin_watching("operator")
        assert router.aim("north") is None
        assert first_alert(router).subject_id == "astronaut"
        assert router.aim("north") is None
        left = [path.name for path in plan.router_folder.rglob("*") if path.is_file()]
        assert not [name for name in left if "preview" in name or name.endswith(".jpg")]


def test_what_has_begun_goes_on_after_a_restart(casework: Casework, tmp_path: Path) -> None:
    plan = aimed_plan(casework, tmp_path, datetime.now(UTC))
    with live_threads(plan) as running:
        assert running.router.begin_watching("operator")
    with live_threads(plan) as running:
        assert first_alert(running.router).subject_id == "astronaut"
        assert running.router.aim("north") is None


def test_it_stays_aimed_until_its_window_begins(casework: Casework, tmp_path: Path) -> None:
    plan = aimed_plan(casework, tmp_path, datetime.now(UTC) + timedelta(hours=1))
    with live_threads(plan) as running:
        wait_for(lambda: running.router.aim("north"))
        with pytest.raises(TooEarly):
            running.router.begin_watching("operator")
        assert running.router.aim("north") is not None


def test_the_time_of_aiming_is_neither_live_nor_down(casework: Casework, tmp_path: Path) -> None:
    config = deployable(casework, {"north": "walk.mp4"})
    again = tuple(camera.model_copy(update={"loop": True}) for camera in config.cameras)
    asked = replace(
        order(config.model_copy(update={"cameras": again}), own_home(casework, tmp_path)), aim=True
    )
    stopping, looks = Event(), list[Situation]()
    began: list[RunningDeployment] = []

    @contextmanager
    def attended(running: RunningDeployment) -> Iterator[None]:
        began.append(running)
        yield

    def look(now: Situation) -> None:
        looks.append(now)
        if len(looks) == 4:
            began[0].router.begin_watching("operator")
        if sum(not each.is_aimed for each in looks) >= 3:
            stopping.set()

    deployment = make_deployment(asked, datetime.now(UTC))
    assert deployment.plan.watch_from == deployment.record.started_at
    figures = run_deployment(deployment, live_threads, attended, look, stopping).figures
    assert figures.aimed
    assert figures.watching_since is not None
    [camera] = figures.cameras
    watched_s = (figures.as_of - figures.watching_since).total_seconds()
    assert 0 < camera.live_s + camera.down_s <= watched_s + 1.5
    assert all(look.is_aimed for look in looks[:4])
