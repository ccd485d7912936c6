"""A deployment on Ray: one actor per camera, one analyst and one router for all of them.

The actors are named, and Ray starts each again when its process is lost. Ray repeats no call: a
look that got no answer is a dropped frame, an alert that got none is offered again. Frames and
faces do not go through Ray's object store (see ``shared_pictures``), so all parts run on the
machine that the deployment was started on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from lfr_batch.config.live import CameraConfig
from lfr_batch.engine.live.shared_pictures import Arena, PictureRef, borrow
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.letterbox import Letterbox
from lfr_batch.faces.turns import Turn
from lfr_batch.live.deployment.parts import Camera, open_deployment_router, open_shared_analyst
from lfr_batch.live.deployment.plan import LivePlan
from lfr_batch.live.records import (
    AimReport,
    Alert,
    CameraHealth,
    CameraOrders,
    Event,
    LiveCounts,
    Review,
    SinkState,
    WatchingBegun,
)
from lfr_batch.live.watching.analyst import Comparison
from lfr_batch.live.watching.pictures import AlertPictures
from lfr_batch.live.watching.track_book import CameraLoop, TrackKey
from lfr_batch.records import Candidate, FaceBatch, FaceView, Shot
from lfr_batch.unexpected import trace, unexpected

logger = logging.getLogger(__name__)

LOOK_TIMEOUT_S = 2.0
CALL_TIMEOUT_S = 10.0
NO_PIXELS = np.zeros((0, 0, 3), np.uint8)

Reply = tuple[bool, Any]
"""Whether it went well, and the answer or the error: Ray's own wrapping hides which it was."""


def reply_of(call: Callable[[], Any]) -> Reply:
    try:
        return True, call()
    except LfrError as error:
        return False, error
    except OSError as error:
        return False, EngineError(f"a picture is gone with the process that lent it ({error})")


class PartActor:
    """An actor. What keeps it from opening is told by ``state``: Ray would never start it again
    if its constructor raised."""

    def __init__(self) -> None:
        self._failure: LfrError | None = None

    def state(self) -> tuple[int, LfrError | None, bool]:
        """Process id, why it could not be opened, and whether it does its work."""
        return os.getpid(), self._failure, self._failure is None

    @contextmanager
    def _opening(self) -> Iterator[None]:
        try:
            yield
        except LfrError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - a machine's passing trouble: it is tried again
            logger.warning("a part of the deployment could not be opened: %s", trace(error))
            self._failure = EngineError(unexpected(error))


class RouterActor(PartActor):
    def __init__(self, plan: LivePlan) -> None:
        super().__init__()
        with self._opening():
            self._router = open_deployment_router(plan)

    def call(self, method: str, arguments: tuple[Any, ...]) -> Reply:
        if self._failure is not None:
            return False, self._failure
        return reply_of(lambda: getattr(self._router, method)(*arguments))


class AnalystActor(PartActor):
    def __init__(self, plan: LivePlan) -> None:
        super().__init__()
        with self._opening():
            self._analyst = open_shared_analyst(plan)

    def state(self) -> tuple[int, LfrError | None, bool]:
        return os.getpid(), self._failure, self._failure is None and self._analyst.works

    def detect(self, turn: Turn, content: PictureRef, box: Letterbox) -> Reply:
        return reply_of(lambda: self._analyst.detect(turn, (borrow(content), box)))

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        pixels: Sequence[PictureRef],
        weights: Sequence[float],
    ) -> Reply:
        def look() -> Comparison:
            return self._analyst.compare(track, moments_ns, _with_pixels(views, pixels), weights)

        return reply_of(look)

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> Reply:
        return reply_of(lambda: self._analyst.forget(loop, open_numbers))

    def pictures(self, shot: Shot, pixels: PictureRef, best: Candidate) -> Reply:
        def look() -> AlertPictures:
            [view] = _with_pixels([shot.view], [pixels])
            return self._analyst.pictures(replace(shot, view=view), best)

        return reply_of(look)


class CameraActor(PartActor):
    def __init__(self, plan: LivePlan, camera: CameraConfig, analyst: Any, router: Any) -> None:
        super().__init__()
        with self._opening():
            self._camera = Camera(plan, camera, RemoteAnalyst(analyst), RemoteRouter(router))

    def state(self) -> tuple[int, LfrError | None, bool]:
        return os.getpid(), self._failure, self._failure is None and self._camera.alive

    def stop(self) -> None:
        if self._failure is None:
            self._camera.stop()


class RemoteAnalyst:
    """Satisfies ``Analyst``: asks the analyst's actor. EngineError where no answer comes."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self._arena = Arena()

    def detect(self, turn: Turn, picture: Input) -> FaceBatch:
        content, box = picture
        with self._arena.lend([content]) as [pixels]:
            found: FaceBatch = ask(self._actor.detect.remote(turn, pixels, box), LOOK_TIMEOUT_S)
        return found

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        weights: Sequence[float],
    ) -> Comparison:
        with self._arena.lend([view.bgr for view in views]) as pixels:
            bare = [replace(view, bgr=NO_PIXELS) for view in views]
            about = (track, list(moments_ns), bare, pixels, list(weights))
            comparison: Comparison = ask(self._actor.compare.remote(*about), LOOK_TIMEOUT_S)
        return comparison

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> None:
        ask(self._actor.forget.remote(loop, list(open_numbers)), LOOK_TIMEOUT_S)

    def pictures(self, shot: Shot, best: Candidate) -> AlertPictures:
        with self._arena.lend([shot.view.bgr]) as [pixels]:
            bare = replace(shot, view=replace(shot.view, bgr=NO_PIXELS))
            question = self._actor.pictures.remote(bare, pixels, best)
            answer: AlertPictures = ask(question, LOOK_TIMEOUT_S)
        return answer


class RemoteRouter:
    """Satisfies ``AlertRouter``: asks the router's actor. EngineError where no answer comes."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def raise_alert(self, alert: Alert) -> bool:
        return bool(self._call("raise_alert", alert))

    def review(self, review: Review) -> None:
        self._call("review", review)

    def report_health(self, health: CameraHealth) -> CameraOrders:
        orders: CameraOrders = self._call("report_health", health)
        return orders

    def report_aim(self, report: AimReport) -> None:
        self._call("report_aim", report)

    def aim(self, camera: str) -> AimReport | None:
        found: AimReport | None = self._call("aim", camera)
        return found

    def aims(self) -> tuple[AimReport, ...]:
        return tuple(self._call("aims"))

    def watching(self) -> WatchingBegun | None:
        begun: WatchingBegun | None = self._call("watching")
        return begun

    def begin_watching(self, by: str) -> bool:
        return bool(self._call("begin_watching", by))

    def try_again(self, camera: str) -> None:
        self._call("try_again", camera)

    def alerts(self, limit: int | None = None) -> tuple[Alert, ...]:
        return tuple(self._call("alerts", limit))

    def known(self, alert_id: str) -> Alert | None:
        found: Alert | None = self._call("known", alert_id)
        return found

    def alert(self, alert_id: str) -> Alert | None:
        found: Alert | None = self._call("alert", alert_id)
        return found

    def reviews(self) -> tuple[Review, ...]:
        return tuple(self._call("reviews"))

    def health(self) -> tuple[CameraHealth, ...]:
        return tuple(self._call("health"))

    def counts(self) -> LiveCounts:
        counts: LiveCounts = self._call("counts")
        return counts

    def events(self, after: int, timeout_s: float) -> tuple[Event, ...]:
        question = self._actor.call.remote("events", (after, timeout_s))
        return tuple(ask(question, timeout_s + CALL_TIMEOUT_S))

    def sink_states(self) -> tuple[SinkState, ...]:
        return tuple(self._call("sink_states"))

    def close(self) -> int:
        return int(self._call("close"))

    def _call(self, method: str, *arguments: Any) -> Any:
        return ask(self._actor.call.remote(method, arguments), CALL_TIMEOUT_S)


def ask(question: Any, timeout_s: float) -> Any:
    """The answer to a call that gives a ``Reply``. Raises its error, or EngineError."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    try:
        well, answer = ray.get(question, timeout=timeout_s)
    except RayError as error:
        raise EngineError(
            f"a part of the deployment does not answer ({type(error).__name__})"
        ) from error
    if not well:
        raise answer
    return answer


def _with_pixels(views: Sequence[FaceView], pixels: Sequence[PictureRef]) -> list[FaceView]:
    return [replace(view, bgr=borrow(ref)) for view, ref in zip(views, pixels, strict=True)]
