"""A camera whose password is refused waits to be told, whichever process is started anew."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest

from lfr_batch.config.live import CameraConfig
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.turns import Turn
from lfr_batch.footage import stream_health
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.deployment.parts import Camera, open_deployment_router
from lfr_batch.live.deployment.plan import LivePlan
from lfr_batch.live.watching.analyst import Comparison
from lfr_batch.live.watching.pictures import AlertPictures
from lfr_batch.live.watching.track_book import CameraLoop, TrackKey
from lfr_batch.records import Candidate, FaceBatch, FaceView, Shot
from tests.footage.test_stream_passwords import Guarded, guarded_camera
from tests.live_case import live_config, live_plan, wait_for
from tests.one_case import Casework

SEVERAL_REPORTS_S = 3.0


class NeverAsked:
    """Satisfies ``Analyst``, for a camera that gives no picture."""

    def detect(self, turn: Turn, picture: Input) -> FaceBatch:
        raise AssertionError("there is no picture")

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        weights: Sequence[float],
    ) -> Comparison:
        raise AssertionError("there is no face")

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> None:
        raise AssertionError("there is no track")

    def pictures(self, shot: Shot, best: Candidate) -> AlertPictures:
        raise AssertionError("there is no shot")


def plan_with(casework: Casework, folder: Path, source: str) -> tuple[LivePlan, CameraConfig]:
    plan = live_plan(casework, live_config(casework, {"north": "walk.mp4"}), folder)
    camera = plan.config.cameras[0].model_copy(update={"source": source, "loop": False})
    config = plan.config.model_copy(update={"cameras": (camera,)})
    return replace(plan, config=config), camera


def refused(router: Router) -> bool:
    return [health.state for health in router.health()] == ["refused"]


def test_told_on_the_console_it_is_tried_once_more(
    casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_health, "REFUSED_WAIT_S", 0.2)
    guarded = Guarded(b"", 401)
    with guarded_camera(guarded) as host:
        plan, camera = plan_with(casework, tmp_path, f"http://van:wrong@{host}/")
        with closing(open_deployment_router(plan)) as router:
            first = Camera(plan, camera, NeverAsked(), router)
            wait_for(lambda: refused(router))
            assert (first.alive, len(guarded.tried)) == (True, 3)
            router.try_again("north")
            wait_for(lambda: len(guarded.tried) == 4)
            wait_for(lambda: refused(router))
            [known] = router.health()
            first.stop()
            router.report_health(known)  # a process that is lost has no last word
            second = Camera(plan, camera, NeverAsked(), router)
            sleep(SEVERAL_REPORTS_S)
            assert len(guarded.tried) == 4
            assert "waits to be told" in router.health()[0].detail
            router.try_again("north")
            wait_for(lambda: len(guarded.tried) == 5)
            second.stop()
