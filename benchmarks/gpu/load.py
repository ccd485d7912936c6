"""How busy the GPU and the cores are meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from threading import Thread
from time import perf_counter

SAMPLED_MS = 200
GPU_STATE = ("utilization.gpu", "utilization.decoder", "memory.used")
UNITS = ("%", "%", "MiB")
PROCESSOR = Path("/proc/stat")


@dataclass(slots=True)
class Load:
    """Samples by the moment (``perf_counter``) at which they came; none without a GPU."""

    gpu: list[tuple[float, tuple[float, ...]]] = field(default_factory=list)

    def means(self, from_s: float, until_s: float) -> dict[str, float]:
        """By name, with its unit, of the samples between two moments."""
        seen = [values for at_s, values in self.gpu if from_s <= at_s <= until_s]
        columns = zip(*seen, strict=True)
        names = (f"{name}, {unit}" for name, unit in zip(GPU_STATE, UNITS, strict=True))
        return {name: round(mean(values), 1) for name, values in zip(names, columns, strict=False)}


@contextmanager
def gpu_load() -> Iterator[Load]:
    """What nvidia-smi sees meanwhile."""
    load, tool = Load(), shutil.which("nvidia-smi")
    if tool is None:
        yield load
        return
    command = [
        tool,
        "-i",
        "0",
        f"--query-gpu={','.join(GPU_STATE)}",
        "--format=csv,noheader,nounits",
    ]
    with subprocess.Popen(
        [*command, "-lms", str(SAMPLED_MS)], stdout=subprocess.PIPE, text=True
    ) as process:
        watching = Thread(target=_watch, args=(process.stdout or (), load), daemon=True)
        watching.start()
        try:
            yield load
        finally:
            process.terminate()
            watching.join()


def _watch(lines: Iterable[str], load: Load) -> None:
    for line in lines:
        values = parse_sample(line)
        if values:
            load.gpu.append((perf_counter(), values))


def parse_sample(line: str) -> tuple[float, ...] | None:
    """None for a line that is cut off or lacks what a GPU does not tell."""
    values = [value.strip() for value in line.split(",")]
    if len(values) != len(GPU_STATE) or not all(value.isdecimal() for value in values):
        return None
    return tuple(map(float, values))


def busy_core_s() -> float:
    """Seconds that all cores of the machine have been busy since it started, together."""
    words = PROCESSOR.read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, soft, *_ = map(int, words)
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
