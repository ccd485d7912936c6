"""The OpenVINO backend: the CPU's fast one, in bf16 where the processor has it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino
from openvino.preprocess import PrePostProcessor

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.records import ByteArray, FloatArray

if TYPE_CHECKING:
    from lfr_batch.models.sessions import ModelFile, SessionPlan


class OpenVinoSession:
    """Satisfies ``sessions.Session``. Raises DeviceUnavailable for bf16 on a CPU without it."""

    gathers = False

    def __init__(self, model: ModelFile, plan: SessionPlan) -> None:
        if plan.precision == "bf16" and not has_bf16():
            raise DeviceUnavailable(
                "This processor has no bf16 arithmetic: set inference.precision to auto or f32."
            )
        compiled = _core().compile_model(_takes_pictures(model), "CPU", _settings(plan))
        # One more than compute at once: it waits, filled, for the first that is done.
        self._requests = [compiled.create_infer_request() for _ in range(plan.streams + 1)]
        # Its own, so that a consumer of run_all may call run in between.
        self._single = compiled.create_infer_request()
        self._outputs = len(compiled.outputs)
        self._description = f"OpenVINO CPU {plan.precision}, {plan.threads} threads"

    @property
    def description(self) -> str:
        return self._description

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        return wanted_wh

    def run(self, pictures_rgb: ByteArray) -> tuple[FloatArray, ...]:
        self._start(self._single, pictures_rgb)
        return self._collect(self._single)

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[tuple[FloatArray, ...]]:
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

    def _start(self, request: Any, pictures_rgb: ByteArray) -> None:
        values = np.ascontiguousarray(pictures_rgb)
        # Never shared: a graph of free size may write another request's input over a shared one.
        request.start_async({0: values}, share_inputs=False)

    def _collect(self, request: Any) -> tuple[FloatArray, ...]:
        request.wait()
        tensors = [request.get_output_tensor(index) for index in range(self._outputs)]
        outputs = tuple(np.array(tensor.data, dtype=np.float32) for tensor in tensors)
        # Picture and template have served their purpose: a request keeps both until the next one.
        for tensor in (request.get_input_tensor(0), *tensors):
            tensor.data.fill(0)
        return outputs


def has_bf16() -> bool:
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@lru_cache(maxsize=1)
def _core() -> openvino.Core:
    return openvino.Core()


def _takes_pictures(model: ModelFile) -> openvino.Model:
    """The graph with bytes in, (n, height, width, 3): layout and scale are part of it."""
    wrapped = PrePostProcessor(_core().read_model(str(model.path)))
    pictures = wrapped.input()
    pictures.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    pictures.model().set_layout(openvino.Layout("NCHW"))
    if (model.mean, model.std) != (0.0, 1.0):
        steps = pictures.preprocess().convert_element_type(openvino.Type.f32)
        steps.mean(model.mean).scale(model.std)
    return wrapped.build()


def _settings(plan: SessionPlan) -> dict[str, Any]:
    return {
        "INFERENCE_PRECISION_HINT": plan.precision,
        "INFERENCE_NUM_THREADS": plan.threads,
        "NUM_STREAMS": plan.streams,
        # Pinned threads of several workers on one machine would all sit on the same cores.
        "ENABLE_CPU_PINNING": False,
    }
