"""Whether frames are scaled on the GPU: asked for, found out, refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.load import override
from lfr_batch.config.schema import Config
from lfr_batch.errors import ConfigError, DeviceUnavailable
from lfr_batch.models import plane_scaler
from lfr_batch.models.plane_scaler import PlaneScaler
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.recognition import scaling
from lfr_batch.recognition.scaling import scaling_obstacle
from lfr_batch.recognition.settle import Work, settle_here
from tests.machines import Machine, become

PLAN = SessionPlan("onnxruntime", "cpu", "f32", threads=1)
GPU = Machine(gpu=True, nvdec=True)
OTHER = replace(GPU, scales=False)


@pytest.mark.parametrize(
    ("machine", "asked", "work", "becomes"),
    [
        (Machine(), "auto", "scan", "processor"),
        (Machine(), "processor", "scan", "processor"),
        (GPU, "auto", "scan", "gpu"),
        (GPU, "gpu", "scan", "gpu"),
        (GPU, "processor", "scan", "processor"),
        (replace(GPU, nvdec=False), "auto", "scan", "gpu"),
        (OTHER, "auto", "scan", "processor"),
        # Stills are decoded into pixels, and cameras send theirs to another process.
        (GPU, "auto", "search", "processor"),
        (GPU, "auto", "enrol", "processor"),
        (GPU, "auto", "live", "processor"),
    ],
)
def test_what_auto_becomes(
    monkeypatch: pytest.MonkeyPatch,
    open_pack_home: Path,
    machine: Machine,
    asked: str,
    work: Work,
    becomes: str,
) -> None:
    become(monkeypatch, machine)
    config = override(Config(), {"footage.scaling": asked})
    assert settle_here(open_pack_home, config, work).scaling == becomes


@pytest.mark.parametrize(
    ("machine", "settings", "error", "words"),
    [
        (Machine(), {}, ConfigError, "nothing is computed on a GPU: set it to auto"),
        (GPU, {"inference.device": "cpu"}, ConfigError, "nothing is computed on a GPU"),
        (OTHER, {}, DeviceUnavailable, r"\(they differ by 9\.0\): set it to auto or processor"),
    ],
)
def test_what_cannot_be_had_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    open_pack_home: Path,
    machine: Machine,
    settings: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    become(monkeypatch, machine)
    config = override(Config(), {"footage.scaling": "gpu", **settings})
    with pytest.raises(error, match=words):
        settle_here(open_pack_home, config, "scan")


def test_graphs_that_give_the_processor_s_pixels_are_no_obstacle(tmp_path: Path) -> None:
    assert scaling_obstacle(tmp_path, PLAN) == ""


def test_it_is_found_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "MOST_MEAN_CELLS", 0.01)
    finding = scaling_obstacle(tmp_path, PLAN)
    assert finding.endswith("of 255 on average")
    monkeypatch.setattr(scaling, "_measured", pytest.fail)
    assert scaling_obstacle(tmp_path, PLAN) == finding


def test_a_gpu_that_fails_is_asked_again_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(PlaneScaler):
        def pixels(self, *_: Any) -> Any:
            raise NotImplementedError("no room\nwhatsoever")

    with monkeypatch.context() as here:
        here.setattr(plane_scaler, "_scaler", Failing)
        assert scaling_obstacle(tmp_path, PLAN) == "no room"
    assert scaling_obstacle(tmp_path, PLAN) == ""
