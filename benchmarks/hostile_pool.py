"""One file after another in a process of its own, watched from outside: its time, its memory, and
whether it lives.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

from benchmarks.hostile_records import Answer, Ended, How
from benchmarks.memory import forget_peak, peak_mib, peak_mib_of
from lfr_batch.unexpected import trace, unexpected

LOOKED_AT_EVERY_S = 0.05
BUSY_SHARE, PATIENCE = 0.5, 4
"""A process that had less than this share of a core is waited for so many times the limit."""
STOP_MIB = 4096
"""A process that has had as much is ended: the machine is others' as well."""

Target = Callable[[Path], Answer]
"""Found by its name in the process that calls it."""


def is_too_long(wall_s: float, core_s: float, limit_s: float) -> bool:
    """A process that hardly had a core was kept waiting by others, up to a point."""
    waited = core_s < limit_s * BUSY_SHARE
    return wall_s > limit_s * (PATIENCE if waited else 1)


class Child:
    """A process that takes files, until it has to be replaced."""

    def __init__(self, target: Target, log: Path) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._ours, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, target, log), daemon=True)
        self._process.start()
        theirs.close()
        self._ours.recv()

    def examine(self, path: Path, limit_s: float) -> Ended:
        """Afterwards the process may be gone: see ``alive``."""
        began, before_mib, cpu_s = monotonic(), self._peak_mib(), self._cpu_s()
        self._ours.send(path)
        while not self._ours.poll(LOOKED_AT_EVERY_S):
            wall_s, grown_mib = monotonic() - began, self._peak_mib() - before_mib
            if grown_mib > STOP_MIB:
                self.end()
                return Ended("memory", wall_s, grown_mib)
            spent_s = self._cpu_s() - cpu_s
            if is_too_long(wall_s, spent_s, limit_s):
                self.end()
                return Ended("hung", wall_s, grown_mib, detail=f"{spent_s:.1f} s of a core")
        wall_s = monotonic() - began
        try:
            how, what, grown_mib = self._ours.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            return Ended("crashed", wall_s, 0.0, detail=_how_it_died(self._process.exitcode))
        if is_too_long(wall_s, self._cpu_s() - cpu_s, limit_s):
            return Ended("hung", wall_s, grown_mib, detail="it did answer")
        answer = what if isinstance(what, Answer) else None
        return Ended(how, wall_s, grown_mib, answer, "" if answer else str(what))

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._ours.close()

    def _peak_mib(self) -> float:
        return peak_mib_of(self._process.pid) or 0.0

    def _cpu_s(self) -> float:
        with suppress(OSError):
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0


class Examiner:
    """A process at a time, replaced where it had to be ended or died."""

    def __init__(self, target: Target, log: Path, limit_s: float) -> None:
        self._target, self._log, self._limit_s = target, log, limit_s
        self._child = Child(target, log)

    def examine(self, path: Path) -> Ended:
        """A file that takes too long is given a second try: the machine may have been busy."""
        ended = self._once(path)
        return self._once(path) if ended.how == "hung" else ended

    def _once(self, path: Path) -> Ended:
        ended = self._child.examine(path, self._limit_s)
        if ended.how in {"hung", "crashed", "memory"}:
            self._child = Child(self._target, self._log)
        return ended

    def end(self) -> None:
        self._child.end()


@contextmanager
def examiner(target: Target, log: Path, limit_s: float) -> Iterator[Examiner]:
    """``log`` takes what libraries write to the terminal."""
    opened = Examiner(target, log, limit_s)
    try:
        yield opened
    finally:
        opened.end()


def _serve(files: Connection, target: Target, log: Path) -> None:
    with log.open("ab", buffering=0) as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    files.send("ready")
    while True:
        path = files.recv()
        forget_peak()
        before_mib = peak_mib()
        how, what = _answered(target, path)
        files.send((how, what, peak_mib() - before_mib))


def _answered(target: Target, path: Path) -> tuple[How, Answer | str]:
    try:
        return "answered", target(path)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return "raised", f"{unexpected(error)} ({trace(error)})"


def _how_it_died(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"exit code {exit_code}"
    return signal.Signals(-exit_code).name
