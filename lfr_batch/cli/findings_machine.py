"""The machine: Python, cores, memory, disks, GPU and the limits of this process."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from lfr_batch import cuda
from lfr_batch.cli.findings import Finding, ok, problem, warning
from lfr_batch.engine.session_folder import base_folder
from lfr_batch.models.devices import (
    available_cores,
    gpu_names,
    processor_extensions,
    processor_name,
)

GIB = 2**30
PYTHONS = ((3, 11), (3, 13))
MIN_MEMORY_BYTES = 4 * GIB
MIN_DISK_BYTES = 2 * GIB
SCARCE_DISK_BYTES = 10 * GIB
MIN_SHARED_BYTES = 256 * 2**20
MIN_OPEN_FILES = 4096
RAY_FILLS_FROM = 0.95
"""Ray stops spilling to a disk that is this full."""

MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
MEMORY_INFO = Path("/proc/meminfo")
SHARED_MEMORY = Path("/dev/shm")


def machine_findings(home: Path) -> list[Finding]:
    return [
        python_finding(sys.version_info[:2]),
        processor_finding(available_cores()),
        memory_finding(usable_memory_bytes()),
        disk_finding("disk", home),
        disk_finding("disk of Ray's sessions", base_folder()),
        shared_memory_finding(SHARED_MEMORY),
        gpu_finding(gpu_names(), cuda.device_count()),
        open_files_finding(*resource.getrlimit(resource.RLIMIT_NOFILE)),
        core_dump_finding(resource.getrlimit(resource.RLIMIT_CORE)[0]),
    ]


def python_finding(version: tuple[int, ...]) -> Finding:
    text = f"{'.'.join(map(str, version))} on {platform.system()} {platform.machine()}"
    if not PYTHONS[0] <= version[:2] <= PYTHONS[1]:
        return problem("python", text, "Install Python 3.11 to 3.13 and run `make setup` with it.")
    return ok("python", text)


def processor_finding(cores: int) -> Finding:
    extensions = " ".join(processor_extensions()) or "no AVX2"
    text = f"{processor_name()}, {cores} cores for this process, {extensions}"
    if cores < 2:
        return warning("processor", text, "Give it 2 cores or more: a worker is planned with two.")
    return ok("processor", text)


def usable_memory_bytes() -> int | None:
    """The machine's memory, or less where a container sets a limit; None if nothing says it."""
    amounts = [_total_memory_bytes(), *map(_limit_bytes, MEMORY_LIMITS)]
    return min((amount for amount in amounts if amount is not None), default=None)


def memory_finding(usable_bytes: int | None) -> Finding:
    if usable_bytes is None:
        return warning("memory", "unknown", "See to it that there are 4 GiB for Ray and a worker.")
    text = f"{usable_bytes / GIB:.1f} GiB for this process"
    if usable_bytes < MIN_MEMORY_BYTES:
        return warning(
            "memory", text, "Give it 4 GiB or more, or scan with --engine in_process, without Ray."
        )
    return ok("memory", text)


def disk_finding(topic: str, place: Path) -> Finding:
    there = nearest_existing(place)
    usage = shutil.disk_usage(there)
    text = f"{usage.free / GIB:.1f} GiB free for {place}"
    if usage.free < MIN_DISK_BYTES:
        return problem(topic, text, f"Free at least 2 GiB on the disk that holds {there}.")
    if usage.free < SCARCE_DISK_BYTES or usage.used / usage.total > RAY_FILLS_FROM:
        return warning(
            topic, text, f"Free some: keep 10 GiB and a twentieth of the disk of {there} free."
        )
    return ok(topic, text)


def nearest_existing(place: Path) -> Path:
    """``place`` or the nearest folder above it that is there and may be seen."""
    paths = (place, *place.parents)
    # pathlib's own exists() raises where a folder above may not be entered.
    return next(path for path in paths if os.path.exists(path))  # noqa: PTH110


def shared_memory_finding(place: Path) -> Finding:
    if not place.is_dir():
        return warning("shared memory", f"no {place}", "Mount it: Ray is slow without.")
    free = shutil.disk_usage(place).free
    text = f"{free / GIB:.1f} GiB free in {place}"
    if free < MIN_SHARED_BYTES:
        return warning(
            "shared memory", text, "Enlarge it (containers: --shm-size=1g); Ray falls back to disk."
        )
    return ok("shared memory", text)


def gpu_finding(names: Sequence[str], visible: int) -> Finding:
    if names and not visible:
        return warning(
            "gpu",
            f"{', '.join(names)}, but the driver shows this process none",
            "Check CUDA_VISIBLE_DEVICES and, in a container, that GPUs are passed to it.",
        )
    return ok("gpu", ", ".join(names) or (f"{visible} without a name" if visible else "none"))


def open_files_finding(soft: int, hard: int) -> Finding:
    """What starts Ray raises its soft limit as far as the hard one lets it."""
    if hard == resource.RLIM_INFINITY:
        return ok("open files", "no limit that cannot be raised")
    text = f"at most {hard} at once" + (f", {soft} until Ray is started" if soft < hard else "")
    if hard < MIN_OPEN_FILES:
        way_out = f"Let it open {MIN_OPEN_FILES} (`ulimit -n`, LimitNOFILE): Ray opens many."
        return warning("open files", text, way_out)
    return ok("open files", text)


def core_dump_finding(soft: int) -> Finding:
    if soft == 0:
        return ok("core dumps", "off")
    return warning(
        "core dumps",
        "on in this shell; a core file of a worker would hold faces (workers switch theirs off)",
        "Say `ulimit -c 0` in the shell or the service that starts scans and Ray.",
    )


def _total_memory_bytes() -> int | None:
    if not MEMORY_INFO.is_file():
        return None
    for line in MEMORY_INFO.read_text().splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None


def _limit_bytes(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such file, or "max"
        return None
