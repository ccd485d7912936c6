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
from lfr_batch.engine.live.actors import (
    AnalystActor,
    CameraActor,
    RemoteRouter,
    RouterActor,
    ask,
)
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.live.deployment.plan import LivePlan, PartRole, PartState

logger = logging.getLogger(__name__)

NAMESPACE = "lfr-live"
LOOK_EVERY_S = 0.25
ANSWER_S = 0.5
SILENT_S = 3.0
"""A part that says nothing for so long is started anew."""
OPEN_S = 120.0
END_S = 10.0
START_S = 30.0
"""A part that was lost is given so long to open itself, on a machine that is busy."""
LOST_S = 30.0
"""Where not one part has answered for so long, nothing starts them anew: Ray itself is lost."""
CALLS_AT_ONCE = 32
INLINE = ("RAY_max_direct_call_object_size", str(64 << 20))
"""On a cluster that is started here, answers go straight to the asker: an alert's pictures must not
lie in the object store, which keeps them and may spill them to disk."""
ENGINE_LOST = (
    "Ray was lost, and without it no part of the deployment can be kept running: `lfr doctor` "
    "looks at the machine, then start the deployment again."
)
PartKey = tuple[PartRole, str]
"""A camera may be called "router" or "analyst"."""
RAY_ITSELF = frozenset({"raylet", "gcs_server"})
"""Without either nothing is started anew, and nothing starts them anew."""
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
    worked_s: float | None = None
    """When it was last known to do its work."""
    down_s: float = 0.0
    """Over all outages that have ended."""
    patience_s: float = 0.0
    """How much longer than ``SILENT_S`` it may be silent: it is being started."""

    @property
    def key(self) -> PartKey:
        return self.role, self.name


@dataclass(slots=True)
class _Course:
    """What becomes of the whole."""

    trouble: str | None = None
    lost: int | None = None


class RayDeployment:
    """Satisfies ``LiveEngine``."""

    def __init__(self, parts: list[_Supervised], router: RemoteRouter, course: _Course) -> None:
        self._parts = parts
        self._router = router
        self._course = course

    @property
    def router(self) -> RemoteRouter:
        return self._router

    @property
    def trouble(self) -> str | None:
        return self._course.trouble

    @property
    def lost(self) -> int | None:
        return self._course.lost

    def parts(self) -> tuple[PartState, ...]:
        return tuple(
            PartState(p.name, p.role, p.up, p.restarts, p.process if p.up else None, _down_s(p))
            for p in self._parts
        )


@contextmanager
def live_ray(plan: LivePlan) -> Iterator[RayDeployment]:
    """Raises what opening a part raises, EngineError where Ray cannot be had."""
    os.environ.setdefault(*INLINE)
    with connected(plan.config.engine):
        parts: list[_Supervised] = []
        ending, course = Event(), _Course()
        supervisor = Thread(
            target=_supervise, args=(parts, ending, course), name="supervisor", daemon=True
        )
        try:
            router = _start_parts(plan, parts)
            supervisor.start()
            yield RayDeployment(parts, router, course)
        finally:
            ending.set()
            if supervisor.is_alive():  # it must not ask for anything once Ray is gone
                supervisor.join()
            course.lost = _end_parts(parts)


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


def _supervise(parts: list[_Supervised], ending: Event, course: _Course) -> None:
    """Until ``ending``, or there is nothing left to look after: ``course`` then says so.

    Without its own store Ray would end this process after a minute, and nothing after it.
    """
    ray_itself = _ray_itself()
    try:
        while not ending.wait(LOOK_EVERY_S) and course.trouble is None:
            answered = _ask_all(parts)
            for part in parts:
                if not ending.is_set():
                    _look_after(part, part.key in answered)
            if _silent_s(parts) > LOST_S or any(_born(p) != born for p, born in ray_itself.items()):
                course.trouble = ENGINE_LOST
    finally:
        if not ending.is_set():
            course.trouble = ENGINE_LOST


def _ray_itself() -> dict[int, str | None]:
    """The processes of a cluster that this one has started, and when they began."""
    listed = (path.read_text().split() for path in Path("/proc/self/task").glob("*/children"))
    children = {int(child) for found in listed for child in found}
    return {child: _born(child) for child in children if _name(child) in RAY_ITSELF}


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _silent_s(parts: list[_Supervised]) -> float:
    """For how long not one of them has done its work."""
    return monotonic() - max(part.worked_s or 0.0 for part in parts)


def _down_s(part: _Supervised) -> float:
    since = 0.0 if part.up or part.worked_s is None else monotonic() - part.worked_s
    return part.down_s + since


def _ask_all(parts: list[_Supervised]) -> frozenset[PartKey]:
    """Those that answer, or turn out to be lost, within a moment."""
    import ray  # noqa: PLC0415

    for part in parts:
        part.question = part.question or _asked(part)
    questions = [part.question for part in parts]
    answered, _ = ray.wait(questions, num_returns=len(questions), timeout=ANSWER_S)
    return frozenset(part.key for part in parts if part.question in answered)


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
    if works:
        if not part.up and part.worked_s is not None:
            part.down_s += monotonic() - part.worked_s
        part.worked_s = monotonic()
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


def _end_parts(parts: list[_Supervised]) -> int | None:
    """Cameras first, then the router, which flushes its sinks; nothing is left running. What the
    router says of lost alerts; None if it says nothing."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    last_words: dict[PartRole, Callable[[Any], Any]] = {
        "camera": lambda actor: actor.stop.remote(),
        "router": lambda actor: actor.call.remote("close", ()),
    }
    lost: int | None = None
    for role, say in last_words.items():
        with suppress(RayError):
            words = [say(part.actor) for part in parts if part.role == role]
            answered, _ = (
                ray.wait(words, num_returns=len(words), timeout=END_S) if words else ([], [])
            )
            if role == "router" and answered:
                lost = _lost_alerts(answered[0])
    for part in parts:
        with suppress(RayError, RuntimeError, ValueError):
            ray.kill(part.actor, no_restart=True)
    return lost


def _lost_alerts(answer: Any) -> int | None:
    try:
        return int(ask(answer, END_S))
    except LfrError as error:
        logger.warning("the alert router could not be closed: %s", error)
        return None
