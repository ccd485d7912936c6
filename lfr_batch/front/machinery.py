"""What a run is done with: the engines that the configuration names, or this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from threading import Lock

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.in_process import in_process
from lfr_batch.engine.table import (
    Engines,
    joined,
    machine_for,
    measured,
    open_engine,
    settle_for,
)
from lfr_batch.errors import UsageError
from lfr_batch.recognition.settle import Settle, agree_here
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import OpenEngine
from lfr_batch.scanning.probing import probers_here
from lfr_batch.scanning.progress import Progress
from lfr_batch.work.machine import FindMachine, this_machine

_RAY = Lock()


@contextmanager
def alone_on_ray(engine: EngineConfig) -> Iterator[None]:
    """A process is connected to one Ray, once: two of its threads would end each other's.

    Raises UsageError where another thread of this process is using it.
    """
    if engine.kind != "ray":
        yield
        return
    if not _RAY.acquire(blocking=False):
        raise UsageError(
            "Ray is in use by another call of this process: wait for it, run this one in a process "
            "of its own, or set engine.kind to in_process."
        )
    try:
        yield
    finally:
        _RAY.release()


def _unmeasured(_: EngineConfig, progress: Progress, __: StoredRun) -> Progress:
    return progress


@dataclass(frozen=True, slots=True)
class Machinery:
    joined: Callable[[EngineConfig], AbstractContextManager[Engines]]
    """Holds the cluster that is named, before there is a run that it could refuse, or the worker's
    process."""
    open: OpenEngine
    machine: FindMachine
    """Where workers are to be."""
    settle: Settle
    """What they compute with."""
    measured: Callable[[EngineConfig, Progress, StoredRun], Progress] = _unmeasured
    """Whoever hears of segments, and what is told to those who watch a cluster."""


CONFIGURED = Machinery(joined, open_engine, machine_for, settle_for, measured)
HERE = Machinery(
    lambda _: nullcontext(Engines(probers_here, in_process)), in_process, this_machine, agree_here
)
