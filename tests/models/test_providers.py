from __future__ import annotations

from itertools import combinations, product
from pathlib import Path
from typing import get_args

import pytest

from lfr_batch.errors import ConfigError, DeviceUnavailable
from lfr_batch.models.providers import (
    CPU,
    CUDA,
    LEAST_BYTES,
    SHAPE_ARITHMETIC,
    TENSORRT,
    Device,
    Precision,
    choose_providers,
    cuda_options,
    fast_precision,
    lacks_memory,
    memory_limit_bytes,
    misplaced,
    tensorrt_options,
)

OTHERS = ("AzureExecutionProvider", "OpenVINOExecutionProvider")
AVAILABLE = [
    (*there, *OTHERS) for size in range(4) for there in combinations((TENSORRT, CUDA, CPU), size)
]
EXPECTED: dict[tuple[Device, Precision], tuple[str, ...]] = {
    ("cpu", "f32"): (CPU,),
    ("cuda", "f32"): (CUDA,),
    ("cuda", "tf32"): (CUDA,),
    ("cuda", "f16"): (TENSORRT, CUDA),
}
GIB = 2**30


@pytest.mark.parametrize("available", AVAILABLE)
@pytest.mark.parametrize(
    ("device", "precision"), list(product(get_args(Device), get_args(Precision)))
)
def test_every_plan_meets_every_set_of_providers(
    device: Device, precision: Precision, available: tuple[str, ...]
) -> None:
    expected = EXPECTED.get((device, precision))
    if expected is None:
        with pytest.raises(ConfigError, match=f"{precision} on {device}"):
            choose_providers(device, precision, available)
    elif missing := [name for name in expected if name not in available]:
        with pytest.raises(DeviceUnavailable, match=missing[0].removesuffix("ExecutionProvider")):
            choose_providers(device, precision, available)
    else:
        assert choose_providers(device, precision, available) == expected


@pytest.mark.parametrize("device", ["cuda"])
@pytest.mark.parametrize("precision", ["f32", "tf32", "f16"])
def test_the_cpu_is_never_a_gpu_plans_own_choice(device: Device, precision: Precision) -> None:
    assert CPU not in choose_providers(device, precision, (TENSORRT, CUDA, CPU))


@pytest.mark.parametrize(
    ("backend", "device", "bf16", "tensorrt", "precision"),
    [
        ("openvino", "cpu", True, False, "bf16"),
        ("openvino", "cpu", False, False, None),
        ("openvino", "cpu", True, True, "bf16"),
        ("onnxruntime", "cpu", True, True, None),
        ("onnxruntime", "cuda", True, False, "tf32"),
        ("onnxruntime", "cuda", False, True, "f16"),
    ],
)
def test_the_quickest_arithmetic(
    backend: str, device: Device, bf16: bool, tensorrt: bool, precision: Precision | None
) -> None:
    assert fast_precision(backend, device, bf16=bf16, tensorrt=tensorrt) == precision


@pytest.mark.parametrize(
    ("total", "share", "limit"),
    [
        (80 * GIB, 1.0, 80 * GIB),
        (80 * GIB, 0.25, 20 * GIB),
        (80 * GIB, 2.0, 80 * GIB),
        (1 * GIB, 0.25, LEAST_BYTES),
        (0, 1.0, LEAST_BYTES),
    ],
)
def test_the_limit_is_the_share(total: int, share: float, limit: int) -> None:
    assert memory_limit_bytes(total, share) == limit


@pytest.mark.parametrize(
    ("message", "lacks"),
    [
        ("Available memory of 1259498496 is smaller than requested bytes of 1509949440", True),
        ("Failed to allocate memory for requested buffer of size 268435456", True),
        ("CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; expr=cudaMalloc", True),
        ("CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0", True),
        ("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", True),
        ("std::bad_alloc", True),
        ("CUDA failure 700: an illegal memory access was encountered", False),
        ("CUDNN_STATUS_NOT_SUPPORTED", False),
        ("", False),
    ],
)
def test_a_lack_of_memory_is_told_from_other_errors(message: str, lacks: bool) -> None:
    assert lacks_memory(message) is lacks


@pytest.mark.parametrize(("precision", "tf32"), [("f32", "0"), ("tf32", "1"), ("f16", "0")])
def test_cuda_is_exact_unless_tf32_was_chosen(precision: Precision, tf32: str) -> None:
    options = cuda_options(precision, 5)
    assert options["use_tf32"] == tf32
    assert options["gpu_mem_limit"] == "5"
    assert options["arena_extend_strategy"] == "kSameAsRequested"


def test_every_worker_gets_the_same_algorithm() -> None:
    """One that is found by timing may be another in each."""
    assert cuda_options("tf32", 5)["cudnn_conv_algo_search"] in {"HEURISTIC", "DEFAULT"}


def test_cuda_records_graphs_where_that_is_wanted() -> None:
    assert cuda_options("tf32", 5)["enable_cuda_graph"] == "0"
    assert cuda_options("tf32", 5, graphs=True)["enable_cuda_graph"] == "1"


def test_tensorrt_s_engines_are_kept(tmp_path: Path) -> None:
    options = tensorrt_options(tmp_path, 100)
    assert options["trt_engine_cache_path"] == str(tmp_path)
    assert options["trt_fp16_enable"] == "1"
    assert options["trt_max_workspace_size"] == "50"


def test_without_a_folder_engines_are_not_kept() -> None:
    assert not any("cache" in name for name in tensorrt_options(None, 100))


@pytest.mark.parametrize(
    ("assigned", "kinds"),
    [
        ([(CUDA, "Conv"), (CUDA, "Add")], ()),
        ([(CUDA, "Conv"), *((CPU, kind) for kind in SHAPE_ARITHMETIC)], ()),
        ([(CUDA, "Conv"), (CPU, "Resize"), (CPU, "Conv"), (CPU, "Shape")], ("Conv", "Resize")),
        ([(TENSORRT, "Conv"), (CPU, "Conv")], ("Conv",)),
        ([], ()),
    ],
)
def test_work_that_the_cpu_would_do_is_named(
    assigned: list[tuple[str, str]], kinds: tuple[str, ...]
) -> None:
    assert misplaced(assigned) == kinds
