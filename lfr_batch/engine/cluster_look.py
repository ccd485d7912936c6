"""How open a Ray cluster is that is there already: it is asked, and looked at from outside."""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import FOUND_BY_RAY, named_cluster
from lfr_batch.engine.cluster_state import ClusterState, why_not_live
from lfr_batch.errors import EngineError

FACTS = "lfr_batch.engine.cluster_facts"
ASKING_S = 60.0
"""For another process, which has to import Ray, on a busy machine."""
HTTP_S = 3.0
JOBS = "/api/jobs/"
"""What Ray's dashboard answers to whoever may start jobs; its first page it shows everybody."""
NO_TOKEN = {"RAY_AUTH_MODE": "disabled", "RAY_BACKEND_LOG_LEVEL": "fatal"}
_LISTENS = "0A"
_LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
"""127.0.0.1, the same in IPv6, and ::1, as the kernel writes them (proc_pid_net(5))."""
_OTHERS_ENTER, _OTHERS_READ = stat.S_IXOTH, stat.S_IROTH


def require_closed(config: EngineConfig) -> None:
    """For live mode. Raises EngineError where the cluster that is named asks for no token, unless
    the configuration takes it as it is."""
    state = named_state(config)
    reason = why_not_live(state) if state else None
    if reason and not config.open_cluster:
        raise EngineError(reason)


def named_state(config: EngineConfig) -> ClusterState | None:
    """Of the cluster that is named; None where one is started here, and where the address is none
    (``auto``) and the cluster not joined yet."""
    named = named_cluster(config)
    head = _head(named) if named else None
    return state_of(head) if head else None


def _head(named: str) -> str | None:
    """``host:port`` of the cluster's head, which only Ray knows of some addresses."""
    if named not in FOUND_BY_RAY and "://" not in named:
        return named
    import ray  # noqa: PLC0415 - a second to import, which only runs on Ray should pay

    if not ray.is_initialized():
        return None
    with suppress(Exception):  # Ray's client, which is told of no head
        return str(ray.get_runtime_context().gcs_address)
    return named


@cache
def state_of(address: str) -> ClusterState:
    """Of the cluster whose head is at ``host:port``; looked at once by a process."""
    stranger = _asked(address, NO_TOKEN)
    known = _asked(address, {}) if stranger.get("refused") else stranger
    said = json.loads(known.get("ray") or "{}")
    return ClusterState(
        address=address,
        asks_for_token=_asks_for_token(stranger),
        on_network=_is_on_network(address),
        dashboard=_open_dashboard(known.get("dashboard") or "", address),
        folder=_readable_folder(known.get("session") or ""),
        ray_version=said.get("ray_version"),
    )


def _asks_for_token(told_to_a_stranger: Mapping[str, Any]) -> bool | None:
    if told_to_a_stranger.get("refused"):
        return True
    return False if told_to_a_stranger.get("session") else None


def _asked(address: str, as_whom: Mapping[str, str]) -> Mapping[str, Any]:
    environment = {**os.environ, "RAY_BACKEND_LOG_LEVEL": "fatal", **as_whom}
    command = [sys.executable, "-W", "ignore", "-m", FACTS, address]
    with suppress(subprocess.SubprocessError, OSError, ValueError, IndexError):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=ASKING_S, check=False
        )
        told: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told
    return {}


def _is_on_network(address: str) -> bool | None:
    """Its head takes every address of its machine unless that has none but 127.0.0.1."""
    host, _, port = address.rpartition(":")
    if not _is_loopback(host):
        return True
    listening = [place for place, its in _listeners() if its == int(port)]
    return any(place not in _LOOPBACK for place in listening) if listening else None


def _is_loopback(host: str) -> bool:
    return host.strip("[]") in {"localhost", "::1"} or host.startswith("127.")


def _is_here(host: str) -> bool:
    """Whether it is a name or an address of this machine: only these can be listened at."""
    with suppress(OSError):
        places = socket.getaddrinfo(host.strip("[]"), 0, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, place in places[:1]:
            with socket.socket(family, kind, protocol) as listener:
                listener.bind(place)
                return True
    return False


def _listeners() -> Iterator[tuple[str, int]]:
    """Addresses, as the kernel writes them, and ports of this machine."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == _LISTENS:
                    place, _, port = local.partition(":")
                    yield place, int(port, 16)


def _open_dashboard(address: str, head: str) -> str | None:
    """Its address, if it takes jobs from whoever asks."""
    host, _, port = address.rpartition(":")
    if _is_loopback(host) and not _is_here(head.rpartition(":")[0]):
        return None  # of another machine, which it alone can ask: at this one it is somebody else's
    with suppress(OSError, ValueError, http.client.HTTPException):
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=HTTP_S)
        try:
            connection.request("GET", JOBS)
            return address if connection.getresponse().status == http.client.OK else None
        finally:
            connection.close()
    return None


def _readable_folder(session: str) -> Path | None:
    """By what Ray's processes on this machine were told at their start."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            said = dict(_settings(command.read_bytes()))
            if session and said.get("session-name") == session and "temp-dir" in said:
                folder = Path(said["temp-dir"]) / session
                return folder if others_can_read(folder) else None
    return None


def others_can_read(folder: Path) -> bool:
    """Whether another user could list what is in ``folder``. Raises OSError."""
    enter = all(place.stat().st_mode & _OTHERS_ENTER for place in (folder, *folder.parents))
    return enter and bool(folder.stat().st_mode & _OTHERS_READ)


def _settings(command: bytes) -> Iterator[tuple[str, str]]:
    for word in command.split(b"\0"):
        name, equals, value = os.fsdecode(word).partition("=")
        if equals and name.startswith("--"):
            yield name.removeprefix("--").replace("_", "-"), value
