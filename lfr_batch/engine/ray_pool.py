"""Work on a pool of Ray actors: one for each worker, pinned to its node.

``pool`` decides; here Ray is asked, and it is done. An actor only supervises (``supervisor``), so
that one which dies tells of its node and not of the item. Nothing waits at a worker: it has what it
works on and no more. Items are taken as they find a place, so that an archive of any size starts at
once and fits.

Closing what ``Runner`` gives breaks off what is in hand. Ending ``items`` lets it be finished, and
so does SIGTERM, for ``engine.drain_s``.
"""

from __future__ import annotations

import logging
import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import connected, named_cluster
from lfr_batch.engine.crew import Crew, NoAnswer
from lfr_batch.engine.looking import Looking, looking_at
from lfr_batch.engine.own_raylet import raylet_watched
from lfr_batch.engine.pool import Demand, Pool, decide, handed, places, room, wish
from lfr_batch.engine.pool_events import (
    Action,
    Died,
    End,
    Event,
    Fail,
    GiveBack,
    ItemAnswered,
    Looked,
    Refused,
    Say,
    SayStill,
    Start,
    WorkerOpened,
)
from lfr_batch.engine.sigterm import Noted, sigterm_noted
from lfr_batch.engine.supervisor import Reply, WasLost
from lfr_batch.engine.uninterrupted import uninterrupted
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.work.attempts import Runner, Tell, unheard
from lfr_batch.work.guarded import packed
from lfr_batch.work.lost import Lost, NotNow

logger = logging.getLogger(__name__)

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")

TICK_S = 1.0
"""Between two looks at what has changed, where nothing comes back."""
SILENT_S, LOST_S = 15.0, 40.0
"""The cluster's head does not answer: until that is said, and until the run ends. A minute after it
is gone Ray's core would end this process without a word."""
NAMED = 3
"""Items in hand that are named where nothing comes back."""


@contextmanager
def ray_pool(config: EngineConfig, tell: Tell = unheard) -> Iterator[Runner]:
    """Whatever ends it, its passes are over before the connection is. Who interrupts that end
    waits for it."""
    opened = ExitStack()
    try:
        opened.enter_context(connected(config))
        raylet_died = opened.enter_context(raylet_watched())
        looking = opened.enter_context(looking_at(config))
        noted = opened.enter_context(sigterm_noted())

        def run(
            open_worker: Callable[[Spec], Callable[[Item], Result]],
            spec: Spec,
            items: Iterable[Item | NotNow],
            together: int = 1,
        ) -> Generator[Result | Lost[Item]]:
            crew = Crew(config, packed(open_worker, spec), spec, together)
            seen = _Seen(looking, noted, raylet_died)
            shift: _Shift[Item, Result] = _Shift(crew, _Source(iter(items)), seen, tell)
            return opened.enter_context(closing(shift.replies()))

        runner: Runner = run
        yield runner
    finally:
        with uninterrupted():
            opened.close()


@dataclass(slots=True)
class _Source(Generic[Item]):
    """Items to come, and those that wait for a place."""

    items: Iterator[Item | NotNow]
    waiting: deque[Item] = field(default_factory=deque)
    is_over: bool = False
    not_before_s: float = 0.0

    def fill(self, most: int) -> None:
        """Until so many wait."""
        while len(self.waiting) < most and not self.is_over and monotonic() >= self.not_before_s:
            try:
                item = next(self.items)
            except StopIteration:
                self.is_over = True
                return
            if isinstance(item, NotNow):
                self.not_before_s = monotonic() + TICK_S
            else:
                self.waiting.append(item)

    def stop(self) -> None:
        self.is_over = True
        self.waiting.clear()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What happens around the work."""

    looking: Looking
    noted: Noted
    raylet_died: Callable[[], bool]


class _Shift(Generic[Item, Result]):
    """One pass over some items."""

    def __init__(self, crew: Crew, source: _Source[Item], seen: _Seen, tell: Tell) -> None:
        here = not named_cluster(crew.engine)
        self._pool = Pool(crew.engine.workers, crew.together, is_here=here)
        self._crew, self._source, self._tell = crew, source, tell
        self._looking, self._noted = seen.looking, seen.noted
        self._raylet_died = seen.raylet_died
        self._in_hand: dict[int, Item] = {}
        self._handed = 0
        self._looked: object = None
        self._silence_said = self._end_said = False

    def replies(self) -> Generator[Result | Lost[Item]]:
        """Raises the worker's own error where no worker can do the job, EngineError where Ray
        fails."""
        with closing(self._crew):
            self._look_first()
            results: list[Result | Lost[Item]] = []
            events: list[Event] = []
            error: LfrError | None = None
            while error is None:
                try:
                    demand = self._demand()
                except LfrError:
                    yield from results
                    raise
                if not demand.items and demand.is_all:
                    break
                lost, error = self._act(events, demand)
                if error is None:
                    self._hand_out()  # before anybody looks at what is done
                yield from [*results, *lost]
                results = []
                if error is None:
                    results, events, error = self._wait()
                    if self._noted.came_s is not None:
                        yield from results
                        results = []
                        self._mind_signal()
            self._looking.wish = 0
            yield from results
            if error:
                raise error

    def _look_first(self) -> None:
        if not self._looking.first.wait(LOST_S):
            raise _head_lost(LOST_S)
        nodes, engine = self._looking.nodes or (), self._crew.engine
        if not any(node.room for node in nodes) and not self._looking.autoscaled:
            labels = f" with the labels {dict(engine.labels)}" if engine.labels else ""
            raise EngineError(
                f"No worker fits on any node of the cluster{labels}: one needs "
                f"{engine.cpus_per_worker or 1.0:g} CPUs and {engine.gpus_per_worker or 0.0:g} "
                "GPUs; lower engine.cpus_per_worker or engine.gpus_per_worker, or add machines."
            )
        # Before the first item is taken: as many are as there is room for.
        self._act([Looked(nodes)], Demand(0, is_all=False))

    def _demand(self) -> Demand:
        free = max(1, room(self._pool) * self._crew.together) - len(self._in_hand)
        self._source.fill(free)
        items = len(self._in_hand) + len(self._source.waiting)
        demand = Demand(items, self._source.is_over)
        self._looking.wish = wish(self._pool, demand) if items else 0
        return demand

    def _act(self, events: list[Event], demand: Demand) -> tuple[list[Lost[Item]], LfrError | None]:
        """What was lost, and what ends the run."""
        self._pool = replace(self._pool, autoscaled=self._looking.autoscaled)
        self._pool, actions = decide(self._pool, tuple(events), demand, monotonic())
        lost: list[Lost[Item]] = []
        for action in actions:
            match action:
                case GiveBack(task, said):
                    lost.append(Lost(self._in_hand.pop(task), "node", said))
                case Fail(error):
                    return lost, error
                case _:
                    self._do(action)
        return lost, None

    def _do(self, action: Action) -> None:
        match action:
            case Start(number, node_id):
                self._crew.start(number, node_id)
            case End(number):
                self._crew.end(number)
            case Say(sentence):
                self._tell(sentence)
            case SayStill(for_s):
                self._tell(self._stillness(for_s))

    def _hand_out(self) -> None:
        for number in list(places(self._pool)):
            if not self._source.waiting:
                return
            item = self._source.waiting.popleft()
            self._handed += 1
            self._in_hand[self._handed] = item
            self._pool = handed(self._pool, number, self._handed)
            self._crew.hand(number, self._handed, item)

    def _wait(self) -> tuple[list[Result | Lost[Item]], list[Event], LfrError | None]:
        results: list[Result | Lost[Item]] = []
        events: list[Event] = []
        died: list[Event] = []
        error: LfrError | None = None
        for number, task, answer in self._crew.answers(TICK_S):
            if isinstance(answer, NoAnswer) and not answer.starting:
                died.append(Died(number))
            elif task is None:
                events.append(_opening(number, answer))
            else:
                events.append(ItemAnswered(number, task))
                reply = _reply(self._in_hand.pop(task), answer)
                if isinstance(reply, LfrError):
                    error = error or reply
                else:
                    results.append(reply)
        return results, [*events, *died, *self._look()], error or self._head_error()

    def _look(self) -> list[Event]:
        nodes = self._looking.nodes
        if nodes is None or nodes is self._looked:
            return []
        self._looked = nodes
        return [Looked(nodes)]

    def _head_error(self) -> EngineError | None:
        if self._raylet_died():
            return EngineError(
                "Ray's own process on this machine (raylet) has died: what is done is kept; see "
                "that Ray runs here again, then `lfr resume` the run."
            )
        silent_s = self._looking.silent_s()
        if silent_s >= LOST_S:
            return _head_lost(silent_s)
        if silent_s >= SILENT_S and not self._silence_said:
            self._tell(f"The head of the cluster has not answered for {silent_s:.0f} s.")
        self._silence_said = silent_s >= SILENT_S
        return None

    def _mind_signal(self) -> None:
        if self._noted.came_s is None:
            return
        self._source.stop()
        left_s = self._noted.came_s + self._crew.engine.drain_s - monotonic()
        if not self._in_hand or left_s <= 0:
            self._noted.follow()
        elif not self._end_said:
            self._end_said = True
            self._tell(f"Told to end: what is in hand ({len(self._in_hand)}) has {left_s:.0f} s.")

    def _stillness(self, for_s: float) -> str:
        """What is in hand, and where."""
        hosts = {
            task: self._pool.nodes[worker.node_id].host
            for worker in self._pool.workers.values()
            if worker.node_id in self._pool.nodes
            for task in worker.tasks
        }
        still = f"Nothing has come back for {for_s:.0f} s"
        if not hosts:
            workers = f"workers ({len(self._pool.workers)}) are being opened"
            return f"{still}: {workers}, or wait for a place; `ray status` shows who has it."
        named = [f"{_name(self._in_hand[task])} on {host}" for task, host in hosts.items()]
        more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
        return f"{still}; in hand: {', '.join(named[:NAMED])}{more}."


def _opening(number: int, answer: Reply | NoAnswer | None) -> Event:
    if isinstance(answer, NoAnswer):
        return Refused(number, EngineError(f"a worker cannot be started there: {answer.said}"))
    return Refused(number, answer) if isinstance(answer, LfrError) else WorkerOpened(number)


def _reply(item: Item, answer: Reply | NoAnswer | None) -> Any:
    """The result, what the item was lost to, or what ends the run."""
    match answer:
        case bytes():
            return pickle.loads(answer)
        case WasLost(why, said):
            return Lost(item, why, said)
        case LfrError():
            return answer
        case NoAnswer(said):
            return EngineError(f"A worker failed: {said}")
    raise TypeError(answer)


def _head_lost(for_s: float) -> EngineError:
    return EngineError(
        f"The head of the Ray cluster has not answered for {for_s:.0f} s: what is done is kept; "
        "see to the cluster, then `lfr resume` the run."
    )


@runtime_checkable
class _Footage(Protocol):
    uri: str


def _name(item: object) -> str:
    """Of a group, its first."""
    first = item[0] if isinstance(item, tuple) and item else item
    if not isinstance(first, _Footage):
        return "something"
    start_s = getattr(first, "start_s", 0.0)
    return f"{first.uri} from {start_s:.0f} s" if start_s else first.uri
