"""How many workers there are and what each one gets, where nobody has set it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from lfr_batch.config.schema import EngineConfig

CORES_ON_GPU = 4.0
"""Of each worker: Python's lock keeps one process from using more, and a GPU serves several."""
MOST_ON_ONE_GPU = 8
"""Workers: each has the models in its memory."""
FEWEST_TOGETHER, MOST_TOGETHER = 2, 16
"""Segments that a worker on a GPU has at once: some wait for it while others are decoded. Each
holds a few dozen frames, half a gigabyte of them in 4K."""
FINEST_GPU = 10_000
"""Ray counts GPUs in so many parts."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where workers are to be."""

    cores: int
    gpus: int = 0
    """That inference may use."""
    of_cluster: bool = False
    """One node of several, which may differ from each other."""


def sized(engine: EngineConfig, machine: Machine, items: int | None = None) -> EngineConfig:
    """With nothing left to be found out. What has been set stands, but that no worker has more
    cores than there are, and that cores which no further worker would use go to those there are:
    one thread a worker wastes least, but a single segment, or a still that somebody waits for, is
    done sooner on all cores.

    ``items`` are the pieces of work; None: more than workers. Of a cluster it is each node that is
    shared out, and the cluster has room for as many workers as it has.
    """
    on_gpu = machine.gpus > 0 and engine.gpus_per_worker != 0.0
    room = _room(engine, machine, on_gpu)
    workers = room if machine.of_cluster else min(engine.workers or room, room, items or room)
    cpus = _cpus(engine, machine, workers)
    gpus = engine.gpus_per_worker
    if gpus is None:
        gpus = _part(-(-workers // machine.gpus)) if on_gpu else 0.0
    together = min(max(FEWEST_TOGETHER, round(cpus)), MOST_TOGETHER) if on_gpu else 1
    if items and not machine.of_cluster:
        together = min(together, -(-items // workers))
    return engine.model_copy(
        update={
            "workers": engine.workers if machine.of_cluster else workers,
            "cpus_per_worker": cpus,
            "gpus_per_worker": gpus,
            "segments_per_worker": engine.segments_per_worker or together,
        }
    )


def _room(engine: EngineConfig, machine: Machine, on_gpu: bool) -> int:
    """How many workers fit, at least one."""
    if engine.kind == "in_process":
        return 1
    least = min(engine.cpus_per_worker or 1.0, machine.cores)
    room = int(machine.cores / least)
    if on_gpu:
        gpus = engine.gpus_per_worker or _part(_on_one_gpu(engine, machine))
        room = min(room, on_gpus(machine.gpus, gpus))
    return max(1, room)


def on_gpus(there: int, each: float) -> int:
    """How many workers have room on some GPUs: Ray gives none parts of two."""
    return there * int(1 / each) if each < 1 else int(there / each)


def _on_one_gpu(engine: EngineConfig, machine: Machine) -> int:
    if engine.workers and not machine.of_cluster:
        return -(-engine.workers // machine.gpus)
    cores = engine.cpus_per_worker or CORES_ON_GPU
    return min(max(1, round(machine.cores / machine.gpus / cores)), MOST_ON_ONE_GPU)


def _cpus(engine: EngineConfig, machine: Machine, workers: int) -> float:
    fair = float(machine.cores // workers)
    if machine.of_cluster:
        return engine.cpus_per_worker or fair
    return min(max(engine.cpus_per_worker or 1.0, fair), float(machine.cores))


def _part(sharers: int) -> float:
    """Of a GPU, rounded so that all have room."""
    return floor(FINEST_GPU / sharers) / FINEST_GPU
