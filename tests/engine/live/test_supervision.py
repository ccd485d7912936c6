"""A deployment on Ray: the same answers, and parts that are killed or hang come back."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.engine.live import supervision
from lfr_batch.engine.live.actors import AnalystActor
from lfr_batch.engine.live.part_actors import ROUTER
from lfr_batch.engine.live.processes import born
from lfr_batch.engine.live.supervise import Answered, Ask, Unanswered, opened
from lfr_batch.engine.live.supervision import RayDeployment, live_ray
from lfr_batch.errors import LfrError
from lfr_batch.live.alerts.protocol import AlertRouter
from lfr_batch.live.deployment.plan import LivePlan, PartKey, PartState, RunningDeployment
from lfr_batch.live.records import CameraHealth
from tests.live_case import first_alert, live_config, live_plan, wait_for
from tests.one_case import Casework

SILENT = "lfr_batch.engine.live.supervise.SILENT_S"
SLOW_S = 4.0
NAMESAKE: PartKey = ("camera", "router")


class SlowAnalyst(AnalystActor):
    """Takes its time to open."""

    def __init__(self, plan: LivePlan) -> None:
        time.sleep(SLOW_S)
        super().__init__(plan)


def part(running: RunningDeployment, name: str) -> PartState:
    return next(part for part in running.parts() if part.name == name)


def strike(running: RunningDeployment, name: str, number: signal.Signals) -> None:
    """Send a part a signal, and wait until it answers from another process."""
    struck = wait_for(lambda: part(running, name).process)
    os.kill(struck, number)
    wait_for(lambda: part(running, name).process not in {None, struck})


def health(router: AlertRouter) -> dict[str, CameraHealth]:
    return {each.camera: each for each in router.health()}


def test_parts_that_are_killed_or_hang_come_back_and_no_raised_alert_is_lost_or_repeated(
    casework: Casework, tmp_path: Path, ray_cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = live_config(casework, {"north": passing(casework), "router": "empty.mp4"})
    watch = config.watch.model_copy(update={"cool_down_s": 3600.0, "looks_per_s": 4.0})
    config = config.model_copy(update={"watch": watch})
    with live_ray(live_plan(casework, config, tmp_path)) as running:
        with monkeypatch.context() as patient:
            patient.setattr(SILENT, 60.0)  # a busy machine's silence is not what is tested
            alert = first_alert(running.router)
            assert alert.subject_id == "astronaut"
            for name in ("router", "analyst", "north"):
                strike(running, name, signal.SIGKILL)
            # The others did not notice more than calls that got no answer.
            *struck, namesake = sorted(running.parts(), key=lambda part: -part.restarts)
            assert [each.restarts for each in struck] == [1, 1, 1]
            assert all(0.0 < each.down_s < 60.0 for each in struck)
            assert (namesake.name, namesake.restarts, namesake.down_s) == ("router", 0, 0.0)
            assert running.trouble is None
            # The known person walks by again, in a new track and before a new process.
            require_analysis(running, frames=5, faces_of="north")
        wait_for(lambda: all(part.quiet_until_s < time.monotonic() + 30 for part in running.states))
        # The camera answers, the router of its name does not.
        strike(running, "router", signal.SIGSTOP)
        require_analysis(running, frames=1)
        assert [kept.alert_id for kept in running.router.alerts()] == [alert.alert_id]
        assert running.router.alerts()[0].best_shot_jpeg == alert.best_shot_jpeg
    assert running.lost == 0


def passing(casework: Casework) -> str:
    """The shortest clip with somebody in it."""
    return str(casework.played / "passing.mp4")


def require_analysis(running: RunningDeployment, frames: int, faces_of: str | None = None) -> None:
    """Of so many further frames of each of two cameras, and of a face of one."""
    router = running.router
    before = wait_for(lambda: len(health(router)) == 2 and health(router))
    if faces_of:
        wait_for(lambda: health(router)[faces_of].faces_seen > before[faces_of].faces_seen)
    wait_for(
        lambda: all(
            now.frames_analysed > before[camera].frames_analysed + frames
            for camera, now in health(router).items()
        )
    )


@pytest.mark.long
def test_parts_that_hang_are_started_anew(
    casework: Casework, tmp_path: Path, ray_cluster: None
) -> None:
    config = live_config(casework, {"north": passing(casework)})
    with live_ray(live_plan(casework, config, tmp_path)) as running:
        alert = first_alert(running.router)
        for name in ("analyst", "north"):
            strike(running, name, signal.SIGSTOP)
        assert alert.alert_id in [kept.alert_id for kept in running.router.alerts()]
        analysed = wait_for(lambda: health(running.router)).get("north").frames_analysed
        wait_for(lambda: health(running.router)["north"].frames_analysed > analysed)


class Answering:
    """In place of an actor: asked after its state it gives itself as the question."""

    def __init__(self, process: int, answers: bool) -> None:
        self.process, self.answers, self.asked = process, answers, 0
        self.state = self

    def options(self, concurrency_group: str) -> Answering:
        return self

    def remote(self) -> Answering:
        self.asked += 1
        return self


def test_each_is_asked_by_itself_whatever_it_is_called_and_once_until_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wait(
        questions: list[Answering], num_returns: int, timeout: float
    ) -> tuple[list[Answering], list[Answering]]:
        return [q for q in questions if q.answers], [q for q in questions if not q.answers]

    monkeypatch.setattr("ray.wait", wait)
    monkeypatch.setattr("ray.get", lambda question: (question.process, None, True))
    own = os.getpid()
    actors = {ROUTER: Answering(own, answers=False), NAMESAKE: Answering(own, answers=True)}
    states = tuple(opened(key, own, born(own), 0.0) for key in actors)
    running, questions = RayDeployment(dict(actors), states), dict[PartKey, Any]()
    for _ in range(2):
        assert supervision._ask_all(running, questions) == {
            ROUTER: Unanswered(born(own)),
            NAMESAKE: Answered(own, born(own), works=True),
        }
        supervision._carry_out(Ask(NAMESAKE), running, questions)
    assert (actors[ROUTER].asked, actors[NAMESAKE].asked) == (1, 2)


@pytest.mark.long
def test_a_part_that_is_merely_starting_is_left_alone(
    casework: Casework, tmp_path: Path, ray_cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SILENT, SLOW_S - 1)
    monkeypatch.setattr("lfr_batch.engine.live.part_actors.AnalystActor", SlowAnalyst)
    config = live_config(casework, {"north": "empty.mp4"})
    with live_ray(live_plan(casework, config, tmp_path)) as running:
        strike(running, "analyst", signal.SIGKILL)
        assert part(running, "analyst").restarts == 1


def test_under_overload_the_newest_frame_is_looked_at_and_the_others_are_counted(
    casework: Casework, tmp_path: Path, ray_cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SILENT, 60.0)
    clips = {f"camera{number}": "group.mp4" for number in range(2)}
    config = live_config(casework, clips)
    watch = config.watch.model_copy(update={"looks_per_s": 60.0})
    detect = config.detect.model_copy(update={"long_side_px": 1920})
    config = config.model_copy(update={"watch": watch, "detect": detect})
    with live_ray(live_plan(casework, config, tmp_path)) as running:
        wait_for(
            lambda: (
                len(running.router.health()) == len(clips)
                and all(each.frames_analysed > 1 for each in running.router.health())
                and all(each.frames_dropped > 0 for each in running.router.health())
            )
        )
        for each in running.router.health():
            waiting = each.frames_received - each.frames_dropped - each.frames_analysed
            assert waiting <= 2  # the newest one, and the one that is being looked at


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
