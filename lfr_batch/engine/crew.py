"""The Ray actors of a pass: started on their nodes, asked, ended."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from time import sleep
from typing import Any

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.supervisor import Reply, Supervisor
from lfr_batch.unexpected import trace
from lfr_batch.work.limits import limits_of, media_s_of

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Crew:
    """The actors by number, and the questions that they have not answered."""

    engine: EngineConfig
    work: bytes
    spec: object
    together: int
    actors: dict[int, Any] = field(default_factory=dict)
    asked: dict[Any, tuple[int, int | None]] = field(default_factory=dict)
    """Reference → worker and item; None: whether it can be opened."""

    def start(self, number: int, node_id: str) -> None:
        import ray  # noqa: PLC0415
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        actor: Any = (
            ray.remote(Supervisor)
            .options(
                num_cpus=self.engine.cpus_per_worker or 1.0,
                num_gpus=self.engine.gpus_per_worker or 0,
                max_restarts=0,
                max_task_retries=0,
                max_concurrency=self.together,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False),
            )
            .remote()
        )
        self.actors[number] = actor
        opening = actor.open.remote(self.work, limits_of(self.spec), self.together)
        self.asked[opening] = (number, None)

    def hand(self, number: int, task: int, item: object) -> None:
        media_s = media_s_of(self.spec, item)
        reply = self.actors[number].process.remote(pickle.dumps(item), media_s)
        self.asked[reply] = (number, task)

    def end(self, number: int) -> None:
        """Whatever it is at."""
        import ray  # noqa: PLC0415

        with suppress(Exception):  # it is gone, or the head is: then it ends with its node
            ray.kill(self.actors[number])
        del self.actors[number]
        self.asked = {ref: asked for ref, asked in self.asked.items() if asked[0] != number}

    def close(self) -> None:
        for number in list(self.actors):
            self.end(number)

    def answers(self, most_s: float) -> Iterator[tuple[int, int | None, Reply | NoAnswer | None]]:
        """What has come back, as soon as anything has."""
        import ray  # noqa: PLC0415

        if not self.asked:
            sleep(most_s)
            return
        refs = list(self.asked)
        if ray.wait(refs, timeout=most_s)[0]:
            ready, _ = ray.wait(refs, num_returns=len(refs), timeout=0)
            for ref in ready:
                number, task = self.asked.pop(ref)
                yield number, task, _answer(ref)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """What Ray says in place of an answer."""

    said: str
    starting: bool
    """The actor could not be made; otherwise it is gone."""


def _answer(ref: Any) -> Reply | NoAnswer | None:
    import ray  # noqa: PLC0415
    from ray.exceptions import RayActorError, RayError, RayTaskError  # noqa: PLC0415

    try:
        reply: Reply | None = ray.get(ref)
    except RayTaskError as error:
        logger.warning("a supervisor failed: %s", trace(error))
        return NoAnswer(_last_line(error), starting=True)
    except RayActorError as error:
        return NoAnswer(_last_line(error), starting=error.actor_init_failed)
    except RayError as error:
        return NoAnswer(_last_line(error), starting=False)
    return reply


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
