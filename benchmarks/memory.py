"""How much memory a process has had."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

KIB_PER_MIB = 1024
FORGET_PEAK = Path("/proc/self/clear_refs")


def peak_mib() -> float:
    """Most memory this process has had; ru_maxrss counts what its parent had before it began."""
    shown = peak_mib_of("self")
    if shown is not None:
        return shown
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB


def peak_mib_of(pid: int | str | None) -> float | None:
    """The same of another process, by its number; None where the system does not show it."""
    with suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text()
        line = next(x for x in status.splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) / KIB_PER_MIB
    return None


def forget_peak() -> None:
    """From here on this process's peak is counted anew, where the system can (Linux,
    proc_pid_clear_refs)."""
    with suppress(OSError):
        FORGET_PEAK.write_text("5")
