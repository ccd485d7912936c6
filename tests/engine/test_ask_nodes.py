"""A cluster's nodes are asked what they compute with."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from lfr_batch.config.load import override
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine import table
from lfr_batch.engine.ask_nodes import settle_on_nodes
from lfr_batch.errors import DeviceUnavailable, EngineError
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.recognition.settle import settle_here

ONE_CORE = override(Config(), {"engine.cpus_per_worker": 1.0})


def test_a_node_answers_as_this_machine_would(ray_cluster: None, open_pack_home: Path) -> None:
    there = settle_on_nodes(open_pack_home, ONE_CORE, "scan")
    assert there == settle_here(open_pack_home, ONE_CORE, "scan")
    assert there.hardware


@pytest.mark.skipif(cuda_is_usable(), reason="this machine has CUDA")
def test_what_a_node_refuses_is_raised_as_it_was_there(
    ray_cluster: None, open_pack_home: Path
) -> None:
    wanted = override(ONE_CORE, {"inference.device": "cuda"})
    with pytest.raises(DeviceUnavailable, match=r"inference\.device cuda needs a GPU"):
        settle_on_nodes(open_pack_home, wanted, "scan")


def test_where_no_node_has_room_for_a_worker_nobody_is_asked(
    ray_cluster: None, open_pack_home: Path
) -> None:
    wanted = override(ONE_CORE, {"engine.gpus_per_worker": 64.0})
    with pytest.raises(EngineError, match=r"No worker fits on the cluster: .* 64 GPUs on one node"):
        settle_on_nodes(open_pack_home, wanted, "scan")


@pytest.mark.parametrize(
    ("engine", "environment", "asks"),
    [
        (EngineConfig(), None, False),
        (EngineConfig(kind="in_process"), "host:6379", False),
        (EngineConfig(), "host:6379", True),
        (EngineConfig(address="host:6379"), None, True),
    ],
)
def test_only_a_cluster_that_is_there_already_is_asked(
    monkeypatch: pytest.MonkeyPatch, engine: EngineConfig, environment: str | None, asks: bool
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if environment:
        monkeypatch.setenv("RAY_ADDRESS", environment)
    monkeypatch.setattr(table, "connected", nullcontext)
    monkeypatch.setattr(table, "settle_on_nodes", lambda *_: "nodes")
    monkeypatch.setattr(table, "settle_here", lambda *_: "here")
    asked: object = table.settle_for(Path("home"), Config(engine=engine), "scan")
    assert asked == ("nodes" if asks else "here")
