"""Looking after a deployment that runs: one look a second, until it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event

from lfr_batch.errors import AuditBroken, EngineError, StoreError
from lfr_batch.live.deployment.course import Course, save_so_far, since_start_s
from lfr_batch.live.deployment.on_record import note_watching
from lfr_batch.live.deployment.outages import down_s_of, newly_blind_s, restarts
from lfr_batch.live.deployment.plan import LiveEngine, PartKey, PartState
from lfr_batch.live.deployment.standing import Standing
from lfr_batch.live.deployment.window import Reason, is_over, played_since_s
from lfr_batch.live.records import CameraHealth, LiveCounts, WatchingBegun

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


@dataclass(slots=True)
class Aiming:
    """Of one deployment, in which time is no outage meanwhile."""

    course: Course
    lasts: bool
    unnoted: WatchingBegun | None = None
    """What the audit log does not have yet."""

    def look(self, running: LiveEngine) -> None:
        """Whether watching has begun; whoever began it is put on record, as the router has it: who
        pressed may never have heard that it did. Raises EngineError."""
        if self.lasts and (begun := running.router.watching()) is not None:
            self.lasts, self.unnoted = False, begun
        if self.unnoted is not None:
            with _tolerated():  # and tried again at the next look
                note_watching(self.course, self.unnoted)
                self.unnoted = None


def look_after(
    course: Course, running: LiveEngine, on_look: OnLook, stopping: Event
) -> Iterator[Standing]:
    """How it stands, each time that more is known; the last one has why it is over.

    Raises EngineError where the engine is lost.
    """
    standing, before_s, played_s = Standing(), dict[PartKey, float](), None
    heard_s = saved_s = since_start_s(course)
    plan = course.deployment.plan
    cameras, aiming = plan.config.cameras, Aiming(course, plan.watch_from is not None)
    reason: Reason | None = None
    while reason is None:
        now_s, parts = since_start_s(course), running.parts()
        if running.trouble is not None:
            raise EngineError(running.trouble)
        yield (standing := replace(standing, restarts=restarts(parts)))
        if not aiming.lasts:
            course.tally.nobody_looked(newly_blind_s(before_s, parts), now_s)
        before_s = down_s_of(parts)
        with _tolerated():
            aiming.look(running)
            health, counts = running.router.health(), running.router.counts()
            look = Situation(parts, health, counts, aiming.lasts)
            yield (standing := replace(standing, unkept=look.counts.unkept))
            course.tally.hear(look.health, now_s, 0.0 if aiming.lasts else now_s - heard_s)
            heard_s = now_s
            on_look(look)
            played_s = played_since_s(cameras, look.health, now_s, played_s)
            if played_s is not None and now_s - played_s >= PLAYED_S:
                reason = "played"
        if reason is None:
            saved_s = _saved(course, standing, saved_s, now_s)
            reason = _waited(course, stopping)
    with _tolerated():
        aiming.look(running)  # it may have begun since
    yield replace(standing, reason=reason)


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
    except (EngineError, StoreError, AuditBroken) as error:
        logger.warning("%s", error)
