"""The engines of live mode by the name that the configuration gives them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import require_listener
from lfr_batch.engine.live.supervision import live_ray
from lfr_batch.engine.live.threads import live_threads
from lfr_batch.live.deployment.plan import LiveEngine, LivePlan, SayStep, unsaid

LIVE_ENGINES: dict[str, Callable[[LivePlan, SayStep], AbstractContextManager[LiveEngine]]] = {
    "ray": live_ray,
    "in_process": live_threads,
}


def require_engine(config: EngineConfig) -> None:
    """Raises EngineError where the engine is to be on a cluster that is not there."""
    if config.kind == "ray":
        require_listener(config)


def open_live_engine(plan: LivePlan, at: SayStep = unsaid) -> AbstractContextManager[LiveEngine]:
    """``at``: is told which part is being opened.

    Raises EngineError if the engine cannot be had, and what keeps a part from opening.
    """
    return LIVE_ENGINES[plan.config.engine.kind](plan, at)
