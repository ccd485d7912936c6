"""Every item of work gets its answer, whatever becomes of its worker, machine or bucket.

An item that kills its worker is tried twice and given up, one beyond its limits is given up at
once; what was lost to others (beside it in a worker, its machine, a bucket that does not answer) is
tried again and is not charged for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import (
    Callable,
    Generator,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from functools import partial
from math import inf
from random import random
from time import monotonic
from typing import Generic, Protocol, TypeVar

from lfr_batch.errors import StoreAway
from lfr_batch.work.circuit import (
    CLOSED,
    answered,
    handed_out,
    has_given_up,
    lost_to_store,
    may_begin,
    not_tried,
)
from lfr_batch.work.lost import NOT_NOW, Lost, NotNow, Why

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")
Key = Hashable

ATTEMPTS = 2
MOST_NODES = 8
"""Machines that an item may be lost with."""
MOST_AWAY = 4
"""Times that a bucket does not answer for an item after it has answered for others."""
MOST_TOGETHER = 16
"""Short items handed to a worker at once: handing over takes Ray a sixth of a second, and a still
takes a worker less. What dies with another's picture is tried again by itself."""
GROUPS = 32
"""At least so many for each that a worker has at once, so that a few workers all have something
to do until the end."""

Tell = Callable[[str], None]
"""Given a sentence for the operator."""


def unheard(_: str) -> None:
    """Nobody is told."""


def never() -> bool:
    """Nobody asks for an early end."""
    return False


@dataclass(frozen=True, slots=True)
class WorkKind(Generic[Spec, Item, Result]):
    """A kind of work, and what is done where an item does not come back."""

    open_worker: Callable[[Spec], Callable[[Item], Result]]
    """As ``Runner`` has it."""
    item_key: Callable[[Item], Hashable]
    result_key: Callable[[Result], Hashable]
    """That of the item whose result it is."""
    again: Callable[[Item, int], Item]
    """Makes an item ready for its first, second … attempt."""
    give_up: Callable[[Item, Lost[Item]], Result]
    """Answers for an item that never came back."""
    is_short: Callable[[Item], bool] = lambda _: False
    """Whether an item goes with others in a group."""


class Runner(Protocol):
    """Runs every item once, on whatever machines there are, and yields what comes back: a result,
    or what it was ``Lost`` to. An item may be a group of short ones.

    ``items`` are taken as they are needed, so they need not all exist at once; for ``NOT_NOW`` a
    runner asks again a second later, and goes on with what is under way meanwhile.

    ``open_worker`` is called with ``spec`` in each worker, and gives the function that is applied
    to its items, ``together`` of them at once in threads. Its StoreAway is 'store'; any other
    LfrError of a worker ends the run. An item that yields nothing at all counts as 'died'.
    """

    def __call__(
        self,
        open_worker: Callable[[Spec], Callable[[Item], Result]],
        spec: Spec,
        items: Iterable[Item | NotNow],
        together: int = 1,
    ) -> Iterator[Result | Lost[Item]]: ...


def run_with_attempts(
    run: Runner,
    work: WorkKind[Spec, Item, Result],
    spec: Spec,
    items: Sequence[Item],
    together: int = 1,
    tell: Tell = unheard,
    clock: Callable[[], float] = monotonic,
    stopping: Callable[[], bool] = never,
) -> Generator[Result]:
    """A result for every item. Short items go in groups, and a worker, opened with ``spec``, has
    ``together`` at once, but not when they are tried again.

    Once ``stopping`` says so nothing more is handed out, and what is in hand ends it: then there
    is no result for the rest.

    Raises StoreAway where a bucket does not answer for an hour, and what a runner raises.
    """
    book = _Book(work, items, tell, clock, stopping)
    most = min(MOST_TOGETHER, sum(map(work.is_short, items)) // (GROUPS * together))
    opening = partial(_open_for_groups, work.open_worker)
    while book.missing and not stopping():
        groups = grouped(book.hand_out(), work.is_short, most)
        for reply in run(opening, spec, groups, together):
            if isinstance(reply, Lost):
                yield from book.lost(reply, alone=together == 1 and len(reply.item) == 1)
            else:
                yield from book.answered(reply)
        yield from book.unanswered(alone=together == 1 and most <= 1)
        together, most = 1, 0


class _Book(Generic[Spec, Item, Result]):
    """Which items have no answer yet, and what each is charged with."""

    def __init__(
        self,
        work: WorkKind[Spec, Item, Result],
        items: Sequence[Item],
        tell: Tell,
        clock: Callable[[], float],
        stopping: Callable[[], bool],
    ) -> None:
        self.missing = {work.item_key(item): item for item in items}
        self._work, self._tell, self._clock = work, tell, clock
        self._stopping = stopping
        self._charged: Counter[tuple[Why, Key]] = Counter()
        self._out: set[Key] = set()
        """Handed out in this pass, and neither answered nor lost."""
        self._circuit = CLOSED
        self._answers = 0
        self._answers_when_away: dict[Key, int] = {}

    def hand_out(self) -> Iterator[Item | NotNow]:
        for key, item in list(self.missing.items()):
            if self._stopping():
                return
            while not may_begin(self._circuit, self._clock()):
                self._require_patience()
                yield NOT_NOW
                if self._stopping():
                    return
            self._circuit = handed_out(self._circuit)
            self._out.add(key)
            yield self._work.again(item, 1 + self._charged["died", key])

    def answered(self, results: Iterable[Result]) -> Iterator[Result]:
        for result in results:
            key = self._work.result_key(result)
            self.missing.pop(key, None)
            self._out.discard(key)
            self._answers += 1
            yield result
        if self._circuit.is_open:
            self._tell("The store answers again: the work goes on.")
        self._circuit = answered(self._circuit)

    def lost(self, lost: Lost[tuple[Item, ...]], *, alone: bool) -> Iterator[Result]:
        """Answers for those that are given up."""
        if lost.why == "store":
            self._pause(lost.said)
        else:
            self._circuit = not_tried(self._circuit)
        for item in lost.item:
            self._out.discard(self._work.item_key(item))
            yield from self._lost(Lost(item, _why(lost, alone=alone), lost.said))

    def unanswered(self, *, alone: bool) -> Iterator[Result]:
        """At the end of a pass. Where a worker had several, nobody knows whose fault it was."""
        self._circuit = not_tried(self._circuit)
        for key in list(self._out):
            yield from self._lost(Lost(self.missing[key], "died" if alone else "beside"))
        self._out.clear()

    def _lost(self, lost: Lost[Item]) -> Iterator[Result]:
        key = self._work.item_key(lost.item)
        if key in self.missing and self._is_charged_with_enough(key, lost):
            item = self._work.again(self.missing.pop(key), max(1, self._charged["died", key]))
            yield self._work.give_up(item, lost)

    def _is_charged_with_enough(self, key: Key, lost: Lost[Item]) -> bool:
        """Charges the item with what it was lost to."""
        if lost.why == "store":
            before = self._answers_when_away.setdefault(key, self._answers)
            if before == self._answers:  # nobody has had an answer since
                return False
        self._charged[lost.why, key] += 1
        return self._charged[lost.why, key] >= _MOST[lost.why]

    def _pause(self, said: str) -> None:
        now_s = self._clock()
        before, self._circuit = self._circuit, lost_to_store(self._circuit, now_s, said, random())
        if self._circuit.pauses > before.pauses:
            pause_s = self._circuit.until_s - now_s
            self._tell(f"Paused: {said}; it is asked again in {pause_s:.0f} s.")

    def _require_patience(self) -> None:
        if has_given_up(self._circuit, self._clock()):
            raise StoreAway(
                f"{self._circuit.said}; that was waited for for an hour: what is done "
                "is kept, `lfr resume` goes on when it answers"
            )


_MOST: Mapping[Why, float] = {
    "died": ATTEMPTS,
    "limit": 1,
    "beside": inf,
    "node": MOST_NODES,
    "store": MOST_AWAY,
}
"""How often an item may be lost to each, until it is given up."""


def _why(lost: Lost[tuple[Item, ...]], *, alone: bool) -> Why:
    """Of each item of a group: where it had company, nobody knows whose fault it was."""
    if lost.why in {"died", "limit"} and not alone:
        return "beside"
    return "died" if lost.why == "beside" and alone else lost.why


def grouped(
    items: Iterable[Item | NotNow], is_short: Callable[[Item], bool], most: int
) -> Iterator[tuple[Item, ...] | NotNow]:
    """The items in order: at most ``most`` short ones in a row together, every other alone. Nobody
    in a group waits for what is not to be begun yet."""
    group: tuple[Item, ...] = ()
    for item in items:
        short = not isinstance(item, NotNow) and is_short(item)
        if group and (not short or len(group) >= most):
            yield group
            group = ()
        if isinstance(item, NotNow):
            yield item
        elif short:
            group = (*group, item)
        else:
            yield (item,)
    if group:
        yield group


def _open_for_groups(
    open_worker: Callable[[Spec], Callable[[Item], Result]], spec: Spec
) -> Callable[[tuple[Item, ...]], tuple[Result, ...]]:
    return partial(_process_group, open_worker(spec))


def _process_group(
    process: Callable[[Item], Result], group: tuple[Item, ...]
) -> tuple[Result, ...]:
    """What is done when an item raises is kept: the item is tried again by itself, and its error
    is raised then."""
    done: list[Result] = []
    for item in group:
        try:
            done.append(process(item))
        except Exception:
            if not done:
                raise
            break
    return tuple(done)
