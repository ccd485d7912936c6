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
    covers,
    cuda_options,
    fast_precision,
    memory_limit_bytes,
    misplaced,
    picture_profile,
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
        (80 * GIB, 1.0, 12 * GIB),
        (80 * GIB, 0.25, 3 * GIB),
        (80 * GIB, 2.0, 12 * GIB),
        (4 * GIB, 0.25, LEAST_BYTES),
        (0, 1.0, LEAST_BYTES),
    ],
)
def test_the_limit_follows_the_share(total: int, share: float, limit: int) -> None:
    assert memory_limit_bytes(total, share) == limit


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_the_sessions_of_all_workers_fit_on_the_gpu(workers: int) -> None:
    assert 4 * workers * memory_limit_bytes(24 * GIB, 1 / workers) < 0.7 * 24 * GIB


@pytest.mark.parametrize(("precision", "tf32"), [("f32", "0"), ("tf32", "1"), ("f16", "0")])
def test_cuda_is_exact_unless_tf32_was_chosen(precision: Precision, tf32: str) -> None:
    options = cuda_options(precision, 5)
    assert options["use_tf32"] == tf32
    assert options["gpu_mem_limit"] == "5"
    assert options["arena_extend_strategy"] == "kSameAsRequested"


def test_tensorrt_is_told_the_shapes_of_every_tensor(tmp_path: Path) -> None:
    profile = picture_profile((None, None, None, 3))
    options = tensorrt_options(tmp_path, 100, {"a": profile, "b": profile})
    assert options["trt_profile_min_shapes"] == "a:1x32x32x3,b:1x32x32x3"
    assert options["trt_profile_opt_shapes"] == "a:8x384x640x3,b:8x384x640x3"
    assert options["trt_profile_max_shapes"] == "a:32x1280x1280x3,b:32x1280x1280x3"
    assert options["trt_engine_cache_path"] == str(tmp_path)
    assert options["trt_fp16_enable"] == "1"


def test_without_a_folder_engines_are_not_kept() -> None:
    options = tensorrt_options(None, 100, {"a": picture_profile((None, 112, 112, 3))})
    assert not any("cache" in name for name in options)


@pytest.mark.parametrize(
    ("fixed", "profile"),
    [
        ((None, 112, 112, 3), ((1, 112, 112, 3), (8, 112, 112, 3), (256, 112, 112, 3))),
        ((1, 640, 640, 3), ((1, 640, 640, 3),) * 3),
        ((None, None, 640, 3), ((1, 32, 640, 3), (8, 384, 640, 3), (32, 1280, 640, 3))),
    ],
)
def test_what_is_fixed_is_fixed_in_all_shapes(
    fixed: tuple[int | None, ...], profile: tuple[tuple[int, ...], ...]
) -> None:
    assert picture_profile(fixed) == profile


@pytest.mark.parametrize(
    ("shape", "covered"),
    [
        ((1, 32, 32, 3), True),
        ((32, 1280, 1280, 3), True),
        ((33, 64, 64, 3), False),
        ((1, 1312, 64, 3), False),
        ((1, 31, 64, 3), False),
    ],
)
def test_an_engine_covers_what_its_profile_spans(shape: tuple[int, ...], covered: bool) -> None:
    assert covers(picture_profile((None, None, None, 3)), shape) is covered


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
