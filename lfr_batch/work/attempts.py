"""Two attempts for every item of work, whatever its worker and those beside it do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")

ATTEMPTS = 2
MOST_TOGETHER = 16
"""Short items handed to a worker at once: handing over takes Ray a sixth of a second, and a still
takes a worker less. What dies with another's picture is tried again by itself."""
GROUPS = 32
"""At least so many for each that a worker has at once, so that a few workers all have something
to do until the end."""


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
    give_up: Callable[[Item], Result]
    """Answers for an item that never came back."""
    is_short: Callable[[Item], bool] = lambda _: False
    """Whether an item goes with others in a group."""


class Runner(Protocol):
    """Runs every item once, on whatever machines there are, and yields what comes back. An item
    may be a group of short ones.

    ``items`` are taken as they are needed, so they need not all exist at once.

    ``open_worker`` is called with ``spec`` in each worker, and gives the function that is applied
    to its items, ``together`` of them at once in threads. An item whose worker died yields
    nothing, nor do those beside it; the others are not disturbed. An LfrError of a worker ends
    the run.
    """

    def __call__(
        self,
        open_worker: Callable[[Spec], Callable[[Item], Result]],
        spec: Spec,
        items: Iterable[Item],
        together: int = 1,
    ) -> Iterator[Result]: ...


def run_with_attempts(
    run: Runner,
    work: WorkKind[Spec, Item, Result],
    spec: Spec,
    items: Sequence[Item],
    together: int = 1,
) -> Generator[Result]:
    """A result for every item. Short items go in groups, and a worker, opened with ``spec``, has
    ``together`` at once, but not when they are tried again."""
    missing = {work.item_key(item): item for item in items}
    most = min(MOST_TOGETHER, sum(map(work.is_short, items)) // (GROUPS * together))
    for attempt, at_once in passes(together):
        if not missing:
            return
        ready = (work.again(item, attempt) for item in list(missing.values()))
        groups, most = grouped(ready, work.is_short, most), 0  # in the first pass alone
        for results in run(partial(_open_for_groups, work.open_worker), spec, groups, at_once):
            for result in results:
                missing.pop(work.result_key(result), None)
                yield result
    for item in missing.values():
        yield work.give_up(item)


def passes(together: int) -> Iterator[tuple[int, int]]:
    """The number of the attempt in each pass, and how many items a worker has at once then.

    Where a worker with several dies, nobody knows whose fault it was: that is no attempt of any.
    """
    if together > 1:
        yield 1, together
    yield from ((attempt, 1) for attempt in range(1, ATTEMPTS + 1))


def grouped(
    items: Iterable[Item], is_short: Callable[[Item], bool], most: int
) -> Iterator[tuple[Item, ...]]:
    """The items in order: at most ``most`` short ones in a row together, every other alone."""
    group: tuple[Item, ...] = ()
    for item in items:
        short = is_short(item)
        if group and (not short or len(group) >= most):
            yield group
            group = ()
        if short:
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
