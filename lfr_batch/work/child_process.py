"""A child process as its supervisor sees it: how it is started, what it takes, how it ended."""

from __future__ import annotations

import json
import logging
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

from lfr_batch.work.child import Asked, Told

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from lfr_batch.work.child import main; main(*json.loads(sys.argv[2]))"
)
_OWN_MEMORY = frozenset({"RssAnon", "RssShmem", "VmSwap"})
"""Of ``/proc/PID/status``, kB. Not what is mapped from files: that costs no memory that others need
(libraries, a gallery), and would be charged to every worker."""
_TICKS = os.sysconf("SC_CLK_TCK")


class ChildProcess:
    """A fresh interpreter that runs ``child.main``.

    It lives no longer than the *thread* that makes it: the kernel ends it with that (prctl(2),
    PR_SET_PDEATHSIG). In a session of its own, so that Ctrl-C reaches its supervisor alone.
    """

    def __init__(self, imports: Sequence[str] = ()) -> None:
        self._ours, theirs = Pipe()
        level = logging.getLogger().getEffectiveLevel()
        given = [theirs.fileno(), os.getpid(), level, list(imports)]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path), json.dumps(given)],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def ask(self, asked: Asked) -> None:
        """Of one that is gone, ``listen`` says so."""
        with suppress(OSError):
            self._ours.send(asked)

    def listen(self) -> Told | None:
        """Waits for what it says next; None: it is gone."""
        with suppress(Exception):  # also what one says whose memory is no longer what it was
            told: Told = self._ours.recv()
            return told
        return None

    def memory_mib(self) -> float:
        """Its own, with what of it was swapped out; 0 of one that is gone."""
        lines = (line.partition(":") for line in self._proc("status").splitlines())
        return sum(int(value.split()[0]) for name, _, value in lines if name in _OWN_MEMORY) / 1024

    def processor_s(self) -> float:
        """User and system time of all its threads since it began (proc_pid_stat(5))."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / _TICKS

    def end(self) -> str:
        """Kill it, unless it has ended; how it ended, for people."""
        self._process.kill()
        code = self._process.wait()
        here = this_host()
        if code >= 0:
            return f"its worker on {here} ended with exit code {code}"
        out_of_memory = ", as when memory runs out" if code == -signal.SIGKILL else ""
        return f"its worker on {here} was ended by {_name(-code)}{out_of_memory}"

    def let_go(self) -> None:
        """Close the connection; nobody may be listening any more."""
        self._ours.close()

    def _proc(self, name: str) -> str:
        with suppress(OSError):
            return Path(f"/proc/{self._process.pid}/{name}").read_text(encoding="ascii")
        return ""


def this_host() -> str:
    """For people."""
    return platform.node() or "this machine"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
