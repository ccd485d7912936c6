"""How many files and sockets Ray may open at once."""

from __future__ import annotations

import resource

from lfr_batch.errors import EngineError
from lfr_batch.models.devices import available_cores

WANTED = 65_536
"""As Ray's own manual has it; this is inherited by all of its processes."""
LEAST, LEAST_FOR_WORKER = 128, 8
"""Measured: Ray's busiest process holds about 60 with one worker and 2 to 3 more for each further
one; some more while they start."""


def make_room_for_files() -> None:
    """Raise this process's limit as far as it may be, for itself and what it starts.

    Raises EngineError where that is less than Ray needs for a worker on each core.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < room:
        resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard))
    least = LEAST + LEAST_FOR_WORKER * available_cores()
    if room < least:
        raise EngineError(
            f"This process and those that it starts may open {room} files at once, and Ray needs "
            f"{least} here: allow more (`ulimit -n`, LimitNOFILE of a service, --ulimit nofile of "
            "a container), or take `--engine in_process`, which does without Ray."
        )
