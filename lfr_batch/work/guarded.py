"""Work in a guarded process: whatever a decoder does there, its supervisor and the others go on.

    supervisor: any thread ── submit ──► the guard's own thread ──► ChildProcess
                                         starts, watches, kills       child.py: worker, decoders

The guard's thread alone knows the process; everybody else leaves it a note of what is to be done.
It looks at the process fifty times a second: memory grows by a gigabyte in half a second.

An item is charged with its share of the process's processor time. The time that passes, in which a
busy machine does others' work, counts more generously: against what waits for what never comes.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, TypeVar

from lfr_batch.errors import EngineError, StoreAway
from lfr_batch.unexpected import trace, unexpected
from lfr_batch.work.child import Asked, Told
from lfr_batch.work.child_process import ChildProcess, this_host
from lfr_batch.work.limits import Limits, how_late, limits_of, media_s_of
from lfr_batch.work.lost import Lost, Why

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

LOOK_S = 0.02
LONGEST_STEP_S = 1.0
"""Of the time that passes between two looks; the rest is the supervisor's, which stood still."""
MOST_KEPT = 0.6
"""Of what a process may grow, that it may keep when it has nothing in hand: libraries and the
allocator keep some gigabyte of the largest pictures they have seen, and the next would lack it."""
OPENINGS = 2
"""Processes that may die in a row while a worker is opened in them."""


def packed(open_worker: Callable[[Spec], Callable[[Item], Result]], spec: Spec) -> bytes:
    """The work, for ``Guarded.open``."""
    return pickle.dumps((open_worker, spec))


class Guarded:
    """A guarded process, started at once, and again when it is needed after it has died.

    Items, work and results are pickled and pass through unread. ``imports``: modules that the work
    will need, loaded meanwhile. May be used from any thread; ``close`` ends it.
    """

    def __init__(self, imports: Sequence[str] = ()) -> None:
        self._watch = _Watch(tuple(imports))
        self._numbers = count(1)
        self._thread = Thread(target=self._watch.run, name="guard", daemon=True)
        self._thread.start()

    def open(self, work: bytes, limits: Limits, together: int = 1) -> None:
        """Open the worker in the process, in place of the one that was open in it.

        Nothing may be in hand. What is open already is left as it is. Raises what opening it
        raises, EngineError where the process dies of it.
        """
        opened: Future[None] = Future()
        self._do(partial(self._watch.open, _Work(work, limits, together), opened))
        opened.result()

    def submit(self, item: bytes, media_s: float = 0.0) -> Future[bytes | Lost[bytes]]:
        """The worker's result, or what the item was lost to: 'died', 'limit', 'beside', 'store',
        or 'node' where the guard was closed. Raises the worker's other LfrErrors.

        No more at once than ``open`` was told.
        """
        task = _Task(next(self._numbers), item, media_s)
        self._do(partial(self._watch.take, task))
        return task.reply

    def close(self) -> None:
        """End the process, whatever it is at."""
        self._watch.do(self._watch.close)
        self._thread.join()

    def _do(self, what: Callable[[], None]) -> None:
        if not self._watch.do(what):
            raise EngineError("A worker was asked for more after it had been stopped.")


@contextmanager
def guarded(
    open_worker: Callable[[Spec], Callable[[Item], Result]], spec: Spec, together: int = 1
) -> Iterator[Callable[[Item], Result | Lost[Item]]]:
    """A worker in a process of its own, for ``together`` threads at once; it is open.

    An item has the limits that ``spec`` states (``limits.Limited``). Raises what opening raises.
    """
    with closing(Guarded()) as guard:
        guard.open(packed(open_worker, spec), limits_of(spec), together)
        yield lambda item: submitted(guard, spec, item).result()


def submitted(guard: Guarded, spec: object, item: Item) -> Future[Any | Lost[Item]]:
    """``item`` in the worker that is open: its result, or what it was lost to."""
    reply = guard.submit(pickle.dumps(item), media_s_of(spec, item))
    unpacked: Future[Any | Lost[Item]] = Future()
    reply.add_done_callback(partial(_unpack, unpacked, item))
    return unpacked


def _unpack(
    unpacked: Future[Any | Lost[Item]], item: Item, reply: Future[bytes | Lost[bytes]]
) -> None:
    try:
        answer = reply.result()
        if isinstance(answer, Lost):
            unpacked.set_result(Lost(item, answer.why, answer.said))
        else:
            unpacked.set_result(pickle.loads(answer))
    except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
        unpacked.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Work:
    body: bytes
    limits: Limits
    together: int


@dataclass(slots=True)
class _Task:
    """An item in hand."""

    number: int
    item: bytes
    media_s: float
    reply: Future[bytes | Lost[bytes]] = field(default_factory=Future)
    spent_s: float = 0.0
    """Of processor time, its share."""
    lasted_s: float = 0.0

    def lose(self, why: Why, said: str) -> None:
        self.reply.set_result(Lost(self.item, why, said))

    def late(self, limits: Limits) -> str:
        return how_late(limits, self.media_s, self.spent_s, self.lasted_s, this_host())


@dataclass(slots=True)
class _Child:
    """The process, and what was seen of it last."""

    process: ChildProcess
    unopened: int = 0
    """Works that it was sent and has not answered for; only the last counts."""
    is_open: bool = False
    opened_mib: float = 0.0
    """What it had when its worker was open."""
    processor_s: float = 0.0
    answers: int = 0


class _Watch:
    """What the guard's thread knows and does; but for ``do`` nobody else calls it."""

    def __init__(self, imports: tuple[str, ...]) -> None:
        self._notes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._noting, self._over = Lock(), False
        self._imports = imports
        self._child: _Child | None = None
        self._work: _Work | None = None
        self._opening: Future[None] | None = None
        self._tasks: dict[int, _Task] = {}
        self._deaths = 0
        """In a row, while a worker was being opened."""
        self._looked_s = monotonic()
        self._closed = False

    def do(self, what: Callable[[], None]) -> bool:
        """Soon, by the guard's thread; False: that has ended."""
        with self._noting:
            if not self._over:
                self._notes.put(what)
            return not self._over

    def run(self) -> None:
        try:
            self._child = self._started()
            while not self._closed:
                self._follow_notes()
                self._look()
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            logger.warning("a guard failed: %s", trace(error))
            self._fail(EngineError(f"A worker's guard failed: {unexpected(error)}"))
        finally:
            self._end()

    def _follow_notes(self) -> None:
        """All there are, so that nobody is charged who has answered; what comes meanwhile waits
        for a look, so that nobody goes unwatched who says a lot."""
        with suppress(Empty):
            self._notes.get(timeout=LOOK_S if self._tasks else None)()
            for _ in range(self._notes.qsize()):
                if not self._closed:
                    self._notes.get_nowait()()

    def open(self, work: _Work, opened: Future[None]) -> None:
        if work == self._work and (self._child is None or self._child.is_open):
            opened.set_result(None)
            return
        is_on_its_way, self._work, self._opening = work == self._work, work, opened
        if self._child is None:
            self._begin()
        elif not is_on_its_way:
            self._send_work(self._child, work)

    def take(self, task: _Task) -> None:
        self._tasks[task.number] = task
        if self._child is None:
            self._begin()
        else:
            self._child.process.ask(Asked("item", task.item, task.number))

    def close(self) -> None:
        self._closed = True

    def _started(self) -> _Child:
        """By the guard's thread, which lives as long as it is needed."""
        child = _Child(ChildProcess(self._imports))
        Thread(target=self._listen, args=(child,), name="guard-ear", daemon=True).start()
        return child

    def _begin(self) -> None:
        """A process anew, with all that waits for it."""
        self._child = self._started()
        if self._work:
            self._send_work(self._child, self._work)
        for task in self._tasks.values():
            self._child.process.ask(Asked("item", task.item, task.number))

    def _send_work(self, child: _Child, work: _Work) -> None:
        child.is_open = False
        child.unopened += 1
        child.process.ask(Asked("work", work.body, work.together))

    def _listen(self, child: _Child) -> None:
        """In a thread of its own: a process that stands still in midst of a word keeps nobody."""
        while told := child.process.listen():
            self.do(partial(self._heard, child, told))
        if not self.do(partial(self._is_gone, child)):
            child.process.let_go()

    def _heard(self, child: _Child, told: Told) -> None:
        if told.what == "log":
            record = logging.makeLogRecord(pickle.loads(told.body))
            logging.getLogger(record.name).handle(record)
        elif child is self._child:
            _HEARD[told.what](self, child, told)

    def _opened(self, child: _Child, _: Told) -> None:
        child.unopened -= 1
        if child.unopened:
            return
        child.is_open, self._deaths = True, 0
        child.opened_mib = child.process.memory_mib()
        child.processor_s = child.process.processor_s()
        if self._opening:
            self._opening.set_result(None)
            self._opening = None

    def _not_opened(self, child: _Child, told: Told) -> None:
        child.unopened -= 1
        if child.unopened:
            return
        error = pickle.loads(told.body)
        if isinstance(error, StoreAway) and self._opening is None:  # opened anew: that will pass
            self._child = None
            child.process.end()
            self._lose_all("store", str(error))
        else:
            self._work = None
            self._fail(error)

    def _result(self, child: _Child, told: Told) -> None:
        self._tasks.pop(told.number).reply.set_result(told.body)
        self._renew_if_it_keeps_too_much(child)

    def _error(self, child: _Child, told: Told) -> None:
        task, error = self._tasks.pop(told.number), pickle.loads(told.body)
        if isinstance(error, StoreAway):
            task.lose("store", str(error))
        else:
            task.reply.set_exception(error)
        self._renew_if_it_keeps_too_much(child)

    def _renew_if_it_keeps_too_much(self, child: _Child) -> None:
        child.answers += 1
        if self._tasks or not self._work:
            return
        kept_mib = child.process.memory_mib() - child.opened_mib
        if kept_mib > MOST_KEPT * self._work.limits.allowed_mib(in_hand=1):
            child.process.end()
            self._begin()

    def _is_gone(self, child: _Child) -> None:
        child.process.let_go()  # by the thread that asks: another's file may have its number next
        if child is not self._child:
            return
        said, self._child = child.process.end(), None
        if child.is_open:
            self._lose_all("died" if len(self._tasks) == 1 else "beside", said)
            return
        self._deaths += 1
        if self._deaths >= OPENINGS:
            self._deaths, self._work = 0, None
            self._fail(EngineError(f"A worker died each time that it was opened ({said})."))
        elif self._opening or self._tasks:
            self._begin()

    def _look(self) -> None:
        now_s = monotonic()
        if now_s - self._looked_s < LOOK_S:
            return
        step_s, self._looked_s = min(now_s - self._looked_s, LONGEST_STEP_S), now_s
        child, work = self._child, self._work
        if not (self._tasks and child and child.is_open and work):
            return
        processor_s = child.process.processor_s()
        share_s = max(0.0, processor_s - child.processor_s) / len(self._tasks)
        child.processor_s = processor_s
        for task in self._tasks.values():
            task.spent_s += share_s
            task.lasted_s += step_s
        grown_mib = child.process.memory_mib() - child.opened_mib
        if grown_mib > work.limits.allowed_mib(len(self._tasks)):
            self._kill_for_memory(child, work.limits, grown_mib)
        elif late := next(filter(None, (t.late(work.limits) for t in self._tasks.values())), ""):
            self._kill(child, late)

    def _kill_for_memory(self, child: _Child, limits: Limits, grown_mib: float) -> None:
        """What others left behind there is not charged to an item: it goes to a new process."""
        if len(self._tasks) == 1 and child.answers:
            child.process.end()
            for task in self._tasks.values():
                task.spent_s = task.lasted_s = 0.0
            self._begin()
            return
        allowed_mib = limits.allowed_mib(len(self._tasks))
        self._kill(
            child,
            f"it took {grown_mib:,.0f} MiB of memory on {this_host()}, where limits.memory_mib "
            f"lets it have {allowed_mib:,.0f}",
        )

    def _kill(self, child: _Child, said: str) -> None:
        self._child = None
        child.process.end()
        self._lose_all("limit" if len(self._tasks) == 1 else "beside", said)

    def _lose_all(self, why: Why, said: str) -> None:
        lost, self._tasks = self._tasks, {}
        for task in lost.values():
            task.lose(why, said)

    def _fail(self, error: Exception) -> None:
        waiting: list[Future[Any]] = [task.reply for task in self._tasks.values()]
        waiting += [self._opening] if self._opening else []
        self._tasks, self._opening = {}, None
        for each in waiting:
            each.set_exception(error)

    def _end(self) -> None:
        with self._noting:
            self._over = True
        self._closed = True
        while not self._notes.empty():
            with suppress(Exception):  # whoever waits hears of it below
                self._notes.get_nowait()()
        if self._child:
            self._child.process.end()
        self._lose_all("node", f"its worker on {this_host()} was stopped")
        self._fail(EngineError(f"A worker on {this_host()} was stopped before it was open."))


_HEARD: dict[str, Callable[[_Watch, _Child, Told], None]] = {
    "opened": _Watch._opened,
    "not opened": _Watch._not_opened,
    "result": _Watch._result,
    "error": _Watch._error,
}
