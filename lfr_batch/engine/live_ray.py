"""Starting, watching and ending a deployment's actors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic
from typing import Any

from lfr_batch.engine.cluster import connected
from lfr_batch.engine.live_actors import AnalystActor, CameraActor, RemoteRouter, RouterActor
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.pipeline.live_plan import LivePlan, PartRole, PartState

logger = logging.getLogger(__name__)

NAMESPACE = "lfr-live"
LOOK_EVERY_S = 0.5
SILENT_S = 3.0
"""A part that says nothing for so long is started anew."""
OPEN_S = 120.0
START_S = 30.0
"""A part that was lost is given so long to open itself, on a machine that is busy."""
CALLS_AT_ONCE = 32


@dataclass(slots=True)
class _Supervised:
    name: str
    role: PartRole
    actor: Any
    process: int | None = None
    up: bool = False
    restarts: int = 0
    heard_s: float = field(default_factory=monotonic)
    patience_s: float = 0.0
    """How much longer than ``SILENT_S`` it may be silent: it is being started."""


class RayDeployment:
    """Satisfies ``RunningDeployment``."""

    def __init__(self, parts: list[_Supervised], router: RemoteRouter) -> None:
        self._parts = parts
        self._router = router

    @property
    def router(self) -> RemoteRouter:
        return self._router

    def parts(self) -> tuple[PartState, ...]:
        return tuple(
            PartState(p.name, p.role, p.up, p.restarts, p.process if p.up else None)
            for p in self._parts
        )


@contextmanager
def live_ray(plan: LivePlan) -> Iterator[RayDeployment]:
    """Raises what opening a part raises, EngineError where Ray cannot be had."""
    with connected(plan.config.engine):
        parts: list[_Supervised] = []
        ending = Event()
        supervisor = Thread(target=_supervise, args=(parts, ending), name="supervisor", daemon=True)
        try:
            router = _start_parts(plan, parts)
            supervisor.start()
            yield RayDeployment(parts, router)
        finally:
            ending.set()
            _end_parts(parts)


def _start_parts(plan: LivePlan, parts: list[_Supervised]) -> RemoteRouter:
    """Router first: whatever comes up later can hand over what it finds."""
    parts.append(_start(plan, "router", "router", RouterActor, plan))
    parts.append(_start(plan, "analyst", "analyst", AnalystActor, plan))
    router, analyst = parts[0].actor, parts[1].actor
    for part in parts:
        _await(part)
    for camera in plan.config.cameras:
        part = _start(plan, camera.name, "camera", CameraActor, plan, camera, analyst, router)
        parts.append(part)
    for part in parts[2:]:
        _await(part)
    return RemoteRouter(router)


def _start(
    plan: LivePlan, name: str, role: PartRole, kind: type[Any], *arguments: Any
) -> _Supervised:
    import ray  # noqa: PLC0415
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

    here = ray.get_runtime_context().get_node_id()
    options = {
        "name": f"{plan.deployment.deployment_id}/{role}/{name}",
        "namespace": NAMESPACE,
        "num_cpus": 0,
        "num_gpus": plan.config.engine.gpus_per_worker if role == "analyst" else 0,
        "max_restarts": -1,
        "max_task_retries": 0,
        "max_concurrency": CALLS_AT_ONCE,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(here, soft=False),
    }
    return _Supervised(name, role, ray.remote(kind).options(**options).remote(*arguments))


def _await(part: _Supervised) -> None:
    """Until the part is open. Raises the LfrError that kept it from opening."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    try:
        process, failure, _ = ray.get(part.actor.state.remote(), timeout=OPEN_S)
    except RayError as error:
        raise EngineError(
            f"The {part.role} {part.name} of the deployment could not be started "
            f"({type(error).__name__}): see `lfr doctor`."
        ) from error
    if failure is not None:
        raise failure
    part.process, part.up, part.heard_s = process, True, monotonic()


def _supervise(parts: list[_Supervised], ending: Event) -> None:
    while not ending.wait(LOOK_EVERY_S):
        for part in parts:
            if not ending.is_set():
                _look_after(part)


def _look_after(part: _Supervised) -> None:
    """Ray restarts what died; what hangs or has stopped working is killed, so that it does."""
    import ray  # noqa: PLC0415
    from ray.exceptions import GetTimeoutError, RayError  # noqa: PLC0415

    try:
        process, _, works = ray.get(part.actor.state.remote(), timeout=LOOK_EVERY_S)
    except GetTimeoutError:
        if monotonic() - part.heard_s > SILENT_S + part.patience_s:
            _start_anew(part, "does not answer")
        return
    except RayError as error:
        if part.up:
            logger.warning("%s %s was lost (%s)", part.role, part.name, type(error).__name__)
        part.up, part.patience_s = False, START_S
        return
    part.restarts += process != part.process
    part.process, part.up, part.heard_s, part.patience_s = process, works, monotonic(), 0.0
    if not works:
        _start_anew(part, "has stopped working")


def _start_anew(part: _Supervised, reason: str) -> None:
    import ray  # noqa: PLC0415

    logger.warning("%s %s %s: it is started anew", part.role, part.name, reason)
    part.up, part.heard_s, part.patience_s = False, monotonic(), START_S
    with suppress(LfrError, RuntimeError, ValueError):
        ray.kill(part.actor, no_restart=False)


def _end_parts(parts: list[_Supervised]) -> None:
    """Cameras first, then the router, which flushes its sinks; nothing is left running."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    last_words: dict[PartRole, Callable[[Any], Any]] = {
        "camera": lambda actor: actor.stop.remote(),
        "router": lambda actor: actor.call.remote("close", ()),
    }
    for role, say in last_words.items():
        words = [say(part.actor) for part in parts if part.role == role]
        with suppress(RayError):
            ray.wait(words, num_returns=len(words), timeout=10.0) if words else None
    for part in parts:
        with suppress(RayError, RuntimeError, ValueError):
            ray.kill(part.actor, no_restart=True)
