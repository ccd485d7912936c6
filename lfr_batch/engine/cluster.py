"""Joining a Ray cluster, or starting one on this machine."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from lfr_batch import cuda
from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.open_files import make_room_for_files
from lfr_batch.engine.own_cluster import listening, own_token
from lfr_batch.engine.session_folder import RAYS, TOKEN, base_folder, session_folder
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.models.devices import available_cores
from lfr_batch.work.workers import Machine

logger = logging.getLogger(__name__)

KNOCK_S = 10.0
FOUND_BY_RAY = frozenset({"auto", "local"})
"""Addresses that are none."""
OBJECT_STORE_BYTES = 256 * 1024 * 1024
"""Receipts are all that passes through the object store."""
ELSEWHERE = "check the address, or leave out --address and RAY_ADDRESS to use this machine alone."
LET_IN = (
    "give this process the cluster's token (RAY_AUTH_MODE=token, with RAY_AUTH_TOKEN or the file "
    "~/.ray/auth_token), and see that both have the same Ray."
)
"""Ray does not tell a caller without the token from one that it cannot hear."""
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
    from ray._private import auto_init_hook, worker  # noqa: PLC0415

    # What a thread of Ray's asks for when a run is over is refused: it started another cluster.
    # RAY_ENABLE_AUTO_CONNECT=0 says the same to a Ray that is not imported yet.
    auto_init_hook.enable_auto_connect = False
    # What Ray's daemons tell of deaths, with their own state, comes whatever log_to_driver says.
    rays: Any = worker
    rays.print_to_stdstream = _note
    if ray.is_initialized():
        yield
        return
    make_room_for_files()
    address = named_cluster(config)
    with _cluster_at(address) if address else _cluster_here(config.loopback):
        yield


@contextmanager
def _cluster_at(address: str) -> Iterator[None]:
    """One that is there already: its folder and its ports are its owner's affair."""
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    _require_answer(address)
    # Where Ray finds the address by itself nobody has answered: there may be no cluster at all.
    found_by_ray = address in FOUND_BY_RAY
    heard, way_out = ("", ELSEWHERE) if found_by_ray else (", though somebody answers", LET_IN)
    what = f"The Ray cluster at {address} cannot be joined{heard}"
    with _explained(what, way_out, RayError), _without_chatter(), _heeding_sigterm():
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _cluster_here(loopback: bool) -> Iterator[None]:
    """One that nobody else on this machine, and no other machine, can look into or talk to."""
    import ray  # noqa: PLC0415

    for name, value in ONE_MACHINE.items():
        os.environ.setdefault(name, value)
    with ExitStack() as stack:
        way_out = (
            "`lfr doctor` shows what this machine lacks; `--engine in_process` does without Ray."
        )
        # Ray's own "timed out during startup" is an Exception and nothing more.
        with _explained(f"Ray cannot be started here, with {_room()}", way_out, Exception):
            folder = stack.enter_context(session_folder())
            stack.enter_context(own_token(folder / TOKEN))
            stack.callback(ray.shutdown)
            with _without_chatter(), listening(loopback), _heeding_sigterm():
                _start(folder / RAYS)
        yield


def _start(folder: Path) -> None:
    import ray  # noqa: PLC0415

    ray.init(
        address="local",
        num_cpus=available_cores(),
        num_gpus=cuda.device_count(),
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=str(folder),
    )


def _room() -> str:
    base = base_folder()
    free_mib = shutil.disk_usage(base).free // 2**20 if base.is_dir() else 0
    return f"{free_mib} MiB free for its session in {base}"


@contextmanager
def _explained(what: str, way_out: str, *also: type[Exception]) -> Iterator[None]:
    """What Ray raises as one sentence."""
    refusals: tuple[type[Exception], ...] = (RuntimeError, ValueError, OSError, *also)
    try:
        yield
    except LfrError:
        raise
    except refusals as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EngineError(f"{what} ({reason}): {way_out}") from error


def usual_node(gpus: bool) -> Machine:
    """Of the nodes of the joined cluster, the one with the fewest cores: to each GPU, where
    ``gpus`` are wanted and a node has some."""
    import ray  # noqa: PLC0415

    found: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    rooms = [node["Resources"] for node in found if node["Alive"]]
    nodes = [Machine(int(r.get("CPU", 0)), int(r.get("GPU", 0)), of_cluster=True) for r in rooms]
    on_gpu = [node for node in nodes if gpus and node.gpus and node.cores]
    if on_gpu:
        return min(on_gpu, key=lambda node: node.cores / node.gpus)
    cores = min((node.cores for node in nodes if node.cores), default=1)
    return Machine(cores, of_cluster=True)


def require_listener(config: EngineConfig) -> None:
    """Raises EngineError where a cluster is named and nobody answers at its address."""
    address = named_cluster(config)
    if address:
        _require_answer(address)


def _require_answer(address: str) -> None:
    """Raises EngineError where nobody answers at a cluster's address."""
    with _explained(f"The Ray cluster at {address} cannot be joined", ELSEWHERE):
        _knock(address)


def named_cluster(config: EngineConfig) -> str | None:
    """Address of the cluster to join; None: one is started here."""
    return config.address or os.environ.get("RAY_ADDRESS") or None


def _knock(address: str) -> None:
    """Raises OSError where nobody listens: Ray itself would go on trying for minutes.

    Raises ValueError for what is no address of Ray's.
    """
    if address in FOUND_BY_RAY:
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("it is not like host:6379")
    socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_S).close()


@contextmanager
def _heeding_sigterm() -> Iterator[None]:
    """Who has said what SIGTERM is to do is heard afterwards, too: Ray's core would print its stack
    and end the process where it stands."""
    said = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(said) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, said)


def _note(told: Mapping[str, Any], **_: object) -> None:
    """For whoever looks into it: what matters of it the pool says in a sentence."""
    for line in told["lines"]:
        logger.info("Ray tells: %s", str(line).partition("\n")[0])


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
