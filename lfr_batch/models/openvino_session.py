"""The OpenVINO backend: the CPU's fast one, in bf16 where the processor has it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openvino

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.records import FloatArray

IN_FLIGHT = 2
"""One batch computes while the caller prepares the next."""


class OpenVinoSession:
    """Satisfies ``sessions.Session``. Raises DeviceUnavailable for bf16 on a CPU without it."""

    def __init__(self, model_path: Path, threads: int, precision: Literal["bf16", "f32"]) -> None:
        if precision == "bf16" and not has_bf16():
            raise DeviceUnavailable(
                "This processor has no bf16 arithmetic: set inference.precision to auto or f32."
            )
        compiled = _core().compile_model(str(model_path), "CPU", _settings(threads, precision))
        self._requests = [compiled.create_infer_request() for _ in range(IN_FLIGHT)]
        # Its own, so that a consumer of run_all may call run in between.
        self._single = compiled.create_infer_request()
        self._input_type = compiled.input(0).get_element_type().to_dtype()
        self._outputs = len(compiled.outputs)
        self._description = f"OpenVINO CPU {precision}, {threads} threads"

    @property
    def description(self) -> str:
        return self._description

    def run(self, batch: FloatArray) -> tuple[FloatArray, ...]:
        self._start(self._single, batch)
        return self._collect(self._single)

    def run_all(self, batches: Iterable[FloatArray]) -> Iterator[tuple[FloatArray, ...]]:
        idle, busy = deque(self._requests), deque[Any]()
        try:
            for batch in batches:
                if not idle:
                    idle.append(busy.popleft())
                    yield self._collect(idle[0])
                busy.append(idle.popleft())
                self._start(busy[-1], batch)
            while busy:
                yield self._collect(busy.popleft())
        finally:
            for request in busy:
                request.wait()

    def _start(self, request: Any, batch: FloatArray) -> None:
        values = np.ascontiguousarray(batch, dtype=self._input_type)
        # Never shared: a graph of free size may write another request's input over a shared one.
        request.start_async({0: values}, share_inputs=False)

    def _collect(self, request: Any) -> tuple[FloatArray, ...]:
        request.wait()
        tensors = (request.get_output_tensor(index) for index in range(self._outputs))
        return tuple(np.array(tensor.data, dtype=np.float32) for tensor in tensors)


def has_bf16() -> bool:
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@lru_cache(maxsize=1)
def _core() -> openvino.Core:
    return openvino.Core()


def _settings(threads: int, precision: str) -> dict[str, Any]:
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        # Pinned threads of several workers on one machine would all sit on the same cores.
        "ENABLE_CPU_PINNING": False,
    }
