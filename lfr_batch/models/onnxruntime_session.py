"""The onnxruntime backend on the CPU: the reference.

Layout and scale are part of the graph. Inputs and outputs live in buffers that are used again for
pictures of the same size.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime

from lfr_batch.models.graph import PICTURES, takes_pictures
from lfr_batch.models.onnxruntime_open import describe, open_graph
from lfr_batch.models.providers import Shape
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.records import ByteArray, FloatArray

DEVICE = "cpu"
KEPT_SIZES = 8
"""Sizes of pictures whose buffers are kept, by call under way."""


class OnnxRuntimeSession:
    """Satisfies ``sessions.Session``. Outputs' shapes must depend on the input's shape alone."""

    gathers = False
    selection = None

    def __init__(self, model: ModelFile, plan: SessionPlan) -> None:
        order, layout = model.channel_order, model.layout
        graph = takes_pictures(onnx.load(model.path), model.mean, model.std, order, layout)
        session = open_graph(graph, model.path.name, plan)
        self._slots = [_Slot(session) for _ in range(plan.streams)]
        # Its own, so that a consumer of run_all may call run in between.
        self._single = _Slot(session)
        self._description = describe(plan)

    @property
    def description(self) -> str:
        return self._description

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        return wanted_wh

    def run(self, pictures_rgb: ByteArray) -> tuple[FloatArray, ...]:
        return self._single.run(pictures_rgb)

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[tuple[FloatArray, ...]]:
        idle = deque(self._slots)
        busy: deque[tuple[_Slot, Future[tuple[FloatArray, ...]]]] = deque()
        # Waits at its end, also where the consumer leaves early, for what is under way.
        with ThreadPoolExecutor(len(self._slots)) as threads:
            for batch in batches:
                done: Future[tuple[FloatArray, ...]] | None = None
                if not idle:
                    slot, done = busy.popleft()
                    done.result()
                    idle.append(slot)
                slot = idle.popleft()
                busy.append((slot, threads.submit(slot.run, batch)))
                if done is not None:
                    yield done.result()
            for _, done in busy:
                yield done.result()


@dataclass(frozen=True, slots=True)
class _Bound:
    """Buffers for pictures of one shape."""

    binding: Any
    pictures: Any


class _Slot:
    """One call at a time; different slots may run at once."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]
        self._bound: OrderedDict[Shape, _Bound] = OrderedDict()

    def run(self, pictures_rgb: ByteArray) -> tuple[FloatArray, ...]:
        if not len(pictures_rgb):
            one = np.zeros((1, *pictures_rgb.shape[1:]), np.uint8)
            return tuple(output[:0] for output in self.run(one))
        bound = self._bound.get(pictures_rgb.shape) or self._bind(pictures_rgb.shape)
        self._bound.move_to_end(pictures_rgb.shape)
        bound.pictures.update_inplace(np.ascontiguousarray(pictures_rgb))
        self._session.run_with_iobinding(bound.binding)
        self._keep_outputs(bound)
        # Views of buffers that the next run writes to.
        outputs = bound.binding.copy_outputs_to_cpu()
        kept = tuple(np.array(output, np.float32) for output in outputs)
        _wipe(bound, outputs)
        return kept

    def _bind(self, shape: Shape) -> _Bound:
        """With outputs wherever onnxruntime makes room for them, the first time."""
        if len(self._bound) == KEPT_SIZES:
            self._bound.popitem(last=False)
        pictures = onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, np.uint8, DEVICE, 0)
        binding = self._session.io_binding()
        binding.bind_ortvalue_input(PICTURES, pictures)
        for name in self._outputs:
            binding.bind_output(name, DEVICE, 0)
        self._bound[shape] = _Bound(binding, pictures)
        return self._bound[shape]

    def _keep_outputs(self, bound: _Bound) -> None:
        """What was given room in the first run is written to in all others."""
        for name, value in zip(self._outputs, bound.binding.get_outputs(), strict=True):
            bound.binding.bind_ortvalue_output(name, value)


def _wipe(bound: _Bound, outputs: Sequence[FloatArray]) -> None:
    """Pictures and templates have served their purpose: buffers are kept until their next use."""
    bound.pictures.update_inplace(np.zeros(bound.pictures.shape(), np.uint8))
    for value, output in zip(bound.binding.get_outputs(), outputs, strict=True):
        value.update_inplace(np.zeros_like(output))
