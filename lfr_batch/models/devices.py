"""What this machine is: for ``lfr doctor`` and for choosing a backend."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from lfr_batch import cuda

TWINS: Mapping[str, tuple[str, ...]] = {
    "cv2": (
        "opencv-python-headless",
        "opencv-python",
        "opencv-contrib-python-headless",
        "opencv-contrib-python",
    ),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino"),
    "faiss": ("faiss-cpu", "faiss-gpu", "faiss-gpu-cu11", "faiss-gpu-cu12", "faiss-gpu-cuvs"),
}
"""Distributions that install the same directory: of each kind there may be one."""

TENSORRT_PACKAGES = ("tensorrt_libs", "tensorrt")
TENSORRT_LIBRARIES = ("libnvinfer.so.11", "libnvinfer.so.10")
TENSORRT_DISTRIBUTIONS = ("tensorrt-cu13", "tensorrt-cu12", "tensorrt")

CUDA_DISTRIBUTIONS = (
    "nvidia-cudnn-cu13",
    "nvidia-cudnn-cu12",
    "nvidia-cublas",
    "nvidia-cublas-cu12",
)
FFMPEG_LIBRARIES = ("libavcodec", "libswscale")
DECODING_DISTRIBUTIONS = ("av", "pillow", "pi-heif")
VECTORS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")
"""Widest first. The inference libraries have other kernels for each, whose last digits differ."""

CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class DeviceReport:
    processor: str
    cores: int
    """Cores this process may use."""
    extensions: tuple[str, ...]
    """Of the processor's vector extensions, those that matter to inference."""
    onnxruntime_providers: tuple[str, ...]
    openvino_devices: tuple[str, ...]
    bf16: bool
    """Whether OpenVINO has bf16 arithmetic here."""
    gpus: tuple[str, ...]
    cuda_usable: bool
    collisions: tuple[str, ...]
    """Installed distributions that overwrite each other, one sentence each."""
    tensorrt_usable: bool = False


def inspect_devices() -> DeviceReport:
    """Look at the machine and the installation. Loads both inference libraries."""
    import onnxruntime  # noqa: PLC0415 - slow import
    import openvino  # noqa: PLC0415 - slow import

    core = openvino.Core()
    return DeviceReport(
        processor=processor_name(),
        cores=available_cores(),
        extensions=processor_extensions(),
        onnxruntime_providers=tuple(onnxruntime.get_available_providers()),
        openvino_devices=tuple(core.available_devices),
        bf16="BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
        gpus=gpu_names(),
        cuda_usable=cuda_is_usable(),
        collisions=colliding_distributions(installed_twins()),
        tensorrt_usable=tensorrt_is_usable(),
    )


def available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=1)
def processor_name() -> str:
    """The processor's model name as the system gives it."""
    name = _cpu_info("model name") or platform.processor() or platform.machine()
    return " ".join(name.split())


@lru_cache(maxsize=1)
def gpu_names() -> tuple[str, ...]:
    """NVIDIA's GPUs by name; empty without the driver's tool."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    command = [tool, "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in done.stdout.splitlines() if line.strip())


@lru_cache(maxsize=1)
def cuda_is_usable() -> bool:
    """Whether onnxruntime has CUDA and the driver shows this process a GPU."""
    if not {"onnxruntime-gpu"} & set(installed_twins()["onnxruntime"]):
        return False
    return cuda.device_count() > 0


@lru_cache(maxsize=1)
def tensorrt_is_usable() -> bool:
    """Whether CUDA is usable and TensorRT's library is here; which version is not looked at."""
    return cuda_is_usable() and load_tensorrt()


def load_tensorrt() -> bool:
    """Load TensorRT from its Python packages or the system's libraries; whether it is there.

    onnxruntime finds by name what this process has loaded before.
    """
    for package in TENSORRT_PACKAGES:
        with contextlib.suppress(ImportError):
            importlib.import_module(package)
            return True
    for library in TENSORRT_LIBRARIES:
        with contextlib.suppress(OSError):
            ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
            return True
    return False


def installed_twins() -> dict[str, tuple[str, ...]]:
    """The installed distributions that provide each of ``cv2``, ``onnxruntime``, ``faiss``."""
    return {
        module: tuple(name for name in names if _is_installed(name))
        for module, names in TWINS.items()
    }


def colliding_distributions(installed: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(
        f"{' and '.join(names)} are both installed and overwrite each other's {module}: "
        f"uninstall both, then install one."
        for module, names in installed.items()
        if len(names) > 1
    )


def _is_installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def inference_versions() -> str:
    """What computes on the GPU, for the names of what is kept of it."""
    names = ("onnxruntime-gpu", *TENSORRT_DISTRIBUTIONS)
    there = [name for name in names if _is_installed(name)]
    return " ".join(f"{name} {metadata.version(name)}" for name in there)


def computing_libraries(backend: str) -> tuple[str, ...]:
    """What decodes, scales and computes here, as ``name version``: other versions, other digits."""
    twins = installed_twins()
    inference = ("openvino",) if backend == "openvino" else twins["onnxruntime"]
    if "onnxruntime-gpu" in inference:
        inference = (*inference, *TENSORRT_DISTRIBUTIONS, *CUDA_DISTRIBUTIONS)
    names = (*inference, *twins["cv2"], *DECODING_DISTRIBUTIONS)
    there = tuple(f"{name} {metadata.version(name)}" for name in names if _is_installed(name))
    return (*there, *ffmpeg_libraries())


@lru_cache(maxsize=1)
def ffmpeg_libraries() -> tuple[str, ...]:
    """Those of FFmpeg that decode and scale: PyAV may be built on another FFmpeg than its own."""
    import av  # noqa: PLC0415 - slow import

    versions = av.library_versions
    return tuple(f"{name} {'.'.join(map(str, versions[name]))}" for name in FFMPEG_LIBRARIES)


def computing_hardware(device: str) -> tuple[str, ...]:
    """The GPUs by name, each once, or the widest vectors of the processor."""
    if device == "cuda":
        return tuple(sorted(set(gpu_names())))
    there = processor_extensions()
    return (next((name for name in VECTORS if name in there), platform.machine()),)


@lru_cache(maxsize=1)
def processor_extensions() -> tuple[str, ...]:
    """Of the vector extensions that inference uses, those that are there (x86 Linux)."""
    flags = _cpu_info("flags").split()
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    return tuple(name for name in wanted if name in flags)


def _cpu_info(key: str) -> str:
    """The first value of ``key`` in the kernel's description of the processor."""
    if not CPU_INFO.is_file():
        return ""
    for line in CPU_INFO.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
