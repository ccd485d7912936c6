"""A Ray cluster of several nodes on this machine, each in a session of processes of its own, so
that each can be killed and joined again by itself. Other clusters are left alone."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

RAY = str(Path(sys.executable).with_name("ray"))
OBJECT_STORE_BYTES = 80_000_000
START_S, TRIES = 90.0, 3
START_LOG = "ray-start.log"
SHARED = (
    f"--object-store-memory={OBJECT_STORE_BYTES}",
    "--min-worker-port=0",
    "--max-worker-port=0",
    "--include-log-monitor=false",
    "--disable-usage-stats",
)


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    session: int
    title: str

    @property
    def program(self) -> str:
        return self.title.partition("\0")[0].rpartition("/")[2]


@dataclass(slots=True)
class Soaked:
    """Nodes by their session's number."""

    folder: Path
    environment: Mapping[str, str]
    head: int = 0
    port: int = 0
    nodes: list[int] = field(default_factory=list)
    """Those with workers."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, nodes: int) -> None:
        """Whatever is left of the one before is killed."""
        self.end()
        self.port, temp = _free_port(), self.folder / secrets.token_hex(2)
        self.head = self._node(
            "--head",
            f"--port={self.port}",
            "--num-cpus=0",
            "--include-dashboard=false",
            f"--ray-client-server-port={_free_port()}",
            f"--temp-dir={temp}",
        )
        self.fill(nodes)

    def fill(self, nodes: int) -> None:
        """With nodes up to so many. One after the other: two that start at once get in each
        other's way."""
        self.nodes = [session for session in self.nodes if self.raylet(session)]
        while len(self.nodes) < nodes:
            self.join()

    def join(self) -> None:
        self.nodes.append(self._node(f"--address={self.address}", "--num-cpus=1"))

    def has_head(self) -> bool:
        return bool(self.gcs() and self.raylet(self.head))

    def gcs(self) -> list[Process]:
        return [p for p in self._of(self.head) if p.program == "gcs_server"]

    def raylet(self, session: int) -> list[Process]:
        return [p for p in self._of(session) if p.program == "raylet"]

    def everything_of(self, session: int) -> list[Process]:
        """Guarded processes too, which have sessions of their own."""
        there = processes()
        ours = [p for p in there if p.session == session]
        return [*ours, *_below({p.pid for p in ours}, there)]

    def supervisors(self) -> list[Process]:
        return [p for p in processes() if p.session in self.nodes and _supervises(p)]

    def children(self, driver: int) -> list[Process]:
        """Guarded processes: of supervisors, and the driver's own."""
        above = {p.pid for p in self.supervisors()} | {driver}
        return [p for p in _below(above, processes()) if "lfr_batch.work.child" in p.title]

    def end(self) -> None:
        for session in [self.head, *self.nodes]:
            if session:
                send(self.everything_of(session), signal.SIGKILL)
        self.head, self.nodes = 0, []

    def _of(self, session: int) -> list[Process]:
        return [p for p in processes() if p.session == session] if session else []

    def _node(self, *how: str) -> int:
        """Its session. On a busy machine a node may not be ready when Ray has waited enough."""
        for _ in range(TRIES):
            session = self._try_node(*how)
            if session:
                return session
        said = (self.folder / START_LOG).read_text()
        raise RuntimeError(f"no node can be started: {said[-2000:]}")

    def _try_node(self, *how: str) -> int:
        """0 where it does not start: nothing of it is left then, nor where this is interrupted.

        What is started keeps the log open, so that is a file.
        """
        with (self.folder / START_LOG).open("wb") as said:
            starting = subprocess.Popen(
                [RAY, "start", *how, f"--dashboard-agent-listen-port={_free_port()}", *SHARED],
                env=dict(self.environment),
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            with suppress(subprocess.TimeoutExpired):
                starting.wait(START_S)
        finally:
            if starting.poll() != 0:
                send(self.everything_of(starting.pid), signal.SIGKILL)
        return 0 if starting.wait() else starting.pid


@contextmanager
def cluster(folder: Path, environment: Mapping[str, str], nodes: int) -> Iterator[Soaked]:
    """``folder`` has a short path: sockets are below it."""
    ours = {k: v for k, v in environment.items() if not k.startswith("RAY_")}
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    soaked = Soaked(folder, {**ours, **token, "RAY_BACKEND_LOG_LEVEL": "info"})
    try:
        soaked.start(nodes)
        yield soaked
    finally:
        soaked.end()


def processes() -> list[Process]:
    """Of this machine, but for those that are dead and not buried."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent, _, session = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:4]
            title = (entry / "cmdline").read_bytes().decode(errors="replace")
            if state != "Z":
                found.append(Process(int(entry.name), int(parent), int(session), title))
    return found


def send(whom: Sequence[Process], number: signal.Signals) -> None:
    for process in whom:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _supervises(process: Process) -> bool:
    return process.title.startswith("ray::Supervisor")


def _below(above: set[int], there: Sequence[Process]) -> list[Process]:
    """Children of the processes, and their children."""
    found = [p for p in there if p.parent in above and p.pid not in above]
    return [*found, *_below({p.pid for p in found}, there)] if found else []


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
