"""The actors of a deployment's parts: how they are started, asked and ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from lfr_batch.engine.live.actors import AnalystActor, CameraActor, RouterActor, ask
from lfr_batch.engine.live.processes import born
from lfr_batch.engine.live.steps import LOADING, ROUTER_OPENS, opening
from lfr_batch.engine.live.supervise import Supervised, opened
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.live.deployment.plan import LivePlan, PartKey, PartRole, SayStep, unsaid

logger = logging.getLogger(__name__)

NAMESPACE = "lfr-live"
OPEN_S = 120.0
END_S = 10.0
CALLS_AT_ONCE = 32
HEALTH = "health"
"""A thread of every actor that answers for its state alone, however many calls wait."""
ROUTER: PartKey = ("router", "router")
ANALYST: PartKey = ("analyst", "analyst")
LAST_WORDS: Mapping[PartRole, Callable[[Any], Any]] = {
    "camera": lambda actor: actor.stop.remote(),
    "router": lambda actor: actor.call.remote("close", ()),
}
"""In this order: the router takes what the cameras still hand over, and flushes its sinks."""


def start_parts(
    plan: LivePlan, actors: dict[PartKey, Any], at: SayStep = unsaid
) -> tuple[Supervised, ...]:
    """Router first: whatever comes up later can hand over what it finds. ``actors`` takes up each
    that was started, also where a later one cannot be. Raises the LfrError that kept one from
    opening, EngineError."""
    actors[ROUTER] = _start(plan, ROUTER, RouterActor, plan)
    actors[ANALYST] = _start(plan, ANALYST, AnalystActor, plan)
    shared = [
        _awaited(key, actors[key], step, at)
        for key, step in ((ROUTER, ROUTER_OPENS), (ANALYST, LOADING))
    ]
    cameras: dict[PartKey, Any] = {("camera", each.name): each for each in plan.config.cameras}
    for key, camera in cameras.items():
        given = (plan, camera, actors[ANALYST], actors[ROUTER])
        actors[key] = _start(plan, key, CameraActor, *given)
    return (*shared, *(_awaited(key, actors[key], opening(key[1]), at) for key in cameras))


def asked(actor: Any) -> Any:
    """The question after its state, to which the answer comes."""
    return actor.state.options(concurrency_group=HEALTH).remote()


def end_parts(actors: Mapping[PartKey, Any]) -> int | None:
    """Nothing is left running. What the router says of lost alerts; None if it says nothing."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    lost: int | None = None
    for role, say in LAST_WORDS.items():
        with suppress(RayError):
            words = [say(actor) for (its, _), actor in actors.items() if its == role]
            answered, _ = (
                ray.wait(words, num_returns=len(words), timeout=END_S) if words else ([], [])
            )
            if role == "router" and answered:
                lost = _lost_alerts(answered[0])
    for actor in actors.values():
        with suppress(RayError, RuntimeError, ValueError):
            ray.kill(actor, no_restart=True)
    return lost


def _start(plan: LivePlan, key: PartKey, kind: type[Any], *arguments: Any) -> Any:
    import ray  # noqa: PLC0415
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

    role, name = key
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
    return actor.options(**options).remote(*arguments)


def _awaited(key: PartKey, actor: Any, step: str, at: SayStep) -> Supervised:
    """Once it is open; ``step`` says what is waited for. Raises the LfrError that kept it from
    opening."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    at(step)
    try:
        process, failure, _ = ray.get(asked(actor), timeout=OPEN_S)
    except RayError as error:
        role, name = key
        raise EngineError(
            f"The {role} {name} of the deployment could not be started "
            f"({type(error).__name__}): see `lfr doctor`."
        ) from error
    if failure is not None:
        raise failure
    return opened(key, process, born(process), monotonic())


def _lost_alerts(answer: Any) -> int | None:
    try:
        return int(ask(answer, END_S))
    except LfrError as error:
        logger.warning("the alert router could not be closed: %s", error)
        return None
