"""Whether the Ray process still lives through which this one talks to its cluster.

Where it does not, Ray's core ends this process without a word as soon as it wants something of it,
or what is handed out stands still.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

CONNECT_S = 5.0
_CREDENTIALS = struct.Struct("3i")
"""Of whoever listens at a socket: process, user, group (unix(7), SO_PEERCRED)."""


@contextmanager
def raylet_watched() -> Iterator[Callable[[], bool]]:
    """While a cluster is joined: what tells whether it has died. It costs a system call.

    Where that process cannot be watched (another's namespace, an old kernel) it never has.
    """
    watch = _watch()
    if watch is None:
        yield lambda: False
        return
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    try:
        yield lambda: bool(poll.poll(0))
    finally:
        os.close(watch)


def _watch() -> int | None:
    """A descriptor that can be read from when the process is dead (pidfd_open(2))."""
    from ray._private.worker import global_worker  # noqa: PLC0415

    path = getattr(global_worker.node, "raylet_socket_name", None)
    with suppress(OSError):
        process = _who_listens(path) if path else 0
        return os.pidfd_open(process) if process else None
    return None


def _who_listens(path: str) -> int:
    """0: a process that is not to be seen from here."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(CONNECT_S)
        asking.connect(path)
        said = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process: int = _CREDENTIALS.unpack(said)[0]
    return process
