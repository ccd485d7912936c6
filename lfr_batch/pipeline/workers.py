"""How many cores each worker gets. Pure."""

from __future__ import annotations

from lfr_batch.config.schema import EngineConfig


def sized(engine: EngineConfig, items: int, cores: int) -> EngineConfig:
    """On one machine, cores that no further worker would use go to the workers there are.

    One thread a worker wastes least; but a single segment, or a still that somebody waits for,
    is done sooner on all cores. A cluster's nodes differ, so there the setting stands.
    """
    if engine.kind == "in_process":
        return engine.model_copy(update={"cpus_per_worker": float(cores)})
    room = max(1, int(cores / min(engine.cpus_per_worker, cores)))
    workers = max(1, min(items, engine.workers or room, room))
    share = max(engine.cpus_per_worker, float(cores // workers))
    return engine.model_copy(update={"cpus_per_worker": share})
