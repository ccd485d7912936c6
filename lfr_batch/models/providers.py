"""Which of onnxruntime's execution providers serve a plan, and how they are set. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Literal

from lfr_batch.errors import ConfigError, DeviceUnavailable

BackendName = Literal["openvino", "onnxruntime"]
Device = Literal["cpu", "cuda"]
Precision = Literal["bf16", "f16", "tf32", "f32"]
Shape = tuple[int, ...]

CPU, CUDA, TENSORRT = "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"

PROVIDERS: Mapping[tuple[Device, Precision], tuple[str, ...]] = {
    ("cpu", "f32"): (CPU,),
    ("cuda", "f32"): (CUDA,),
    ("cuda", "tf32"): (CUDA,),
    # TensorRT leaves to CUDA what it has no kernel for.
    ("cuda", "f16"): (TENSORRT, CUDA),
}
"""Best first. TensorRT computes in half precision only: onnxruntime cannot turn its TF32 off."""

SHAPE_ARITHMETIC = frozenset(
    {"Cast", "Concat", "Constant", "ConstantOfShape", "Gather", "Identity", "Range", "Shape"}
    | {"Size", "Slice", "Squeeze", "Unsqueeze"}
)
"""onnxruntime itself puts these on the CPU where they compute the size of a picture."""

LEAST_BYTES = 512 << 20
WORKSPACE_SHARE = 0.5
"""Of a worker's memory, what TensorRT may use while it tries kernels."""

NO_ROOM = (
    "smaller than requested bytes",
    "failed to allocate memory",
    "out of memory",
    "bad_alloc",
    "bad allocation",
    "alloc_failed",
    "cudaerrormemoryallocation",
)
"""How onnxruntime, CUDA, cuDNN and cuBLAS say that memory lacks, in small letters."""


def choose_providers(
    device: Device, precision: Precision, available: Collection[str]
) -> tuple[str, ...]:
    """The providers of a plan. Raises ConfigError, or DeviceUnavailable naming what is missing."""
    wanted = PROVIDERS.get((device, precision))
    if wanted is None:
        raise ConfigError(
            f"onnxruntime does not compute in {precision} on {device} here: "
            "set inference.precision to auto or f32."
        )
    missing = [name.removesuffix("ExecutionProvider") for name in wanted if name not in available]
    if missing:
        raise DeviceUnavailable(
            f"This onnxruntime has no {' and no '.join(missing)}: install the GPU build "
            "(`make setup-gpu`), or set inference.device to cpu."
        )
    return wanted


def fast_precision(backend: str, device: Device, *, bf16: bool, tensorrt: bool) -> Precision | None:
    """The quickest arithmetic there is, to be used where the start-up check agrees."""
    if backend == "openvino":
        return "bf16" if bf16 else None
    if device == "cuda":
        return "f16" if tensorrt else "tf32"
    return None


def memory_limit_bytes(total_bytes: int, gpu_share: float) -> int:
    """The most that one session's arena may take: all that its worker has of the GPU.

    A worker's sessions come one by one, as sizes do, and each takes what its one shape needs.
    """
    return max(LEAST_BYTES, int(total_bytes * min(gpu_share, 1.0)))


def lacks_memory(message: str) -> bool:
    """Whether an error of onnxruntime says that the device has no room."""
    said = message.lower()
    return any(phrase in said for phrase in NO_ROOM)


def cuda_options(precision: Precision, limit_bytes: int, *, graphs: bool = False) -> dict[str, str]:
    """Keys are those of onnxruntime's CUDA execution provider."""
    return {
        "device_id": "0",  # of those that CUDA_VISIBLE_DEVICES leaves
        "gpu_mem_limit": str(limit_bytes),
        # Otherwise an arena doubles at every growth, which workers that share a GPU cannot afford.
        "arena_extend_strategy": "kSameAsRequested",
        # A search that is timed may end differently in each worker, and rows would, too.
        "cudnn_conv_algo_search": "HEURISTIC",
        "use_tf32": "1" if precision == "tf32" else "0",
        "enable_cuda_graph": "1" if graphs else "0",
    }


def tensorrt_options(cache: Path | None, limit_bytes: int) -> dict[str, str]:
    """Keys are those of onnxruntime's TensorRT execution provider.

    Engines are kept in ``cache``, which must be the model's and the shape's own: building one takes
    minutes.
    """
    kept = {} if cache is None else _kept_in(cache)
    return {
        "device_id": "0",
        "trt_fp16_enable": "1",
        "trt_max_workspace_size": str(int(limit_bytes * WORKSPACE_SHARE)),
        **kept,
    }


def _kept_in(cache: Path) -> dict[str, str]:
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(cache),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(cache),
    }


def misplaced(assigned: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Of (provider, kind of node): the kinds on the CPU that are more than shape arithmetic."""
    on_cpu = {kind for provider, kind in assigned if provider == CPU}
    return tuple(sorted(on_cpu - SHAPE_ARITHMETIC))
