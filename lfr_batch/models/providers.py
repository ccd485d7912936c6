"""Which of onnxruntime's execution providers serve a plan, and how they are set. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from lfr_batch.errors import ConfigError, DeviceUnavailable

Device = Literal["cpu", "cuda"]
Precision = Literal["bf16", "f16", "tf32", "f32"]
Shape = tuple[int, ...]
Profile = tuple[Shape, Shape, Shape]
"""The least, the usual and the largest shape of a tensor."""

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

SESSIONS_SHARE = 0.15
"""Of a worker's share of the GPU for one session's arena. A worker opens four; what remains is for
the CUDA context, the libraries' own workspaces and the gallery."""
LEAST_BYTES = 512 << 20
WORKSPACE_SHARE = 0.5
"""Of a session's limit, what TensorRT may use while it tries kernels."""

SMALLEST_SIDE_PX = 32
USUAL_WH = (640, 384)
LARGEST_SIDE_PX = 1280
USUAL_BATCH = 8
LARGEST_BATCH = 32
LARGEST_BATCH_OF_FIXED_SIZE = 256
"""Pictures of a fixed size are aligned faces, or one detector input at a time."""


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
    """The most that one session's arena may take of a GPU that workers share."""
    return max(LEAST_BYTES, int(total_bytes * min(gpu_share, 1.0) * SESSIONS_SHARE))


def cuda_options(precision: Precision, limit_bytes: int) -> dict[str, str]:
    """Keys are those of onnxruntime's CUDA execution provider."""
    return {
        "device_id": "0",  # of those that CUDA_VISIBLE_DEVICES leaves
        "gpu_mem_limit": str(limit_bytes),
        # Otherwise an arena doubles at every growth, which workers that share a GPU cannot afford.
        "arena_extend_strategy": "kSameAsRequested",
        # Searching exhaustively for an algorithm would start over at every new picture size.
        "cudnn_conv_algo_search": "HEURISTIC",
        "use_tf32": "1" if precision == "tf32" else "0",
    }


def tensorrt_options(
    cache: Path | None, limit_bytes: int, profiles: Mapping[str, Profile]
) -> dict[str, str]:
    """Keys are those of onnxruntime's TensorRT execution provider.

    ``profiles`` names every tensor that may enter an engine. Engines are kept in ``cache``, which
    must be the model's own: building one takes minutes.
    """
    least, usual, largest = (
        ",".join(f"{name}:{_times(shapes[at])}" for name, shapes in profiles.items())
        for at in range(3)
    )
    kept = {} if cache is None else _kept_in(cache)
    return {
        "device_id": "0",
        "trt_fp16_enable": "1",
        "trt_max_workspace_size": str(int(limit_bytes * WORKSPACE_SHARE)),
        "trt_profile_min_shapes": least,
        "trt_profile_opt_shapes": usual,
        "trt_profile_max_shapes": largest,
        **kept,
    }


def _kept_in(cache: Path) -> dict[str, str]:
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(cache),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(cache),
    }


def picture_profile(fixed: Sequence[int | None]) -> Profile:
    """Of (n, height, width, 3) pictures; None in ``fixed``: free.

    What is fixed is the same in all three shapes.
    """
    any_size = None in fixed[1:3]
    largest_n = LARGEST_BATCH if any_size else LARGEST_BATCH_OF_FIXED_SIZE
    wanted = (
        (1, SMALLEST_SIDE_PX, SMALLEST_SIDE_PX, 3),
        (USUAL_BATCH, USUAL_WH[1], USUAL_WH[0], 3),
        (largest_n, LARGEST_SIDE_PX, LARGEST_SIDE_PX, 3),
    )
    least, usual, largest = (_filled(fixed, shape) for shape in wanted)
    return least, usual, largest


def covers(profile: Profile, shape: Shape) -> bool:
    """Whether an engine of ``profile`` takes pictures of ``shape``."""
    least, _, largest = profile
    return all(a <= x <= b for a, x, b in zip(least, shape, largest, strict=True))


def misplaced(assigned: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Of (provider, kind of node): the kinds on the CPU that are more than shape arithmetic."""
    on_cpu = {kind for provider, kind in assigned if provider == CPU}
    return tuple(sorted(on_cpu - SHAPE_ARITHMETIC))


def _filled(fixed: Sequence[int | None], shape: Shape) -> Shape:
    return tuple(free if size is None else size for size, free in zip(fixed, shape, strict=True))


def _times(shape: Shape) -> str:
    return "x".join(map(str, shape))
