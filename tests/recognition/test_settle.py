"""What each 'auto' becomes, machine by machine, and who may obey it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.load import override
from lfr_batch.config.schema import Config
from lfr_batch.errors import ConfigError, DeviceUnavailable, InferenceDisagrees, NotAsPlanned
from lfr_batch.models.settled import Settled
from lfr_batch.recognition.settle import (
    Work,
    obeying,
    require_obeyed,
    settle_here,
    settled_hash,
)
from tests.machines import Machine, become

MODELS = ("centerface.onnx", "sface.onnx", "yunet.onnx")
PLAIN = Machine()
BF16 = Machine(bf16=True)
GPU = Machine(gpu=True, nvdec=True)
TENSORRT = replace(GPU, tensorrt=True)
SHARE = {"engine.gpus_per_worker": 0.25}
NO_SHARE = {"engine.gpus_per_worker": 0.0}


def settled(
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    machine: Machine,
    settings: dict[str, Any],
    work: Work = "scan",
) -> Settled:
    become(monkeypatch, machine)
    return settle_here(home, override(Config(), settings), work)


def all_in(precision: str, **others: str) -> dict[str, str]:
    return {file: others.get(file.removesuffix(".onnx"), precision) for file in MODELS}


@pytest.mark.parametrize(
    ("machine", "settings", "expected"),
    [
        (PLAIN, {}, ("cpu", "openvino", all_in("f32"), "parts", "cpu")),
        (BF16, {}, ("cpu", "openvino", all_in("bf16"), "parts", "cpu")),
        (
            replace(BF16, disagrees=frozenset({"sface.onnx"})),
            {},
            ("cpu", "openvino", all_in("bf16", sface="f32"), "parts", "cpu"),
        ),
        (BF16, {"inference.precision": "f32"}, ("cpu", "openvino", all_in("f32"), "parts", "cpu")),
        (
            BF16,
            {"inference.backend": "onnxruntime"},
            ("cpu", "onnxruntime", all_in("f32"), "parts", "cpu"),
        ),
        (
            BF16,
            {"footage.motion.regions": False},
            ("cpu", "openvino", all_in("bf16"), "whole", "cpu"),
        ),
        (
            BF16,
            {"footage.motion.enabled": False},
            ("cpu", "openvino", all_in("bf16"), "whole", "cpu"),
        ),
        # A worker without a share of the GPU has none.
        (GPU, NO_SHARE, ("cpu", "openvino", all_in("f32"), "parts", "cpu")),
        (GPU, {}, ("cuda", "onnxruntime", all_in("tf32"), "whole", "nvdec")),
        (GPU, SHARE, ("cuda", "onnxruntime", all_in("tf32"), "whole", "nvdec")),
        (
            GPU,
            {**SHARE, "footage.decode": "cpu"},
            ("cuda", "onnxruntime", all_in("tf32"), "whole", "cpu"),
        ),
        (
            replace(GPU, nvdec=False),
            SHARE,
            ("cuda", "onnxruntime", all_in("tf32"), "whole", "cpu"),
        ),
        (
            GPU,
            {"engine.kind": "in_process"},
            ("cuda", "onnxruntime", all_in("tf32"), "whole", "nvdec"),
        ),
        (
            GPU,
            {**SHARE, "inference.device": "cpu"},
            ("cpu", "openvino", all_in("f32"), "parts", "cpu"),
        ),
        (
            GPU,
            {"inference.device": "cpu", "footage.decode": "nvdec"},
            ("cpu", "openvino", all_in("f32"), "parts", "nvdec"),
        ),
        (TENSORRT, SHARE, ("cuda", "onnxruntime", all_in("f16"), "whole", "nvdec")),
        (
            TENSORRT,
            {**SHARE, "inference.tensorrt": "never"},
            ("cuda", "onnxruntime", all_in("tf32"), "whole", "nvdec"),
        ),
        (
            replace(TENSORRT, disagrees=frozenset({"yunet.onnx"})),
            SHARE,
            ("cuda", "onnxruntime", all_in("f16", yunet="f32"), "whole", "nvdec"),
        ),
        (
            PLAIN,
            {"inference.device": "cuda", "inference.allow_cpu": True},
            ("cpu", "openvino", all_in("f32"), "parts", "cpu"),
        ),
    ],
)
def test_what_each_auto_becomes(
    monkeypatch: pytest.MonkeyPatch,
    open_pack_home: Path,
    machine: Machine,
    settings: dict[str, Any],
    expected: tuple[Any, ...],
) -> None:
    found = settled(monkeypatch, open_pack_home, machine, settings)
    precisions = dict(sorted(found.precisions.items()))
    assert (found.device, found.backend, precisions, found.looks, found.decode) == expected
    assert found.libraries == machine.libraries
    require_obeyed(found, 1.0)


@pytest.mark.parametrize(
    ("work", "settings", "files", "looks", "decode"),
    [
        ("scan", {}, MODELS, "whole", "nvdec"),
        ("scan", {"detect.frames": "thorough"}, MODELS[:2], "whole", "nvdec"),
        ("scan", {"detect.frames": "quick"}, MODELS, "whole", "nvdec"),
        ("search", {}, MODELS, "whole", "cpu"),
        ("live", {}, MODELS, "whole", "cpu"),
        ("enrol", {}, ("sface.onnx",), "whole", "cpu"),
    ],
)
def test_only_what_the_work_needs_is_settled(
    monkeypatch: pytest.MonkeyPatch,
    open_pack_home: Path,
    work: Work,
    settings: dict[str, Any],
    files: tuple[str, ...],
    looks: str,
    decode: str,
) -> None:
    asked = {**SHARE, **settings}
    found = settled(monkeypatch, open_pack_home, GPU, asked, work)
    assert tuple(sorted(found.precisions)) == files
    assert (found.looks, found.decode) == (looks, decode)


@pytest.mark.parametrize(
    ("machine", "settings", "error", "words"),
    [
        (PLAIN, {**SHARE, "inference.device": "cuda"}, DeviceUnavailable, "needs a GPU and"),
        (
            GPU,
            {**NO_SHARE, "inference.device": "cuda"},
            DeviceUnavailable,
            "needs a GPU for every worker",
        ),
        (GPU, {**SHARE, "inference.tensorrt": "always"}, DeviceUnavailable, "its library is not"),
        (PLAIN, {"footage.decode": "nvdec"}, DeviceUnavailable, "footage.decode is nvdec"),
        (PLAIN, {"inference.precision": "tf32"}, ConfigError, "precision tf32 needs a GPU"),
        (
            replace(BF16, disagrees=frozenset({"sface.onnx"})),
            {"inference.precision": "bf16"},
            InferenceDisagrees,
            "sface.onnx in bf16 does not agree",
        ),
    ],
)
def test_what_is_demanded_and_not_there_is_refused_before_there_is_a_run(
    monkeypatch: pytest.MonkeyPatch,
    open_pack_home: Path,
    machine: Machine,
    settings: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        settled(monkeypatch, open_pack_home, machine, settings)


@pytest.mark.parametrize(
    ("planned_on", "settings", "done_on", "share", "words"),
    [
        (
            GPU,
            SHARE,
            PLAIN,
            0.25,
            r"planned for CUDA tf32, decoded by NVDEC \(.+\), scaled on the GPU, and .+ has no "
            r"GPU that onnxruntime can use: .* with inference\.device cpu\.$",
        ),
        (GPU, SHARE, GPU, 0.0, r"gives its workers no GPU"),
        (TENSORRT, SHARE, GPU, 0.25, r"TensorRT f16.*has no TensorRT.*inference\.tensorrt never"),
        (BF16, {}, PLAIN, 0.0, r"OpenVINO bf16.*without bf16 arithmetic.*inference\.precision f32"),
        (
            GPU,
            SHARE,
            replace(GPU, nvdec=False),
            0.25,
            r"cannot open NVIDIA's decoder \(no device\).*footage\.decode cpu\.$",
        ),
        (
            BF16,
            {},
            replace(BF16, libraries=("openvino 2", "av 2")),
            0.0,
            r"with openvino 1, and .+ has openvino 2, whose results may differ: install",
        ),
        (BF16, {}, replace(BF16, libraries=("av 2",)), 0.0, r"with openvino 1, .* has none of"),
    ],
)
def test_who_cannot_obey_says_so_and_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
    open_pack_home: Path,
    planned_on: Machine,
    settings: dict[str, Any],
    done_on: Machine,
    share: float,
    words: str,
) -> None:
    planned = settled(monkeypatch, open_pack_home, planned_on, settings)
    become(monkeypatch, done_on)
    with pytest.raises(NotAsPlanned, match=words):
        require_obeyed(planned, share)


@pytest.mark.parametrize("done_on", [BF16, replace(TENSORRT, bf16=True)])
def test_who_has_more_than_was_planned_obeys(
    monkeypatch: pytest.MonkeyPatch, open_pack_home: Path, done_on: Machine
) -> None:
    planned = settled(monkeypatch, open_pack_home, PLAIN, {})
    become(monkeypatch, done_on)
    require_obeyed(planned, 1.0)


@pytest.mark.parametrize(
    ("asked", "auto"),
    [
        ({"inference.precision": "bf16"}, {}),
        ({"inference.device": "cpu", "inference.backend": "openvino"}, {}),
        ({"inference.tensorrt": "never", "inference.allow_cpu": True}, {}),
        ({"footage.decode": "cpu"}, {}),
        (
            {"footage.motion.enabled": False, "footage.motion.regions": False},
            {"footage.motion.enabled": False},
        ),
        ({"engine.workers": 3, "engine.cpus_per_worker": 2.0, "s3.region": "eu"}, {}),
    ],
)
def test_what_comes_to_the_same_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
    open_pack_home: Path,
    asked: dict[str, Any],
    auto: dict[str, Any],
) -> None:
    become(monkeypatch, BF16)
    hashes = {
        settled_hash(config, settle_here(open_pack_home, config, "scan"))
        for config in (override(Config(), asked), override(Config(), auto))
    }
    assert len(hashes) == 1


def test_what_decides_is_told_apart(monkeypatch: pytest.MonkeyPatch, open_pack_home: Path) -> None:
    cases: list[tuple[Machine, dict[str, Any]]] = [
        (PLAIN, {}),
        (BF16, {}),
        (GPU, SHARE),
        (GPU, {**SHARE, "footage.decode": "cpu"}),
        (TENSORRT, SHARE),
        (TENSORRT, {**SHARE, "inference.allow_cpu": True}),
        (replace(BF16, libraries=("openvino 2",)), {}),
        (replace(BF16, disagrees=frozenset({"yunet.onnx"})), {}),
        (BF16, {"footage.motion.regions": False}),
        (BF16, {"inference.embed_batch": 3}),
        (BF16, {"inference.backend": "onnxruntime"}),
    ]
    hashes = set()
    for machine, settings in cases:
        become(monkeypatch, machine)
        config = override(Config(), settings)
        hashes.add(settled_hash(config, settle_here(open_pack_home, config, "scan")))
    assert len(hashes) == len(cases)


def test_workers_get_no_auto_that_footage_is_read_by(
    monkeypatch: pytest.MonkeyPatch, open_pack_home: Path
) -> None:
    config = override(Config(), SHARE)
    footage = obeying(config, settled(monkeypatch, open_pack_home, GPU, SHARE)).footage
    assert (footage.decode, footage.motion.regions) == ("nvdec", False)
    assert footage.motion.enabled
    footage = obeying(config, settled(monkeypatch, open_pack_home, BF16, {})).footage
    assert (footage.decode, footage.motion.regions) == ("cpu", True)
    assert obeying(config, None) == config


def test_a_part_of_a_gpu_that_is_not_there_is_refused_before_there_is_a_run(
    monkeypatch: pytest.MonkeyPatch, open_pack_home: Path
) -> None:
    words = r"gpus_per_worker is 0\.25, and this machine has no GPU: set it to null"
    with pytest.raises(ConfigError, match=words):
        settled(monkeypatch, open_pack_home, PLAIN, {"engine.gpus_per_worker": 0.25})
