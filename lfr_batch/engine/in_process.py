"""Work done one item after another in this process: for small jobs, debugging and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from lfr_batch.config.schema import EngineConfig
from lfr_batch.pipeline.attempts import Runner

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def in_process(_config: EngineConfig) -> Iterator[Runner]:
    yield run


def run(
    open_worker: Callable[[Spec], Callable[[Item], Result]], spec: Spec, items: Iterable[Item]
) -> Iterator[Result]:
    """``Runner`` without other processes; what kills a worker kills this one."""
    process = open_worker(spec)
    for item in items:
        yield process(item)
