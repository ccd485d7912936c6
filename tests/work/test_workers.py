from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.work.workers import Machine, on_gpus, sized


def numbers(engine: EngineConfig) -> tuple[int, float, float | None, int]:
    """Workers; cores, GPUs and segments of each."""
    return (
        engine.workers,
        engine.cpus_per_worker or 0.0,
        engine.gpus_per_worker,
        engine.segments_per_worker,
    )


@pytest.mark.parametrize(
    ("settings", "items", "cores", "expected"),
    [
        ({}, 100, 2, (2, 1.0, 0.0, 1)),
        ({}, None, 2, (2, 1.0, 0.0, 1)),
        ({}, 1, 2, (1, 2.0, 0.0, 1)),
        ({}, 3, 8, (3, 2.0, 0.0, 1)),
        ({}, 0, 8, (8, 1.0, 0.0, 1)),
        ({"workers": 2}, 100, 8, (2, 4.0, 0.0, 1)),
        ({"workers": 20}, 100, 8, (8, 1.0, 0.0, 1)),
        ({"cpus_per_worker": 1.0}, 1, 8, (1, 8.0, 0.0, 1)),
        ({"cpus_per_worker": 4.0}, 100, 8, (2, 4.0, 0.0, 1)),
        ({"cpus_per_worker": 16.0}, 100, 8, (1, 8.0, 0.0, 1)),
        ({"cpus_per_worker": 0.5}, 100, 2, (4, 0.5, 0.0, 1)),
        ({"kind": "in_process"}, 100, 8, (1, 8.0, 0.0, 1)),
        ({"kind": "in_process", "segments_per_worker": 3}, 100, 8, (1, 8.0, 0.0, 3)),
        ({"gpus_per_worker": 0.5}, 100, 2, (2, 1.0, 0.5, 1)),
    ],
)
def test_without_a_gpu_cores_go_to_the_workers_there_are(
    settings: dict[str, Any], items: int | None, cores: int, expected: tuple[Any, ...]
) -> None:
    engine = EngineConfig.model_validate(settings)
    assert numbers(sized(engine, Machine(cores), items)) == expected


@pytest.mark.parametrize(
    ("settings", "items", "cores", "gpus", "expected"),
    [
        ({}, 100, 16, 1, (4, 4.0, 0.25, 4)),
        ({}, None, 16, 1, (4, 4.0, 0.25, 4)),
        ({}, 100, 8, 2, (2, 4.0, 1.0, 4)),
        ({}, 100, 128, 8, (32, 4.0, 0.25, 4)),
        ({}, 1000, 128, 1, (8, 16.0, 0.125, 16)),
        ({}, 1000, 256, 1, (8, 32.0, 0.125, 16)),
        ({}, 100, 2, 1, (1, 2.0, 1.0, 2)),
        ({}, 100, 1, 1, (1, 1.0, 1.0, 2)),
        ({}, 100, 2, 8, (2, 1.0, 1.0, 2)),
        ({}, 100, 12, 1, (3, 4.0, 0.3333, 4)),
        ({}, 100, 24, 1, (6, 4.0, 0.1666, 4)),
        ({}, 100, 7, 1, (2, 3.0, 0.5, 3)),
        ({}, 1, 16, 1, (1, 16.0, 1.0, 1)),
        ({}, 2, 16, 1, (2, 8.0, 0.5, 1)),
        ({}, 9, 16, 1, (4, 4.0, 0.25, 3)),
        ({}, 5, 128, 8, (5, 25.0, 1.0, 1)),
        ({"workers": 6}, 100, 16, 1, (6, 2.0, 0.1666, 2)),
        ({"workers": 1}, 100, 16, 1, (1, 16.0, 1.0, 16)),
        ({"cpus_per_worker": 8.0}, 100, 16, 1, (2, 8.0, 0.5, 8)),
        ({"cpus_per_worker": 1.0}, 100, 16, 1, (8, 2.0, 0.125, 2)),
        ({"gpus_per_worker": 0.5}, 100, 16, 1, (2, 8.0, 0.5, 8)),
        ({"gpus_per_worker": 0.4}, 100, 16, 3, (6, 2.0, 0.4, 2)),
        ({"gpus_per_worker": 2.0}, 100, 16, 4, (2, 8.0, 2.0, 8)),
        ({"gpus_per_worker": 0.0}, 100, 16, 1, (16, 1.0, 0.0, 1)),
        ({"segments_per_worker": 9}, 100, 16, 1, (4, 4.0, 0.25, 9)),
        ({"kind": "in_process"}, 100, 16, 1, (1, 16.0, 1.0, 16)),
        ({"kind": "in_process"}, 3, 16, 1, (1, 16.0, 1.0, 3)),
        ({"kind": "in_process"}, 100, 16, 4, (1, 16.0, 1.0, 16)),
        ({"kind": "in_process", "gpus_per_worker": 0.0}, 100, 16, 1, (1, 16.0, 0.0, 1)),
    ],
)
def test_with_gpus_several_workers_share_each_and_have_several_segments(
    settings: dict[str, Any],
    items: int | None,
    cores: int,
    gpus: int,
    expected: tuple[Any, ...],
) -> None:
    engine = EngineConfig.model_validate(settings)
    assert numbers(sized(engine, Machine(cores, gpus), items)) == expected


@pytest.mark.parametrize(
    ("settings", "cores", "gpus", "expected"),
    [
        ({}, 16, 0, (0, 1.0, 0.0, 1)),
        ({"cpus_per_worker": 1.5}, 4, 0, (0, 1.5, 0.0, 1)),
        ({"workers": 40}, 16, 1, (40, 4.0, 0.25, 4)),
        ({}, 16, 1, (0, 4.0, 0.25, 4)),
        ({}, 32, 2, (0, 4.0, 0.25, 4)),
        ({"cpus_per_worker": 2.0}, 16, 1, (0, 2.0, 0.125, 2)),
        ({"gpus_per_worker": 0.0}, 16, 1, (0, 1.0, 0.0, 1)),
    ],
)
def test_of_a_cluster_each_node_is_shared_out_and_what_is_set_stands(
    settings: dict[str, Any], cores: int, gpus: int, expected: tuple[Any, ...]
) -> None:
    engine = EngineConfig.model_validate(settings)
    assert numbers(sized(engine, Machine(cores, gpus, of_cluster=True), 1)) == expected


def test_what_has_been_found_out_is_not_found_out_again() -> None:
    machine = Machine(16, 1)
    once = sized(EngineConfig(), machine, 100)
    assert sized(once, machine, 100) == once


@pytest.mark.parametrize("sharers", range(1, 9))
def test_all_workers_have_room_on_their_gpus(sharers: int) -> None:
    for gpus in (1, 2, 8):
        engine = sized(EngineConfig(workers=sharers * gpus), Machine(64, gpus))
        assert on_gpus(gpus, engine.gpus_per_worker or 0.0) == sharers * gpus == engine.workers


@pytest.mark.parametrize("asked", [2.5, 3.0, 64.0])
def test_no_worker_has_more_cores_than_there_are(asked: float) -> None:
    """A configuration of a larger machine: Ray would wait for the cores for ever."""
    engine = sized(EngineConfig(cpus_per_worker=asked), Machine(2), items=5)
    assert (engine.workers, engine.cpus_per_worker) == (1, 2.0)
