"""A thread that looks at the cluster's nodes once a second, and asks for more where that helps.

In a thread, since Ray's questions wait for as long as the head is away, and work goes on meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.nodes import ask_for, has_autoscaler, look
from lfr_batch.engine.pool_events import ClusterNode

logger = logging.getLogger(__name__)

LOOK_S = 1.0
LONGEST_STEP_S = 5.0
"""Of the time between two questions how long the head is silent; the rest is this process's own,
which stood still: somebody had stopped it for a while."""
END_S = 5.0
"""For the thread to end; one that waits for a head that is gone is left behind."""


@dataclass(slots=True)
class Looking:
    """What was seen last. Attributes are replaced as a whole."""

    engine: EngineConfig
    clock: Callable[[], float] = monotonic
    nodes: tuple[ClusterNode, ...] | None = None
    answers: int = 0
    """Of the head, so far."""
    autoscaled: bool = False
    wish: int = 0
    """Workers there should be room for."""
    asked: int = 0
    """For how many room was asked for last."""
    first: Event = field(default_factory=Event)
    ending: Event = field(default_factory=Event)
    _asked_s: float | None = None
    _silent_s: float = 0.0
    _answers: int = 0
    """As they were when it was asked last how long the head is silent."""

    def silent_s(self) -> float:
        """How long the head has not answered. Asked by one thread, every second or so."""
        now_s, answers = self.clock(), self.answers
        before_s = now_s if self._asked_s is None else self._asked_s
        step_s = min(now_s - before_s, LONGEST_STEP_S)
        self._silent_s = self._silent_s + step_s if answers == self._answers else 0.0
        self._asked_s, self._answers = now_s, answers
        return self._silent_s

    def run(self) -> None:
        while not self.ending.is_set():
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - the silence says it
                logger.info("the nodes cannot be looked at: %s", error)
            self.ending.wait(LOOK_S)
        if self.asked:
            self.ask(0)

    def _look(self) -> None:
        self.nodes = look(self.engine)
        self.answers += 1
        self.autoscaled = self.autoscaled or has_autoscaler()
        self.first.set()
        if self.autoscaled and self.wish != self.asked:
            self.ask(self.wish)

    def ask(self, workers: int) -> None:
        try:
            ask_for(workers, self.engine)
            self.asked = workers
        except Exception as error:  # noqa: BLE001 - it is a wish
            logger.warning("no more nodes can be asked for: %s", error)


@contextmanager
def looking_at(engine: EngineConfig) -> Iterator[Looking]:
    """While the cluster is joined."""
    looking = Looking(engine)
    thread = Thread(target=looking.run, name="nodes", daemon=True)
    thread.start()
    try:
        yield looking
    finally:
        looking.ending.set()
        thread.join(END_S)
