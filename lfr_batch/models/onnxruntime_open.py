"""Opening a graph in onnxruntime, on the CPU, with CUDA or with TensorRT."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache

import onnx
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import EPFail, Fail, RuntimeException

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.devices import load_tensorrt
from lfr_batch.models.providers import (
    TENSORRT,
    Device,
    Precision,
    choose_providers,
    cuda_options,
    lacks_memory,
    memory_limit_bytes,
    misplaced,
    tensorrt_options,
)
from lfr_batch.models.session_plan import SessionPlan

ERRORS_ONLY = 3
REFUSALS = (RuntimeError, EPFail, Fail, RuntimeException)
"""What onnxruntime raises where a device does not do what it is asked."""


def open_graph(
    graph: onnx.ModelProto, name: str, plan: SessionPlan
) -> onnxruntime.InferenceSession:
    """``graph``, called ``name`` in errors, on the plan's device.

    Raises DeviceUnavailable if that cannot be used, or where part of the graph would be computed on
    the CPU instead and the plan does not allow that; MemoryError where a GPU has no room for it.
    """
    wanted = choose_providers(plan.device, plan.precision, onnxruntime.get_available_providers())
    _load_libraries(plan.device, plan.precision)
    try:
        # Unless told so, onnxruntime opens another session on the CPU when a provider fails.
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(),
            sess_options=_options(plan),
            providers=[(name, _provider_options(name, plan)) for name in wanted],
            enable_fallback=0,
        )
    except REFUSALS as error:
        if plan.device == "cpu":
            raise
        if lacks_memory(str(error)):
            raise MemoryError(first_line(error)) from error
        raise DeviceUnavailable(_not_started(name, wanted[0], first_line(error))) from error
    _require_device(session, name, plan, wanted[0])
    return session


@cache
def _load_libraries(device: Device, precision: Precision) -> None:
    if device == "cuda":
        cuda.share_context()
        onnxruntime.set_default_logger_severity(ERRORS_ONLY)
        onnxruntime.preload_dlls()
    if precision == "f16":
        load_tensorrt()


def _options(plan: SessionPlan) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = plan.threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    return options


def _provider_options(name: str, plan: SessionPlan) -> dict[str, str]:
    if plan.device == "cpu":
        return {}
    limit_bytes = memory_limit_bytes(cuda.memory_bytes(), plan.gpu_share)
    if name != TENSORRT:
        return cuda_options(plan.precision, limit_bytes, graphs=plan.cuda_graphs)
    if plan.cache is not None:
        with contextlib.suppress(OSError):  # then engines are built again at every start
            plan.cache.mkdir(parents=True, exist_ok=True)
    return tensorrt_options(plan.cache, limit_bytes)


def _require_device(
    session: onnxruntime.InferenceSession, name: str, plan: SessionPlan, first: str
) -> None:
    """Raises DeviceUnavailable where the CPU would do a GPU's work."""
    if plan.device == "cpu":
        return
    # onnxruntime only warns where a provider cannot start.
    assigned = assignments(session)
    if first not in {provider for provider, _ in assigned}:
        raise DeviceUnavailable(_not_started(name, first, "it was given no part of the graph"))
    # session.disable_cpu_ep_fallback would refuse the arithmetic of shapes too.
    on_cpu = misplaced(assigned)
    if on_cpu and not plan.allow_cpu:
        raise DeviceUnavailable(
            f"onnxruntime would compute {', '.join(on_cpu)} of {name} on the CPU "
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


def _not_started(name: str, provider: str, reason: str) -> str:
    library = provider.removesuffix("ExecutionProvider")
    way_out = "inference.tensorrt to never" if provider == TENSORRT else "inference.device to cpu"
    return (
        f"onnxruntime could not use {library} for {name} ({reason}): check "
        f"the driver and the CUDA libraries, or set {way_out}."
    )


def input_shape(graph: onnx.ModelProto) -> tuple[int | None, ...]:
    """Of the graph's only input; None: free."""
    axes = graph.graph.input[0].type.tensor_type.shape.dim
    return tuple(axis.dim_value or None for axis in axes)


def first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def describe(plan: SessionPlan) -> str:
    if plan.device == "cpu":
        return f"onnxruntime CPU {plan.precision}, {plan.threads} threads"
    library = "TensorRT" if plan.precision == "f16" else "CUDA"
    return f"onnxruntime {library} {plan.precision}"


@contextlib.contextmanager
def refusals(device: Device) -> Iterator[None]:
    """onnxruntime's many ways to say that a device has no room, as MemoryError; whatever else a GPU
    refuses, as DeviceUnavailable."""
    try:
        yield
    except REFUSALS as error:
        if lacks_memory(str(error)):
            raise MemoryError(first_line(error)) from error
        if device == "cpu":
            raise
        raise DeviceUnavailable(
            f"The GPU failed while it computed ({first_line(error)}): see `nvidia-smi` and the "
            "system's log, then `lfr resume` the run where a GPU works."
        ) from error
