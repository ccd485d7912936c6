"""What decides a row's bytes beside the settings: settled once, when a run is planned. Pure.

A setting may say 'auto'. What it became is recorded here, is part of what segments are named
after, and is obeyed by every worker, on whatever machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.models.providers import BackendName, Device, Precision
from lfr_batch.records import Decoder

Looks = Literal["parts", "whole"]
"""Whether a look may be at the part of a picture that changed, or is always at all of it."""

Scaling = Literal["processor", "gpu"]
"""What makes the pixels of frames that detectors see, where it knows their format."""

_LIBRARIES: Mapping[tuple[BackendName, Device], str] = {
    ("openvino", "cpu"): "OpenVINO",
    ("onnxruntime", "cpu"): "onnxruntime on processors",
    ("onnxruntime", "cuda"): "CUDA",
}
_DECODERS: Mapping[Decoder, str] = {
    "cpu": "processors",
    "nvdec": "NVDEC (bit errors inside pictures go unnoticed)",
}


@dataclass(frozen=True, slots=True)
class Settled:
    device: Device
    backend: BackendName
    precisions: Mapping[str, Precision]
    """Of each model by its file in the pack; what puts landmarks right is in f32 in any case.
    f16 is TensorRT's."""
    looks: Looks
    decode: Decoder
    scaling: Scaling
    libraries: tuple[str, ...]
    """Those that decode, scale and compute, as ``name version``."""
    hardware: tuple[str, ...]
    """What computes where this was settled: names of GPUs, or the processor's widest vectors. Of
    several nodes that differ, all: rows may then differ in their last digits."""


def as_json(settled: Settled) -> str:
    """Equal where, and only where, all of it is."""
    return json.dumps(asdict(settled), sort_keys=True)


def in_words(settled: Settled) -> str:
    """For people: ``OpenVINO bf16, decoded by processors``."""
    library = _LIBRARIES[settled.backend, settled.device]
    if "f16" in settled.precisions.values():
        library = "TensorRT"
    scaled = ", scaled on the GPU" if settled.scaling == "gpu" else ""
    arithmetic = _arithmetic(settled.precisions)
    return f"{library} {arithmetic}, decoded by {_DECODERS[settled.decode]}{scaled}"


def obeyed(inference: InferenceConfig, settled: Settled | None, file: str) -> InferenceConfig:
    """The setting of one model, without an 'auto'; None: as it was given."""
    if settled is None:
        return inference
    precise = {
        "device": settled.device,
        "backend": settled.backend,
        "precision": settled.precisions[file],
        "tensorrt": "auto",
    }
    return inference.model_copy(update=precise)


def _arithmetic(precisions: Mapping[str, Precision]) -> str:
    """The one that most models are in, and those that are not."""
    there = list(precisions.values())
    usual = max(dict.fromkeys(there), key=there.count)
    others = [f"{file} {each}" for file, each in precisions.items() if each != usual]
    return f"{usual} ({', '.join(others)})" if others else usual
