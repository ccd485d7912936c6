from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.models.providers import Precision
from lfr_batch.models.settled import Settled, as_json, in_words, obeyed

PROCESSORS = Settled(
    device="cpu",
    backend="openvino",
    precisions={"detector.onnx": "bf16", "embedder.onnx": "bf16"},
    looks="parts",
    decode="cpu",
    scaling="processor",
    libraries=("openvino 1", "av 2"),
    hardware=("avx512_bf16",),
)
F32: dict[str, Precision] = {"detector.onnx": "f32", "embedder.onnx": "f32"}
PRECISIONS: dict[str, Precision] = {"a.onnx": "tf32", "b.onnx": "f32"}
OTHER: dict[str, Any] = {
    "device": "cuda",
    "backend": "onnxruntime",
    "precisions": F32,
    "looks": "whole",
    "decode": "nvdec",
    "scaling": "gpu",
    "libraries": ("openvino 2", "av 2"),
    "hardware": ("avx2",),
}


def test_every_part_of_it_is_told_apart() -> None:
    assert set(OTHER) == {field.name for field in fields(Settled)}
    others = [replace(PROCESSORS, **{name: value}) for name, value in OTHER.items()]
    assert len({as_json(settled) for settled in (PROCESSORS, *others)}) == len(OTHER) + 1
    assert as_json(replace(PROCESSORS, libraries=("openvino 1", "av 2"))) == as_json(PROCESSORS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "OpenVINO bf16, decoded by processors"),
        ({"precisions": F32}, "OpenVINO f32, decoded by processors"),
        (
            {"precisions": {"a.onnx": "bf16", "b.onnx": "bf16", "c.onnx": "f32"}},
            "OpenVINO bf16 (c.onnx f32), decoded by processors",
        ),
        (
            {"backend": "onnxruntime", "precisions": F32},
            "onnxruntime on processors f32, decoded by processors",
        ),
        (
            {
                "device": "cuda",
                "backend": "onnxruntime",
                "precisions": {"a.onnx": "tf32"},
                "decode": "nvdec",
            },
            "CUDA tf32, decoded by NVDEC (bit errors inside pictures go unnoticed)",
        ),
        (
            {"device": "cuda", "backend": "onnxruntime", "precisions": F32, "scaling": "gpu"},
            "CUDA f32, decoded by processors, scaled on the GPU",
        ),
        (
            {
                "device": "cuda",
                "backend": "onnxruntime",
                "precisions": {"a.onnx": "f16", "b.onnx": "f32"},
            },
            "TensorRT f16 (b.onnx f32), decoded by processors",
        ),
    ],
)
def test_people_are_told_what_computes_and_decodes(changes: dict[str, Any], words: str) -> None:
    assert in_words(replace(PROCESSORS, **changes)) == words


def test_a_model_is_opened_as_it_was_settled_whatever_was_asked_for() -> None:
    asked = InferenceConfig(tensorrt="always", embed_batch=7, allow_cpu=True)
    settled = replace(
        PROCESSORS,
        device="cuda",
        backend="onnxruntime",
        precisions=PRECISIONS,
    )
    assert obeyed(asked, settled, "b.onnx") == InferenceConfig(
        device="cuda", backend="onnxruntime", precision="f32", embed_batch=7, allow_cpu=True
    )
    assert obeyed(asked, settled, "a.onnx").precision == "tf32"
    assert obeyed(asked, None, "a.onnx") == asked
