"""The onnxruntime backend: the reference on the CPU; CUDA and TensorRT.

What goes to the device are the pictures' bytes: layout and scale are part of the graph. Inputs and
outputs live in buffers on the device that are used again for pictures of the same size.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import EPFail, Fail, RuntimeException

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.devices import gpu_memory_bytes, load_tensorrt
from lfr_batch.models.graph import CAST_PICTURES, PICTURES, takes_pictures
from lfr_batch.models.providers import (
    TENSORRT,
    Profile,
    Shape,
    choose_providers,
    cuda_options,
    memory_limit_bytes,
    misplaced,
    picture_profile,
    tensorrt_options,
)
from lfr_batch.records import ByteArray, FloatArray

if TYPE_CHECKING:
    from lfr_batch.models.sessions import ModelFile, SessionPlan

ERRORS_ONLY = 3
KEPT_SIZES = 8
"""Sizes of pictures whose buffers are kept, by call under way."""
GPU_BATCH = 256
"""As many as ``detect.batch`` can allow: a GPU gains from every picture more."""
GPU_UNDER_WAY = 2
"""While one batch computes, the next is copied."""


class OnnxRuntimeSession:
    """Satisfies ``sessions.Session``.

    Raises DeviceUnavailable if the plan's device cannot be used, or where part of the graph would
    be computed on the CPU instead and the plan does not allow that. The outputs' shapes must
    depend on nothing but the input's shape.
    """

    def __init__(self, model: ModelFile, plan: SessionPlan) -> None:
        graph = takes_pictures(onnx.load(model.path), model.mean, model.std)
        self.profile = picture_profile(_fixed_axes(graph))
        """Of shapes that TensorRT takes; elsewhere any shape goes."""
        session = _open(graph, model, plan, self.profile)
        on_gpu = plan.device == "cuda"
        self.batch = GPU_BATCH if on_gpu else 1
        under_way = GPU_UNDER_WAY if on_gpu else plan.streams
        self._slots = [_Slot(session, plan.device) for _ in range(under_way)]
        # Its own, so that a consumer of run_all may call run in between.
        self._single = _Slot(session, plan.device)
        self._description = _describe(plan)

    @property
    def description(self) -> str:
        return self._description

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
    """Buffers on the device for pictures of one shape."""

    binding: Any
    pictures: Any


class _Slot:
    """One call at a time; different slots may run at once."""

    def __init__(self, session: onnxruntime.InferenceSession, device: str) -> None:
        self._session = session
        self._device = device
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
        # On the CPU these are views of buffers that the next run writes to.
        copy = True if self._device == "cpu" else None
        outputs = bound.binding.copy_outputs_to_cpu()
        kept = tuple(np.array(output, np.float32, copy=copy) for output in outputs)
        _wipe(bound, outputs)
        return kept

    def _bind(self, shape: Shape) -> _Bound:
        """With outputs wherever onnxruntime makes room for them, the first time."""
        if len(self._bound) == KEPT_SIZES:
            self._bound.popitem(last=False)
        pictures = onnxruntime.OrtValue.ortvalue_from_shape_and_type(
            shape, np.uint8, self._device, 0
        )
        binding = self._session.io_binding()
        binding.bind_ortvalue_input(PICTURES, pictures)
        for name in self._outputs:
            binding.bind_output(name, self._device, 0)
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


def _open(
    graph: onnx.ModelProto,
    model: ModelFile,
    plan: SessionPlan,
    profile: Profile,
) -> onnxruntime.InferenceSession:
    wanted = choose_providers(plan.device, plan.precision, onnxruntime.get_available_providers())
    _load_libraries(plan)
    try:
        # Unless told so, onnxruntime opens another session on the CPU when a provider fails.
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(),
            sess_options=_options(plan),
            providers=[(name, _provider_options(name, plan, profile)) for name in wanted],
            enable_fallback=0,
        )
    except (RuntimeError, EPFail, Fail, RuntimeException) as error:
        if plan.device == "cpu":
            raise
        raise DeviceUnavailable(_not_started(model, wanted[0], str(error))) from error
    _require_device(session, model, plan, wanted[0])
    return session


def _load_libraries(plan: SessionPlan) -> None:
    if plan.device == "cuda":
        onnxruntime.preload_dlls()
    if plan.precision == "f16":
        load_tensorrt()


def _options(plan: SessionPlan) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = plan.threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    return options


def _provider_options(name: str, plan: SessionPlan, profile: Profile) -> dict[str, str]:
    if plan.device == "cpu":
        return {}
    limit_bytes = memory_limit_bytes(gpu_memory_bytes(), plan.gpu_share)
    if name != TENSORRT:
        return cuda_options(plan.precision, limit_bytes)
    if plan.cache is not None:
        with contextlib.suppress(OSError):  # then engines are built again at every start
            plan.cache.mkdir(parents=True, exist_ok=True)
    # TensorRT may begin at the pictures, or after the change of their type.
    return tensorrt_options(plan.cache, limit_bytes, {PICTURES: profile, CAST_PICTURES: profile})


def _require_device(
    session: onnxruntime.InferenceSession, model: ModelFile, plan: SessionPlan, first: str
) -> None:
    """Raises DeviceUnavailable where the CPU would do a GPU's work."""
    if plan.device == "cpu":
        return
    # onnxruntime only warns where a provider cannot start.
    assigned = assignments(session)
    if first not in {provider for provider, _ in assigned}:
        raise DeviceUnavailable(_not_started(model, first, "it was given no part of the graph"))
    # session.disable_cpu_ep_fallback would refuse the arithmetic of shapes too.
    on_cpu = misplaced(assigned)
    if on_cpu and not plan.allow_cpu:
        raise DeviceUnavailable(
            f"onnxruntime would compute {', '.join(on_cpu)} of {model.path.name} on the CPU "
            "instead of the GPU: give --allow-cpu (inference.allow_cpu) to accept that, or set "
            "inference.device to cpu."
        )


def assignments(session: onnxruntime.InferenceSession) -> list[tuple[str, str]]:
    """Provider and kind of every node of the graph."""
    return [
        (part.ep_name, node.op_type)
        for part in session.get_provider_graph_assignment_info()
        for node in part.get_nodes()
    ]


def _not_started(model: ModelFile, provider: str, reason: str) -> str:
    name = provider.removesuffix("ExecutionProvider")
    way_out = "inference.tensorrt to never" if provider == TENSORRT else "inference.device to cpu"
    return (
        f"onnxruntime could not use {name} for {model.path.name} ({reason.splitlines()[0]}): check "
        f"the driver and the CUDA libraries, or set {way_out}."
    )


def _fixed_axes(graph: onnx.ModelProto) -> tuple[int | None, ...]:
    axes = graph.graph.input[0].type.tensor_type.shape.dim
    return tuple(axis.dim_value or None for axis in axes)


def _describe(plan: SessionPlan) -> str:
    if plan.device == "cpu":
        return f"onnxruntime CPU {plan.precision}, {plan.threads} threads"
    library = "TensorRT" if plan.precision == "f16" else "CUDA"
    return f"onnxruntime {library} {plan.precision}"
