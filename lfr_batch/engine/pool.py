"""Which workers a run has on which nodes, and what becomes of what they have in hand. Pure.

A pool is told what was seen (``Event``) and says what is to be done (``Action``); items are numbers
to it. Times are seconds of one steady clock.

Nodes that join have workers at once; one that is to leave gets nothing more and finishes what is in
hand; one that is gone, or on which no worker can be opened, gives back what its workers had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil, inf

from lfr_batch.engine.pool_events import (
    Action,
    ClusterNode,
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
from lfr_batch.errors import EngineError, LfrError

MOST_DEATHS = 4
"""In a row on a node, each of a worker that had not answered for anything and was started after the
one before had died: until the node is left out."""
PAUSE_S, LONGER = 1.0, 6.0
"""After the first of them nothing is started there for so long, and each time so many times longer:
the head may take half a minute to see that a node is gone."""
LAST_MOMENT_S = 2.0
"""Before a node's time is over, for what is given back then."""
NOBODY_S = 1800.0
"""Without a node on which a worker has room, until a run gives up."""
NOBODY_YET_S = 4 * 3600.0
"""The same where a cluster adds nodes by itself."""
STILL_S, STILL_AGAIN_S = 100.0, 600.0
"""Nothing comes back although there is something to do: until that is said, and said again."""


@dataclass(frozen=True, slots=True)
class Worker:
    node_id: str
    tasks: frozenset[int] = frozenset()
    """In hand."""
    is_open: bool = False
    has_answered: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """What there is to do."""

    items: int
    """In hand, or taken and waiting for a place."""
    is_all: bool
    """Whether nothing more will come."""


@dataclass(frozen=True, slots=True)
class Deaths:
    """On one node, in a row."""

    rounds: int = 0
    started: int = 0
    """Workers of the pool that had been started by the last."""
    until_s: float = -inf
    """Nothing is started there before."""


Nodes = Mapping[str, ClusterNode]


@dataclass(frozen=True, slots=True)
class Pool:
    most: int = 0
    """Workers; 0: as many as there is room for."""
    together: int = 1
    """Items that a worker has at once."""
    autoscaled: bool = False
    is_here: bool = False
    """Whether this machine is all there is of the cluster, and needs not be named."""
    nodes: Nodes = field(default_factory=dict)
    """By id; of those that are left out, too."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Nodes on which no worker can work, by id, with what is wrong, the host named."""
    refusal: LfrError | None = None
    """Of the last of them."""
    has_lost_nodes: bool = False
    """Whether nodes that were not left out have gone: others like them may come."""
    workers: Mapping[int, Worker] = field(default_factory=dict)
    started: int = 0
    deaths: Mapping[str, Deaths] = field(default_factory=dict)
    nobody_since_s: float | None = None
    """Since when no node has room; None: one has."""
    moved_s: float = -inf
    """When something came back last."""
    said_s: float = -inf
    """When it was said last that nothing comes back."""


def decide(
    pool: Pool, events: tuple[Event, ...], demand: Demand, now_s: float
) -> tuple[Pool, tuple[Action, ...]]:
    """What is to be done after ``events``. Where a Fail is among it, the run is over."""
    course = _Course(pool, now_s)
    for event in events:
        course.take(event)
    course.part_from_leaving()
    course.start_and_end(demand)
    course.watch(demand)
    return course.pool, tuple(course.actions)


def handed(pool: Pool, number: int, task: int) -> Pool:
    """With one more item in the hand of a worker."""
    worker = pool.workers[number]
    return _with_worker(pool, number, replace(worker, tasks=worker.tasks | {task}))


def places(pool: Pool) -> Iterator[int]:
    """Workers that may be given an item, each as often as it has a place; idle ones first."""
    free = {
        number: len(worker.tasks)
        for number, worker in pool.workers.items()
        if worker.is_open and _stays(pool, worker.node_id)
    }
    for taken in range(pool.together):
        yield from (number for number, tasks in free.items() if tasks <= taken)


def room(pool: Pool) -> int:
    """Workers that the pool may have."""
    there = sum(node.room for node in _usable(pool))
    return min(pool.most or there, there)


def wish(pool: Pool, demand: Demand) -> int:
    """Workers that a cluster which adds nodes by itself is asked to have room for: twice what there
    is while nobody knows how much there is to do."""
    needed = ceil(demand.items / pool.together)
    wanted = needed if demand.is_all else max(needed, 2 * room(pool), 1)
    return min(pool.most or wanted, wanted)


def _usable(pool: Pool) -> Iterator[ClusterNode]:
    return (node for node in pool.nodes.values() if node.room and _stays(pool, node.node_id))


def _stays(pool: Pool, node_id: str) -> bool:
    node = pool.nodes.get(node_id)
    return node is not None and node.leaves_s is None and node_id not in pool.left_out


def _with_worker(pool: Pool, number: int, worker: Worker) -> Pool:
    return replace(pool, workers={**pool.workers, number: worker})


@dataclass(slots=True)
class _Course:
    """A pool that changes, and what is to be done for it."""

    pool: Pool
    now_s: float
    actions: list[Action] = field(default_factory=list)

    def take(self, event: Event) -> None:
        match event:
            case Looked(nodes):
                self._look({node.node_id: node for node in nodes})
            case WorkerOpened(number) if number in self.pool.workers:
                self._moved(number, replace(self.pool.workers[number], is_open=True))
            case ItemAnswered(number, task) if number in self.pool.workers:
                worker = self.pool.workers[number]
                self._moved(number, replace(worker, tasks=worker.tasks - {task}, has_answered=True))
                self._deaths(worker.node_id, None)
            case Refused(number, error) if number in self.pool.workers:
                self._leave_out(self.pool.workers[number].node_id, error)
            case Died(number) if number in self.pool.workers:
                self._lose(number)

    def _look(self, seen: Nodes) -> None:
        before = self.pool.nodes
        gone = {node_id for node_id in before if node_id not in seen}
        for node_id, node in seen.items():
            old = before.get(node_id)
            if node.leaves_s is not None and (old is None or old.leaves_s is None):
                self._say_leaving(node)
            elif old is None and before and node.room:
                self._say(f"{node.host} has joined, with room for {_counted(node.room)}")
        for node_id in gone:
            self._drop_workers(node_id, f"{before[node_id].host} went away")
            if before[node_id].room:
                self._say(
                    f"{before[node_id].host} went away: what it had in hand is done elsewhere"
                )
        lost = any(
            node.room and _stays(self.pool, node_id)
            for node_id, node in before.items()
            if node_id in gone or seen[node_id].leaves_s is not None
        )
        has_lost = self.pool.has_lost_nodes or lost
        self.pool = replace(self.pool, nodes=seen, has_lost_nodes=has_lost)

    def _say_leaving(self, node: ClusterNode) -> None:
        if node.room:
            when = "" if node.leaves_s == inf else f" in {max(0.0, self._left_s(node)):.0f} s"
            self._say(f"{node.host} is to go away{when}: it finishes what it has in hand")

    def _left_s(self, node: ClusterNode) -> float:
        return (node.leaves_s or 0.0) - self.now_s

    def _moved(self, number: int, worker: Worker) -> None:
        self.pool = replace(_with_worker(self.pool, number, worker), moved_s=self.now_s)

    def _lose(self, number: int) -> None:
        worker = self.pool.workers[number]
        host = self._host(worker.node_id)
        self._drop(number, f"the worker's supervisor on {host} was killed")
        deaths = self.pool.deaths.get(worker.node_id, Deaths())
        if worker.has_answered or number <= deaths.started:
            return
        until_s = self.now_s + PAUSE_S * LONGER**deaths.rounds
        self._deaths(worker.node_id, Deaths(deaths.rounds + 1, self.pool.started, until_s))
        if deaths.rounds + 1 >= MOST_DEATHS:
            died = f"workers died there {MOST_DEATHS} times in a row before they answered"
            self._leave_out(worker.node_id, EngineError(f"{died}: see Ray's logs of that machine."))

    def _deaths(self, node_id: str, deaths: Deaths | None) -> None:
        if deaths or node_id in self.pool.deaths:
            others = {k: v for k, v in self.pool.deaths.items() if k != node_id}
            now = {**others, node_id: deaths} if deaths else others
            self.pool = replace(self.pool, deaths=now)

    def _leave_out(self, node_id: str, error: LfrError) -> None:
        if node_id in self.pool.left_out:
            return
        host = self._host(node_id)
        self._drop_workers(node_id, f"{host} was left out of the run")
        left_out = {**self.pool.left_out, node_id: f"{host}: {error}"}
        self.pool = replace(self.pool, left_out=left_out, refusal=error)
        if any(_usable(self.pool)):
            self._say(f"{host} is left out of the run, which goes on without it: {error}")

    def _drop_workers(self, node_id: str, said: str) -> None:
        for number in [n for n, w in self.pool.workers.items() if w.node_id == node_id]:
            self._drop(number, said)

    def _drop(self, number: int, said: str) -> None:
        """End a worker; what it has in hand is given back."""
        worker = self.pool.workers[number]
        others = {n: w for n, w in self.pool.workers.items() if n != number}
        self.pool = replace(self.pool, workers=others)
        self.actions += [GiveBack(task, said) for task in sorted(worker.tasks)]
        self.actions.append(End(number))

    def part_from_leaving(self) -> None:
        """Workers of nodes that are to go away end with what is in hand, or when it is time."""
        for number, worker in list(self.pool.workers.items()):
            node = self.pool.nodes.get(worker.node_id)
            if node is None or node.leaves_s is None:
                continue
            if not worker.tasks or self._left_s(node) <= LAST_MOMENT_S:
                self._drop(number, f"{node.host} goes away")

    def start_and_end(self, demand: Demand) -> None:
        needed = min(room(self.pool), ceil(demand.items / self.pool.together))
        surplus = len(self.pool.workers) - needed
        if demand.is_all and surplus > 0:
            idle = [n for n, w in self.pool.workers.items() if w.is_open and not w.tasks]
            for number in idle[:surplus]:
                self._drop(number, "")
        for _ in range(-surplus):
            self._start()

    def _start(self) -> None:
        """Where the largest part of the room is free."""
        busy = Counter(worker.node_id for worker in self.pool.workers.values())
        free = {
            node.node_id: 1 - busy[node.node_id] / node.room
            for node in _usable(self.pool)
            if self.pool.deaths.get(node.node_id, Deaths()).until_s <= self.now_s
        }
        node_id = max(free, key=lambda each: (free[each], each), default=None)
        if node_id is not None and free[node_id] > 0:  # a node may have shrunk
            number = self.pool.started + 1
            self.pool = replace(_with_worker(self.pool, number, Worker(node_id)), started=number)
            self.actions.append(Start(number, node_id))

    def watch(self, demand: Demand) -> None:
        if not demand.items:
            self.pool = replace(self.pool, moved_s=self.now_s, nobody_since_s=None)
        elif not any(_usable(self.pool)) and not self.pool.workers:
            self._wait_for_nodes()
        else:
            self.pool = replace(self.pool, nobody_since_s=None)
            self._say_if_still()

    def _wait_for_nodes(self) -> None:
        pool, since_s = self.pool, self.pool.nobody_since_s
        refusing = any(n.room and n.leaves_s is None for n in pool.nodes.values())
        if pool.refusal and refusing and not pool.has_lost_nodes:
            self.actions.append(Fail(_of_all(pool.refusal, pool)))
        elif since_s is None:
            self.pool = replace(pool, nobody_since_s=self.now_s, moved_s=self.now_s)
            more = "it is asked for more" if pool.autoscaled else "waiting for one"
            self._say(f"No node of the cluster has room for a worker: {more}")
        elif self.now_s - since_s >= (NOBODY_YET_S if pool.autoscaled else NOBODY_S):
            waited = f"{(self.now_s - since_s) / 60:.0f} min"
            left_out = "".join(f"; left out is {each}" for each in pool.left_out.values())
            self.actions.append(Fail(EngineError(
                f"No node of the cluster has had room for a worker for {waited}: what is done is "
                f"kept; add machines, then `lfr resume` the run{left_out.rstrip('.')}."
            )))  # fmt: skip
        else:
            self._say_if_still()

    def _say_if_still(self) -> None:
        moved_s = self.now_s if self.pool.moved_s == -inf else self.pool.moved_s
        self.pool = replace(self.pool, moved_s=moved_s)
        again = self.pool.said_s > moved_s
        if self.now_s - max(moved_s, self.pool.said_s) >= (STILL_AGAIN_S if again else STILL_S):
            self.pool = replace(self.pool, said_s=self.now_s)
            self.actions.append(SayStill(self.now_s - moved_s))

    def _host(self, node_id: str) -> str:
        node = self.pool.nodes.get(node_id)
        return node.host if node else "a node that is gone"

    def _say(self, what: str) -> None:
        self.actions.append(Say(f"{what}." if what[-1] not in ".;" else what))


def _of_all(refusal: LfrError, pool: Pool) -> LfrError:
    """What keeps every node from working, as its own kind of error."""
    if pool.is_here:
        return refusal
    said = " ".join(dict.fromkeys(pool.left_out.values()))
    return type(refusal)(f"No node of the cluster can work: {said}")


def _counted(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"
