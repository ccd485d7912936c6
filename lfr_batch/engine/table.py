"""The engines by the name that the configuration gives them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.in_process import in_process
from lfr_batch.engine.ray_data import ray_data
from lfr_batch.pipeline.attempts import Runner

ENGINES: dict[str, Callable[[EngineConfig], AbstractContextManager[Runner]]] = {
    "ray": ray_data,
    "in_process": in_process,
}


def open_engine(config: EngineConfig) -> AbstractContextManager[Runner]:
    """Raises EngineError if the engine cannot be had."""
    return ENGINES[config.kind](config)
