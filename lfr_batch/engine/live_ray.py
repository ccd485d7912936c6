"""Starting, watching and ending a deployment's actors."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from lfr_batch.engine.cluster import connected
from lfr_batch.engine.live_actors import AnalystActor, CameraActor, RemoteRouter, RouterActor
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.pipeline.live_plan import LivePlan, PartRole, PartState

logger = logging.getLogger(__name__)

NAMESPACE = "lfr-live"
LOOK_EVERY_S = 0.25
ANSWER_S = 0.5
SILENT_S = 3.0
"""A part that says nothing for so long is started anew."""
OPEN_S = 120.0
START_S = 30.0
"""A part that was lost is given so long to open itself, on a machine that is busy."""
CALLS_AT_ONCE = 32
INLINE = ("RAY_max_direct_call_object_size", str(64 << 20))
"""On a cluster that is started here, answers go straight to the asker: an alert's pictures must not
lie in the object store, which keeps them and may spill them to disk."""
HEALTH = "health"
"""A thread of every actor that answers for its state alone, however many calls wait."""


@dataclass(slots=True)
class _Supervised:
    name: str
    role: PartRole
    actor: Any
    process: int | None = None
    born: str | None = None
    """When the process began, so that another one with its number is not taken for it."""
    question: Any = None
    """After its state; kept until it is answered, which on a busy machine may take a while."""
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
    os.environ.setdefault(*INLINE)
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
            if supervisor.is_alive():  # it must not ask for anything once Ray is gone
                supervisor.join()
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
    remote: Any = ray.remote  # whose declared types know no concurrency groups
    actor = remote(concurrency_groups={HEALTH: 1})(kind)
    return _Supervised(name, role, actor.options(**options).remote(*arguments))


def _asked(part: _Supervised) -> Any:
    return part.actor.state.options(concurrency_group=HEALTH).remote()


def _await(part: _Supervised) -> None:
    """Until the part is open. Raises the LfrError that kept it from opening."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    try:
        process, failure, _ = ray.get(_asked(part), timeout=OPEN_S)
    except RayError as error:
        raise EngineError(
            f"The {part.role} {part.name} of the deployment could not be started "
            f"({type(error).__name__}): see `lfr doctor`."
        ) from error
    if failure is not None:
        raise failure
    _heard(part, process, works=True)


def _supervise(parts: list[_Supervised], ending: Event) -> None:
    while not ending.wait(LOOK_EVERY_S):
        answered = _ask_all(parts)
        for part in parts:
            if not ending.is_set():
                _look_after(part, part.name in answered)


def _ask_all(parts: list[_Supervised]) -> frozenset[str]:
    """Names of those that answer, or turn out to be lost, within a moment."""
    import ray  # noqa: PLC0415

    for part in parts:
        part.question = part.question or _asked(part)
    questions = [part.question for part in parts]
    answered, _ = ray.wait(questions, num_returns=len(questions), timeout=ANSWER_S)
    return frozenset(part.name for part in parts if part.question in answered)


def _look_after(part: _Supervised, answered: bool) -> None:
    """Ray restarts what died; what hangs or has stopped working is killed, so that it does."""
    if answered:
        _take_answer(part)
    elif part.up and _born(part.process) != part.born:
        _lost(part, "its process is gone")
    elif monotonic() - part.heard_s > SILENT_S + part.patience_s:
        _start_anew(part, "does not answer")


def _take_answer(part: _Supervised) -> None:
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    question, part.question = part.question, None
    try:
        process, _, works = ray.get(question)
    except RayError as error:
        if part.up:
            _lost(part, type(error).__name__)
        return
    part.restarts += process != part.process
    _heard(part, process, works)
    if not works:
        _start_anew(part, "has stopped working")


def _heard(part: _Supervised, process: int, works: bool) -> None:
    part.process, part.born, part.up = process, _born(process), works
    part.heard_s, part.patience_s = monotonic(), 0.0


def _lost(part: _Supervised, reason: str) -> None:
    logger.warning("%s %s was lost (%s)", part.role, part.name, reason)
    part.up, part.heard_s, part.patience_s = False, monotonic(), START_S


def _start_anew(part: _Supervised, reason: str) -> None:
    """A process that is known is killed from here: Ray asks it to end, which one that hangs
    does not hear."""
    import ray  # noqa: PLC0415

    logger.warning("%s %s %s: it is started anew", part.role, part.name, reason)
    part.question = None
    part.up, part.heard_s, part.patience_s = False, monotonic(), START_S
    if part.process is not None and _born(part.process) == part.born:
        with suppress(ProcessLookupError):
            os.kill(part.process, signal.SIGKILL)
    else:
        with suppress(LfrError, RuntimeError, ValueError):
            ray.kill(part.actor, no_restart=False)


def _born(process: int | None) -> str | None:
    """When a process began, in the kernel's ticks; None if it is no more."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in {"Z", "X"} else after_name[19]


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
