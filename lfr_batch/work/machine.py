"""What workers have on this machine."""

from __future__ import annotations

from collections.abc import Callable

from lfr_batch import cuda
from lfr_batch.config.schema import Config, InferenceConfig
from lfr_batch.models.devices import available_cores, cuda_is_usable
from lfr_batch.models.providers import Device
from lfr_batch.work.limits import Limits
from lfr_batch.work.workers import Machine, sized

TIMES_ON_GPU = 4.0
"""Of an item's memory and processor time."""
FindMachine = Callable[[Config], Machine]


def this_machine(config: Config) -> Machine:
    may = may_use_gpu(config.inference) and cuda_is_usable()
    return Machine(available_cores(), cuda.device_count() if may else 0)


def sized_here(config: Config, items: int | None = None) -> Config:
    """With nothing of ``engine`` left to be found out; where nothing is, as it is: it may have been
    found out for the nodes of a cluster."""
    if config.engine.is_sized:
        return config
    sizes = sized(config.engine, this_machine(config), items)
    return config.model_copy(update={"engine": sizes})


def item_limits(config: Config, device: Device = "cpu") -> Limits:
    """What an item of work may take, wherever it is done; several times as much on a GPU, where an
    item may be the first of its size: sessions are opened then, and TensorRT's take minutes. How
    much that takes was not measured."""
    said, times = config.limits, TIMES_ON_GPU if device == "cuda" else 1.0
    memory_mib, time_s = times * (said.memory_mib or 0.0), times * (said.time_s or 0.0)
    return Limits(memory_mib, time_s, said.time_factor or 0.0)


def may_use_gpu(inference: InferenceConfig) -> bool:
    return inference.device != "cpu" and inference.backend != "openvino"
