"""The onnxruntime backend: the reference on the CPU, and CUDA."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.records import FloatArray

ERRORS_ONLY = 3
INPUT_TYPES: dict[str, type[np.generic]] = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}
PROVIDERS: dict[str, list[Any]] = {
    "cpu": ["CPUExecutionProvider"],
    # Searching exhaustively for an algorithm would start over at every new picture size.
    "cuda": [
        ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"}),
        "CPUExecutionProvider",
    ],
}


class OnnxRuntimeSession:
    """Satisfies ``sessions.Session``. Raises DeviceUnavailable if CUDA was asked for in vain."""

    def __init__(self, model_path: Path, threads: int, device: Literal["cpu", "cuda"]) -> None:
        self._session = _open(model_path, threads, device)
        [only_input] = self._session.get_inputs()
        self._input_name = only_input.name
        self._input_type = INPUT_TYPES[only_input.type]
        self._description = f"onnxruntime {device.upper()} f32" + (
            f", {threads} threads" if device == "cpu" else ""
        )

    @property
    def description(self) -> str:
        return self._description

    def run(self, batch: FloatArray) -> tuple[FloatArray, ...]:
        values = np.ascontiguousarray(batch, dtype=self._input_type)
        outputs = self._session.run(None, {self._input_name: values})
        return tuple(np.asarray(output, np.float32) for output in outputs)

    def run_all(self, batches: Iterable[FloatArray]) -> Iterator[tuple[FloatArray, ...]]:
        return (self.run(batch) for batch in batches)


def _open(model_path: Path, threads: int, device: str) -> onnxruntime.InferenceSession:
    if device == "cuda" and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(model_path), sess_options=options, providers=PROVIDERS[device]
    )
    # onnxruntime goes on silently on the CPU when a provider cannot start.
    if device == "cuda" and "CUDAExecutionProvider" not in session.get_providers():
        raise DeviceUnavailable(
            f"onnxruntime could not use CUDA for {model_path.name}: check the driver and the "
            "CUDA and cuDNN libraries, or set inference.device to cpu."
        )
    return session
