"""What the figures were measured on, as a record that can go into a file."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from lfr_batch import __version__
from lfr_batch.models.devices import (
    available_cores,
    gpu_names,
    processor_extensions,
    processor_name,
)

LIBRARIES = (
    "av",
    "faiss-cpu",
    "faiss-gpu",
    "insightface",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python-headless",
    "openvino",
    "pyarrow",
    "ray",
)
OF_NVIDIA = ("nvidia-", "tensorrt")
DRIVER_INFO = Path("/proc/driver/nvidia/version")
MEMORY_INFO = Path("/proc/meminfo")
GIB = 2**30


def describe_machine() -> dict[str, object]:
    """Processor, memory, system, libraries and how busy it is now; None where it does not say."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor_name(),
        "extensions": list(processor_extensions()),
        "cores": available_cores(),
        "memory_gib": memory_gib(),
        "gpus": list(gpu_names()),
        "gpu_driver": gpu_driver(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "lfr_batch": __version__,
        "libraries": libraries(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def memory_gib() -> float | None:
    if not MEMORY_INFO.is_file():
        return None
    total = next(line for line in MEMORY_INFO.read_text().splitlines() if "MemTotal" in line)
    return round(int(total.split()[1]) * 1024 / GIB, 1)


def gpu_driver() -> str | None:
    """Of NVIDIA, as its own module says; None without one."""
    if not DRIVER_INFO.is_file():
        return None
    first = DRIVER_INFO.read_text().splitlines()[0]
    return first.partition(":")[2].strip() or first


def libraries() -> dict[str, str]:
    """Versions by distribution, NVIDIA's among them."""
    there = (each.metadata["Name"] or "" for each in metadata.distributions())
    names = (*LIBRARIES, *sorted({name for name in there if name.startswith(OF_NVIDIA)}))
    return {name: version for name in names if (version := _version(name))}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
