"""Joining a Ray cluster, or starting one on this machine."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from lfr_batch.config.schema import EngineConfig
from lfr_batch.errors import EngineError
from lfr_batch.models.devices import available_cores

KNOCK_S = 10.0
OBJECT_STORE_BYTES = 256 * 1024 * 1024
"""Receipts are all that passes through the object store."""
ONE_MACHINE = {
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
}
"""For a cluster that lives as long as a run: no spare processes, nothing measured for nobody."""


@contextmanager
def connected(config: EngineConfig) -> Iterator[None]:
    """A connection for the time of a run; a cluster that was started here ends with it.

    What Ray prints meanwhile goes to stderr: stdout is for the command's answer.
    """
    with redirect_stdout(sys.stderr), _joined(config):
        yield


@contextmanager
def _joined(config: EngineConfig) -> Iterator[None]:
    # Ray reads these when it is first imported or initialised.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray's core prints messages for Ray's developers on the operator's terminal otherwise.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray  # noqa: PLC0415 - a second to import, which only runs on Ray should pay

    if ray.is_initialized():
        yield
        return
    address = config.address or os.environ.get("RAY_ADDRESS")
    try:
        _knock(address)
        with _without_chatter():
            if address:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            else:
                _start_here()
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise EngineError(_no_cluster(address, error)) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str | None) -> None:
    """Raises OSError where nobody listens: Ray itself would go on trying for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and "/" not in host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=KNOCK_S).close()


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep Ray's core from announcing on stderr that it was told to be quiet."""
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _start_here() -> None:
    import ray  # noqa: PLC0415

    for name, value in ONE_MACHINE.items():
        os.environ.setdefault(name, value)
    ray.init(
        address="local",
        num_cpus=available_cores(),
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )


def _no_cluster(address: str | None, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if address:
        return (
            f"The Ray cluster at {address} cannot be joined ({reason}): check the address, or "
            "leave out --address and RAY_ADDRESS to use this machine alone."
        )
    free_mib = shutil.disk_usage("/tmp").free // 2**20
    return (
        f"Ray cannot be started here ({reason}; {free_mib} MiB free in its session folder): "
        "`lfr doctor` shows what this machine lacks; `--engine in_process` does without Ray."
    )
