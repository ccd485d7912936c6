"""Looking after a deployment that runs: one look a second, until it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event

from lfr_batch.errors import EngineError, StoreError
from lfr_batch.live.deployment.course import Course, save_so_far, since_start_s
from lfr_batch.live.deployment.outages import down_s_of, newly_blind_s, restarts
from lfr_batch.live.deployment.plan import LiveEngine, LivePlan, PartKey, PartState
from lfr_batch.live.deployment.standing import Standing
from lfr_batch.live.deployment.window import Reason, is_over, played_since_s
from lfr_batch.live.records import CameraHealth, LiveCounts

logger = logging.getLogger(__name__)

LOOK_S = 1.0
SAVE_S = 15.0
PLAYED_S = 2.0
"""So long after the last frame of the last file, its tracks have been decided on."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A deployment at one moment."""

    parts: tuple[PartState, ...]
    health: tuple[CameraHealth, ...]
    counts: LiveCounts
    is_aimed: bool = False
    """Nobody is looked for yet."""


OnLook = Callable[[Situation], None]


def look_after(
    course: Course, running: LiveEngine, on_look: OnLook, stopping: Event
) -> Iterator[Standing]:
    """How it stands, each time that more is known; the last one has why it is over.

    Raises EngineError where the engine is lost.
    """
    standing, before_s, played_s = Standing(), dict[PartKey, float](), None
    heard_s = saved_s = since_start_s(course)
    plan = course.deployment.plan
    cameras, aimed = plan.config.cameras, plan.watch_from is not None
    reason: Reason | None = None
    while reason is None:
        now_s, parts = since_start_s(course), running.parts()
        if running.trouble is not None:
            raise EngineError(running.trouble)
        yield (standing := replace(standing, restarts=restarts(parts)))
        if not aimed:
            course.tally.nobody_looked(newly_blind_s(before_s, parts), now_s)
        before_s = down_s_of(parts)
        with _tolerated():
            aimed = aimed and _is_aimed(plan, running)
            look = Situation(parts, running.router.health(), running.router.counts(), aimed)
            yield (standing := replace(standing, unkept=look.counts.unkept))
            course.tally.hear(look.health, now_s, 0.0 if aimed else now_s - heard_s)
            heard_s = now_s
            on_look(look)
            played_s = played_since_s(cameras, look.health, now_s, played_s)
            if played_s is not None and now_s - played_s >= PLAYED_S:
                reason = "played"
        if reason is None:
            saved_s = _saved(course, standing, saved_s, now_s)
            reason = _waited(course, stopping)
    yield replace(standing, reason=reason)


def _is_aimed(plan: LivePlan, running: LiveEngine) -> bool:
    """Whether its cameras are still aimed, which is no outage. Raises EngineError."""
    return plan.watch_from is not None and running.router.watching() is None


def _saved(course: Course, standing: Standing, saved_s: float, now_s: float) -> float:
    """When that was last tried."""
    if now_s - saved_s < SAVE_S:
        return saved_s
    with _tolerated():
        save_so_far(course, standing)
    return now_s


def _waited(course: Course, stopping: Event) -> Reason | None:
    """Until the next look; why there is none."""
    if stopping.wait(LOOK_S):
        return "stopped"
    term = course.deployment.term
    return term.ends_by if is_over(term, datetime.now(UTC), since_start_s(course)) else None


@contextmanager
def _tolerated() -> Iterator[None]:
    """A router that is being restarted, or a store that is out of reach, ends no deployment."""
    try:
        yield
    except (EngineError, StoreError) as error:
        logger.warning("%s", error)
