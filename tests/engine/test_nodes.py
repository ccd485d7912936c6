"""What workers of a run may have on a cluster that is there already."""

from __future__ import annotations

from typing import Any

import pytest

from lfr_batch import cuda
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.cluster import usual_node
from lfr_batch.engine.table import machine_for
from lfr_batch.models.devices import available_cores
from lfr_batch.work.workers import Machine


def node(cpus: float, gpus: float = 0.0, alive: bool = True) -> dict[str, Any]:
    resources = {"CPU": cpus, "memory": 1e9, **({"GPU": gpus} if gpus else {})}
    return {"Alive": alive, "Resources": resources}


@pytest.mark.parametrize(
    ("nodes", "gpus", "usual"),
    [
        ([node(8), node(4)], True, (4, 0)),
        ([node(8), node(16, 1)], True, (16, 1)),
        ([node(8), node(16, 1)], False, (8, 0)),
        ([node(16, 1), node(32, 4), node(64, 2)], True, (32, 4)),
        ([node(16, 1), node(2, 1, alive=False)], True, (16, 1)),
        ([node(0), node(4)], True, (4, 0)),
        ([node(0, 1), node(4)], True, (4, 0)),
        ([], True, (1, 0)),
    ],
)
def test_workers_are_made_for_the_least_of_the_nodes_that_will_have_some(
    monkeypatch: pytest.MonkeyPatch,
    nodes: list[dict[str, Any]],
    gpus: bool,
    usual: tuple[int, int],
) -> None:
    import ray

    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    assert usual_node(gpus) == Machine(*usual, of_cluster=True)


def test_of_a_cluster_that_is_named_the_nodes_count(
    ray_cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "any")
    there = machine_for(Config())
    assert there == Machine(available_cores(), cuda.device_count(), of_cluster=True)
    assert machine_for(Config(engine=EngineConfig(kind="in_process"))).of_cluster is False
    monkeypatch.delenv("RAY_ADDRESS")
    assert machine_for(Config()).of_cluster is False
