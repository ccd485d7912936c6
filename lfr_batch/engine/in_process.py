"""A worker on this machine without Ray: in a guarded child of this process, or in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TypeVar

from lfr_batch.config.schema import EngineConfig
from lfr_batch.work.attempts import Runner, Tell, unheard
from lfr_batch.work.guarded import Guarded, packed, submitted
from lfr_batch.work.here import as_they_come, run_here
from lfr_batch.work.limits import limits_of
from lfr_batch.work.lost import Lost, NotNow

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")

IMPORTS = ("lfr_batch.scanning.worker", "openvino")
"""What workers need, loaded by the child while the driver plans: half of its start."""


@contextmanager
def in_child(_config: EngineConfig, _tell: Tell = unheard) -> Iterator[Runner]:
    """The engine ``in_process``: what kills the worker, or goes beyond its limits, costs that item
    alone. The child is started at once and ends with the block."""
    with closing(Guarded(IMPORTS)) as guard:
        yield partial(run_in, guard)


@contextmanager
def in_process(_config: EngineConfig, _tell: Tell = unheard) -> Iterator[Runner]:
    """Without another process: for whoever wants to look on."""
    yield run_here


def run_in(
    guard: Guarded,
    open_worker: Callable[[Spec], Callable[[Item], Result]],
    spec: Spec,
    items: Iterable[Item | NotNow],
    together: int = 1,
) -> Iterator[Result | Lost[Item]]:
    """``Runner`` in a guarded process that is there; it keeps the worker when this is over."""
    guard.open(packed(open_worker, spec), limits_of(spec), together)
    yield from as_they_come(partial(submitted, guard, spec), items, together)


def run_in_child(
    open_worker: Callable[[Spec], Callable[[Item], Result]],
    spec: Spec,
    items: Iterable[Item | NotNow],
    together: int = 1,
) -> Iterator[Result | Lost[Item]]:
    """``Runner`` in a guarded process that ends with it."""
    with closing(Guarded()) as guard:
        yield from run_in(guard, open_worker, spec, items, together)
