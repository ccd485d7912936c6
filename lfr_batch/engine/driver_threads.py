"""Ray Data's threads in this process, which go on for a while when nobody wants their results.

Ray itself waits two seconds for the one that drives a dataset (``StreamingExecutor.shutdown``),
and leaves it. What it then asks of a Ray that is being shut down may end the process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic

NAMES = ("StreamingExecutor-", "ray-data-metadata-prefetch")
"""How the names of those begin that ask Ray for something and end with their dataset
(``ray/data/_internal/execution``). Others only ever wait (``Prefetcher``)."""
END_S = 30.0
"""Each of their steps takes seconds at the most."""


def wait_for_threads(most_s: float = END_S) -> None:
    """Until none is left. One that is stuck for ``most_s`` is left behind: it ends with the
    process, and cannot connect to Ray again (``cluster.connected``)."""
    ends_s = monotonic() + most_s
    for thread in _of_ray_data():
        thread.join(max(0.0, ends_s - monotonic()))


def _of_ray_data() -> Iterator[threading.Thread]:
    for thread in threading.enumerate():
        if thread.name.startswith(NAMES):
            yield thread
