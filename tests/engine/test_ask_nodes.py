"""A cluster's nodes are asked what they compute with."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from lfr_batch.config.load import override
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine import ask_nodes, table
from lfr_batch.engine.ask_nodes import _agreed, _Refusal, settle_on_nodes
from lfr_batch.errors import DeviceUnavailable, EngineError, NotAsPlanned, PackNotFound
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.models.kinds import Agreed, NodeAnswer
from lfr_batch.recognition.settle import settle_here
from tests.results.synthetic import SETTLED

ONE_CORE = override(Config(), {"engine.cpus_per_worker": 1.0})


def test_a_node_answers_as_this_machine_would(ray_cluster: None, open_pack_home: Path) -> None:
    there = settle_on_nodes(open_pack_home, ONE_CORE, "scan")
    assert there == Agreed(settle_here(open_pack_home, ONE_CORE, "scan"))
    assert there.settled.hardware


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


def test_a_node_with_other_code_is_left_out_by_name(
    ray_cluster: None, open_pack_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_nodes, "software", lambda: "0.3.0 0123456789ab")
    said = (
        r"\S+ has lfr-batch 0\.3\.0 \w+ and this process 0\.3\.0 0123456789ab .*: install the same"
    )
    with pytest.raises(NotAsPlanned, match=said):
        settle_on_nodes(open_pack_home, ONE_CORE, "scan")


NODES = [{"NodeManagerHostname": name, "NodeManagerAddress": "10.0.0.1"} for name in "ab"]


def test_nodes_that_cannot_work_are_named_where_others_can() -> None:
    able = NodeAnswer("c", 2, SETTLED)
    agreed = _agreed([_Refusal("a", PackNotFound("There is no model pack.")), able], NODES[1:])
    assert agreed.settled == SETTLED
    assert agreed.said == (
        "a will not take part: There is no model pack.",
        "b did not say within 120 s what it computes with: it takes part if it can do what the "
        "others do.",
    )


def test_where_none_can_work_it_is_said_as_it_was_there() -> None:
    with pytest.raises(PackNotFound, match=r"^There is no model pack\.$"):
        _agreed([_Refusal("a", PackNotFound("There is no model pack."))], ())


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
    monkeypatch.setattr(table, "agree_here", lambda *_: "here")
    asked: object = table.settle_for(Path("home"), Config(engine=engine), "scan")
    assert asked == ("nodes" if asks else "here")
