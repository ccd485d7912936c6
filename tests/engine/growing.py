"""A process that works on a cluster with no worker nodes, which Ray's autoscaler adds: the test
reads what it says. Ray's provider of nodes for tests starts them on this machine.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import open_engine
from tests.engine.work import NODE, open_on_node
from tests.patience import PATIENCE_S

HEAD = "f" * 51 + "00000"
"""As Ray's provider calls the head."""
NODES = 2


def cluster(address: str) -> dict[str, object]:
    """Ray's configuration of a cluster that grows to two nodes of a core each."""
    face = {"resources": {"CPU": 1}, "node_config": {}, "min_workers": 0, "max_workers": NODES}
    head = {"resources": {"CPU": 0}, "node_config": {}, "min_workers": 0, "max_workers": 0}
    return {
        "cluster_name": "growing",
        "max_workers": NODES,
        "idle_timeout_minutes": 60,
        "upscaling_speed": 100.0,
        "provider": {
            "type": "fake_multinode",
            "gcs_address": address,
            "head_node_id": HEAD,
            "disable_node_updaters": True,
        },
        "auth": {"ssh_user": "nobody"},
        "head_node_type": "head",
        "available_node_types": {"head": head, "face": face},
        **{key: [] for key in ("initialization_commands", "setup_commands")},
        **{key: [] for key in ("head_setup_commands", "worker_setup_commands")},
        **{key: [] for key in ("head_start_ray_commands", "worker_start_ray_commands")},
        **{key: [] for key in ("cluster_synced_files", "rsync_exclude", "rsync_filter")},
        **{key: {} for key in ("docker", "file_mounts")},
        "file_mounts_sync_continuously": False,
    }


def started(base: Path) -> str:
    """The address of its head, which has no room for a worker."""
    from ray._private.services import get_node_ip_address

    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    address = f"{get_node_ip_address()}:{port}"  # type: ignore[no-untyped-call]
    config = base / "cluster.json"
    config.write_text(json.dumps(cluster(address)))
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", f"--port={port}"]
    options = ["--num-cpus=0", "--include-dashboard=false", f"--autoscaling-config={config}"]
    environment = {**os.environ, "RAY_FAKE_CLUSTER": "1", "AUTOSCALER_UPDATE_INTERVAL_S": "1"}
    environment[NODE] = "grown"
    done = subprocess.run(
        [*command, *options], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return address


def items(told: list[str]) -> Iterator[int]:
    """Until both nodes have joined."""
    item, until = 0, time.monotonic() + 4 * PATIENCE_S
    while sum("has joined" in sentence for sentence in told) < NODES:
        assert time.monotonic() < until, told
        yield item
        item += 1


def main(base: Path, folder: Path) -> None:
    told: list[str] = []
    try:
        address = started(base)
        config = EngineConfig(address=address, cpus_per_worker=1.0, gpus_per_worker=0.0)
        with open_engine(config, told.append) as run:
            done = list(run(open_on_node, folder, items(told)))
        print(json.dumps({"told": told, "done": len(done)}))
    finally:
        end_all(base)


def end_all(base: Path) -> None:
    """Of Ray's processes, whichever was started here."""
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            ours = f"RAY_TMPDIR={base}".encode() in (process / "environ").read_bytes()
            if ours and int(process.name) != os.getpid():
                os.kill(int(process.name), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
