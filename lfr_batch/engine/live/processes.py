"""Processes of this machine, told from others that have had their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RAY_ITSELF = frozenset({"raylet", "gcs_server"})
"""Without either nothing is started anew, and nothing starts them anew."""

Births = Mapping[int, str | None]
"""Process id → when it began."""


def born(process: int) -> str | None:
    """When a process began, in the kernel's ticks; None if it is no more."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in {"Z", "X"} else after_name[19]


def ray_itself() -> Births:
    """The processes of a cluster that this one has started."""
    listed = (path.read_text().split() for path in Path("/proc/self/task").glob("*/children"))
    children = {int(child) for found in listed for child in found}
    return {child: born(child) for child in children if _name(child) in RAY_ITSELF}


def are_alive(processes: Births) -> bool:
    """All of them; also where there are none."""
    return all(born(process) == began for process, began in processes.items())


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""
