from __future__ import annotations

from typing import Any

import pytest

from lfr_batch import cuda
from lfr_batch.config.schema import Config, EngineConfig, LimitsConfig
from lfr_batch.models.devices import available_cores
from lfr_batch.work import machine
from lfr_batch.work.limits import UNLIMITED, Limits
from lfr_batch.work.machine import item_limits, sized_here, this_machine
from lfr_batch.work.workers import Machine, sized


@pytest.mark.parametrize(
    ("inference", "usable", "gpus"),
    [
        ({}, True, 2),
        ({}, False, 0),
        ({"device": "cuda"}, True, 2),
        ({"device": "cpu"}, True, 0),
        ({"backend": "openvino"}, True, 0),
        ({"backend": "onnxruntime"}, True, 2),
    ],
)
def test_gpus_count_that_inference_may_and_can_use(
    monkeypatch: pytest.MonkeyPatch, inference: dict[str, Any], usable: bool, gpus: int
) -> None:
    monkeypatch.setattr(machine, "cuda_is_usable", lambda: usable)
    monkeypatch.setattr(cuda, "device_count", lambda: 2)
    config = Config.model_validate({"inference": inference})
    assert this_machine(config) == Machine(available_cores(), gpus)
    here = sized_here(config)
    assert bool(here.engine.gpu_share) == bool(gpus)
    assert here.engine.is_sized
    assert not config.engine.is_sized


def test_what_has_been_found_out_for_a_cluster_stands() -> None:
    node = Machine(cores=16, gpus=1, of_cluster=True)
    config = Config(engine=sized(EngineConfig(), node))
    assert sized_here(config, items=1) == config


def test_an_item_may_take_what_is_said_and_several_times_that_on_a_gpu() -> None:
    config = Config(limits=LimitsConfig(memory_mib=500.0, time_s=60.0, time_factor=3.0))
    assert item_limits(config) == Limits(500.0, 60.0, 3.0)
    assert item_limits(config, "cuda") == Limits(2000.0, 240.0, 3.0)
    assert (
        item_limits(
            Config(limits=LimitsConfig(memory_mib=None, time_s=0.0, time_factor=0.0)), "cuda"
        )
        == UNLIMITED
    )
