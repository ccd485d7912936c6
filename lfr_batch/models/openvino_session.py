"""The OpenVINO backend: the CPU's fast one, in bf16 where the processor has it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import openvino
import openvino.opset13 as opset
from openvino.preprocess import PrePostProcessor

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.records import ByteArray, FloatArray

Shape = tuple[int, ...]
"""Of a batch of pictures: n, height, width, 3."""

SHAPES_KEPT = 12
"""Graphs of one shape, that of the whole frames of a video: cameras of many shapes take turns."""


class OpenVinoSession:
    """Satisfies ``sessions.Session``. Raises DeviceUnavailable for bf16 on a CPU without it."""

    gathers = False
    selection = None

    def __init__(self, model: ModelFile, plan: SessionPlan) -> None:
        if plan.precision == "bf16" and not has_bf16():
            raise DeviceUnavailable(
                "This processor has no bf16 arithmetic: set inference.precision to auto or f32."
            )
        open_graph = partial(_Graph, model, plan)
        self._graph: Callable[[Shape], _Graph]
        if plan.fixed_shapes:
            self._graph = lru_cache(SHAPES_KEPT)(open_graph)
        else:
            free = open_graph(None)
            self._graph = lambda _: free
        # One more than compute at once: it waits, filled, for the first that is done.
        self._most = plan.streams + 1
        self._description = f"OpenVINO CPU {plan.precision}, {plan.threads} threads"

    @property
    def description(self) -> str:
        return self._description

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        return wanted_wh

    def run(self, pictures_rgb: ByteArray) -> tuple[FloatArray, ...]:
        return self._graph(pictures_rgb.shape).start(pictures_rgb).collect()

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[tuple[FloatArray, ...]]:
        busy = deque[_Call]()
        try:
            for batch in batches:
                if len(busy) == self._most:
                    yield busy.popleft().collect()
                busy.append(self._graph(batch.shape).start(batch))
            while busy:
                yield busy.popleft().collect()
        finally:
            for call in busy:
                call.collect()


class _Graph:
    """The compiled model for pictures of one shape (None: of any), and requests to it."""

    def __init__(self, model: ModelFile, plan: SessionPlan, shape: Shape | None) -> None:
        takes_pictures = _takes_any_pictures(model) if shape is None else _takes(model, shape)
        self._compiled = _core().compile_model(takes_pictures, "CPU", _settings(plan))
        self._is_free = shape is None
        self._idle: list[Any] = []

    def start(self, pictures_rgb: ByteArray) -> _Call:
        request = self._idle.pop() if self._idle else self._compiled.create_infer_request()
        if self._is_free:
            # Never shared: such a graph may write another request's input over a shared one.
            values = np.ascontiguousarray(pictures_rgb)
            request.start_async({0: values}, share_inputs=False)
        else:
            request.get_input_tensor(0).data[:] = pictures_rgb
            request.start_async()
        return _Call(request, self._idle)


@dataclass(frozen=True, slots=True)
class _Call:
    """What is being computed; ``idle`` is where the request goes afterwards."""

    request: Any
    idle: list[Any]

    def collect(self) -> tuple[FloatArray, ...]:
        self.request.wait()
        tensors = self.request.output_tensors
        outputs = tuple(np.array(tensor.data, dtype=np.float32) for tensor in tensors)
        # Picture and template have served their purpose: a request keeps both until the next one.
        for tensor in (self.request.get_input_tensor(0), *tensors):
            tensor.data.fill(0)
        self.idle.append(self.request)
        return outputs


def has_bf16() -> bool:
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@lru_cache(maxsize=1)
def _core() -> openvino.Core:
    return openvino.Core()


def _takes_any_pictures(model: ModelFile) -> openvino.Model:
    """The graph with bytes in, (n, height, width, 3): layout and scale are part of it."""
    wrapped = _wrapped(model)
    if (model.mean, model.std) != (0.0, 1.0):
        steps = wrapped.input().preprocess().convert_element_type(openvino.Type.f32)
        steps.mean(model.mean).scale(model.std)
    return wrapped.build()


def _takes(model: ModelFile, shape: Shape) -> openvino.Model:
    """The same for pictures of one shape, whose bytes become numbers in one pass.

    Without arithmetic between conversion and layout OpenVINO turns the bytes' layout first, then
    converts them, and then turns them back for the first convolution. No byte is below 0.
    """
    wrapped = _wrapped(model)
    steps = wrapped.input().preprocess().convert_element_type(openvino.Type.f32)
    if (model.mean, model.std) == (0.0, 1.0):
        steps.custom(lambda pictures: opset.relu(pictures).output(0))
    else:
        steps.mean(model.mean).scale(model.std)
    if model.layout == "nchw":
        steps.convert_layout(openvino.Layout("NCHW"))
    graph = wrapped.build()
    graph.reshape(list(shape))
    return graph


def _wrapped(model: ModelFile) -> PrePostProcessor:
    wrapped = PrePostProcessor(_core().read_model(str(model.path)))
    pictures = wrapped.input()
    pictures.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    pictures.model().set_layout(openvino.Layout(model.layout.upper()))
    if model.channel_order == "bgr":
        pictures.preprocess().reverse_channels()
    return wrapped


def _settings(plan: SessionPlan) -> dict[str, Any]:
    return {
        "INFERENCE_PRECISION_HINT": plan.precision,
        "INFERENCE_NUM_THREADS": plan.threads,
        "NUM_STREAMS": plan.streams,
        # Pinned threads of several workers on one machine would all sit on the same cores.
        "ENABLE_CPU_PINNING": False,
    }
