"""What a run is done with: the engines that the configuration names, or this process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.in_process import in_process
from lfr_batch.engine.table import joined, machine_for, open_engine, settle_for
from lfr_batch.recognition.settle import Settle, settle_here
from lfr_batch.scanning.execute import OpenEngine
from lfr_batch.work.machine import FindMachine, this_machine


@dataclass(frozen=True, slots=True)
class Machinery:
    joined: Callable[[EngineConfig], AbstractContextManager[None]]
    """Holds the cluster that is named, before there is a run that it could refuse."""
    open: OpenEngine
    machine: FindMachine
    """Where workers are to be."""
    settle: Settle
    """What they compute with."""


CONFIGURED = Machinery(joined, open_engine, machine_for, settle_for)
HERE = Machinery(lambda _: nullcontext(), in_process, this_machine, settle_here)
