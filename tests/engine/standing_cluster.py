"""A Ray cluster of one node that is there already, as an operator starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory

from lfr_batch.engine.session_processes import end_processes

START = (sys.executable, "-W", "ignore", "-m", "ray.scripts.scripts", "start", "--head")
HERE_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
HERE_AND_ELSEWHERE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1"}


@contextmanager
def standing_cluster(mode: int, environment: dict[str, str]) -> Iterator[str]:
    """Its address. ``mode`` is that of the folder in which its own one is."""
    with TemporaryDirectory(dir="/tmp", prefix="c") as name:
        Path(name).chmod(mode)
        folder = Path(name) / "r"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
        with create_server(("127.0.0.1", 0)) as found:
            dashboard = str(found.getsockname()[1])
        try:
            subprocess.run(
                [*START, "--port", "0", "--node-ip-address", "127.0.0.1", "--temp-dir", str(folder),
                 "--dashboard-port", dashboard, "--num-cpus", "1",
                 "--object-store-memory", str(80 << 20), "--disable-usage-stats"],
                env={**kept, **environment}, check=True, capture_output=True, timeout=300,
            )  # fmt: skip
            yield (folder / "ray_current_cluster").read_text().strip()
        finally:
            end_processes(folder)
