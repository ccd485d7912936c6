"""A deployment on Ray, whose parts are looked after from a thread of this process.

What is to be done is decided by ``supervise``; here Ray is asked, and it is done.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic
from typing import Any

from lfr_batch.engine.cluster import connected
from lfr_batch.engine.cluster_look import require_closed
from lfr_batch.engine.live.actors import RemoteRouter
from lfr_batch.engine.live.part_actors import ROUTER, asked, end_parts, start_parts
from lfr_batch.engine.live.processes import are_alive, born, ray_itself
from lfr_batch.engine.live.steps import RAY
from lfr_batch.engine.live.supervise import (
    ENGINE_LOST,
    Action,
    Answer,
    Answered,
    Answers,
    Ask,
    Broken,
    GiveUp,
    Restart,
    Supervised,
    Tell,
    Unanswered,
    part_state,
    supervise,
)
from lfr_batch.errors import LfrError
from lfr_batch.live.deployment.plan import LivePlan, PartKey, PartState, SayStep, unsaid

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
ANSWER_S = 0.5
ITS_OWN_RAY = {
    # Answers go straight to the asker: an alert's pictures must not lie in the object store, which
    # keeps them and may spill them to disk.
    "RAY_max_direct_call_object_size": str(64 << 20),
    # Ray starts whatever works for it with niceness 15, behind everything else on the machine.
    "RAY_worker_niceness": "0",
}
"""For a cluster that is started here."""


@dataclass(slots=True)
class RayDeployment:
    """Satisfies ``LiveEngine``."""

    actors: dict[PartKey, Any] = field(default_factory=dict)
    states: tuple[Supervised, ...] = ()
    """Replaced as a whole after each look at them."""
    trouble: str | None = None
    lost: int | None = None

    @property
    def router(self) -> RemoteRouter:
        return RemoteRouter(self.actors[ROUTER])

    def parts(self) -> tuple[PartState, ...]:
        now_s = monotonic()
        return tuple(part_state(part, now_s) for part in self.states)


@contextmanager
def live_ray(plan: LivePlan, at: SayStep = unsaid) -> Iterator[RayDeployment]:
    """Raises what opening a part raises, EngineError where Ray cannot be had."""
    for name, value in ITS_OWN_RAY.items():
        os.environ.setdefault(name, value)
    at(RAY)
    with connected(plan.config.engine):
        require_closed(plan.config.engine)  # where only Ray knows which cluster it is
        running = RayDeployment()
        try:
            running.states = start_parts(plan, running.actors, at)
            with _supervised(running):
                yield running
        finally:
            running.lost = end_parts(running.actors)


@contextmanager
def _supervised(running: RayDeployment) -> Iterator[None]:
    ending = Event()
    supervisor = Thread(target=_keep, args=(running, ending), name="supervisor", daemon=True)
    try:
        supervisor.start()
        yield
    finally:
        ending.set()
        if supervisor.is_alive():  # it must not ask for anything once Ray is gone
            supervisor.join()


def _keep(running: RayDeployment, ending: Event) -> None:
    """Until ``ending``, or there is nothing left to look after: ``running.trouble`` then says so.

    Without its own store Ray would end this process after a minute, and nothing after it.
    """
    started_here, questions = ray_itself(), dict[PartKey, Any]()
    try:
        while not ending.wait(LOOK_EVERY_S) and running.trouble is None:
            parts = _ask_all(running, questions)
            answers = Answers(parts, are_alive(started_here), ending.is_set())
            running.states, actions = supervise(running.states, answers, monotonic())
            for action in actions:
                if not ending.is_set():
                    _carry_out(action, running, questions)
    finally:
        if not ending.is_set():
            running.trouble = ENGINE_LOST


def _ask_all(running: RayDeployment, questions: dict[PartKey, Any]) -> Mapping[PartKey, Answer]:
    """What each has answered, or that it turns out to be lost, within a moment. ``questions`` are
    kept until they are answered."""
    import ray  # noqa: PLC0415

    for key, actor in running.actors.items():
        if key not in questions:
            questions[key] = asked(actor)
    waiting = list(questions.values())
    answered, _ = ray.wait(waiting, num_returns=len(waiting), timeout=ANSWER_S)
    return {
        part.key: _answer(questions[part.key])
        if questions[part.key] in answered
        else Unanswered(born(part.process))
        for part in running.states
    }


def _answer(question: Any) -> Answer:
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    try:
        process, failure, works = ray.get(question)
    except RayError as error:
        return Broken(type(error).__name__)
    return Answered(process, born(process), works, str(failure or ""))


def _carry_out(action: Action, running: RayDeployment, questions: dict[PartKey, Any]) -> None:
    match action:
        case Ask(key):
            del questions[key]
        case Tell(sentence):
            logger.warning("%s", sentence)
        case Restart(key):
            _end_process(action, running.actors[key])
        case GiveUp(trouble):
            running.trouble = trouble


def _end_process(restart: Restart, actor: Any) -> None:
    """From here: Ray asks it to end, which one that hangs does not hear."""
    import ray  # noqa: PLC0415

    if born(restart.process) == restart.born:
        with suppress(ProcessLookupError):
            os.kill(restart.process, signal.SIGKILL)
    else:
        with suppress(LfrError, RuntimeError, ValueError):
            ray.kill(actor, no_restart=False)
