"""The engines of live mode by the name that the configuration gives them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import require_listener
from lfr_batch.engine.cluster_look import named_state, require_closed
from lfr_batch.engine.cluster_state import weaknesses
from lfr_batch.engine.live.supervision import live_ray
from lfr_batch.engine.live.threads import live_threads
from lfr_batch.live.deployment.plan import LiveEngine, LivePlan, SayStep, unsaid

LIVE_ENGINES: dict[str, Callable[[LivePlan, SayStep], AbstractContextManager[LiveEngine]]] = {
    "ray": live_ray,
    "in_process": live_threads,
}


def require_engine(config: EngineConfig) -> tuple[str, ...]:
    """What lets others into the cluster that it is to be on: sentences for the operator.

    Raises EngineError where that cluster is not there, or asks for no token.
    """
    if config.kind != "ray":
        return ()
    require_listener(config)
    require_closed(config)
    state = named_state(config)
    return tuple(weaknesses(state)) if state else ()


def open_live_engine(plan: LivePlan, at: SayStep = unsaid) -> AbstractContextManager[LiveEngine]:
    """``at``: is told which part is being opened.

    Raises EngineError if the engine cannot be had, and what keeps a part from opening.
    """
    return LIVE_ENGINES[plan.config.engine.kind](plan, at)
