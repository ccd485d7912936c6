"""The guarded process: it opens a worker and applies it to what it is sent, until nobody listens.

Run by ``child_process.ChildProcess`` in a fresh interpreter. Messages are pickled tuples of plain
bytes: what is in them is unpickled here alone, and the answer's only by whoever asked.
"""

from __future__ import annotations

import ctypes
import logging
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Literal

from lfr_batch.errors import EngineError, LfrError
from lfr_batch.unexpected import trace, unexpected

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
"""prctl(2)"""
FIRST_TO_GO = 500
"""What the kernel adds to this process's score when memory runs out (0 to 1000): it should end, not
whoever supervises it."""

_LOGGED = ("name", "levelno", "levelname", "created", "msecs", "pathname", "lineno", "funcName")
"""Of a log record; its message and traceback go as one text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the process is sent."""

    what: Literal["work", "item"]
    body: bytes
    """Pickled: ``(open_worker, spec)``, or the item."""
    number: int = 0
    """Of the item; of work, how many items it has at once."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the process answers."""

    what: Literal["opened", "not opened", "result", "error", "log"]
    body: bytes = b""
    """Pickled: the result, an LfrError, or the fields of a log record."""
    number: int = 0
    """Of the item."""


def main(descriptor: int, supervisor: int, level: int, imports: Sequence[str]) -> None:
    """Returns never. ``imports``: modules that will be needed, loaded while nothing is asked."""
    _end_with(supervisor)
    # Its supervisor's to heed: systemd tells every process of a service to end.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    os.dup2(2, 1)  # stdout is for the command's answer
    voice = _Voice(Connection(descriptor))
    logging.basicConfig(level=level, handlers=[voice], format="%(message)s")
    asked: SimpleQueue[Asked] = SimpleQueue()
    Thread(target=_listen, args=(voice.connection, asked), daemon=True).start()
    for name in imports:
        with suppress(ImportError):  # the work itself will say it
            import_module(name)
    _work(asked, voice)


def _end_with(supervisor: int) -> None:
    """Where that is killed nobody else ends this process, which may be deep in a decoder."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)
    with suppress(OSError):
        score = Path("/proc/self/oom_score_adj")
        score.write_text(str(max(FIRST_TO_GO, int(score.read_text()))))


class _Voice(logging.Handler):
    """What is said to the supervisor, by one thread at a time; log records among it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self._speaking = Lock()

    def say(self, told: Told) -> None:
        with self._speaking:
            self.connection.send(told)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = self.format(record)
        except Exception:  # noqa: BLE001 - what a library logs wrongly costs nobody the item
            said = str(record.msg)
        fields = {name: getattr(record, name) for name in _LOGGED} | {"msg": said}
        with suppress(OSError):  # nobody listens
            self.say(Told("log", pickle.dumps(fields)))


def _listen(connection: Connection, asked: SimpleQueue[Asked]) -> None:
    """In a thread of its own, so that the process ends at once when its supervisor lets go."""
    with suppress(OSError, EOFError):
        while True:
            asked.put(connection.recv())
    os._exit(0)


def _work(asked: SimpleQueue[Asked], voice: _Voice) -> None:
    process: Callable[[Any], Any] | None = None
    with ExitStack() as threads:
        run: Callable[..., Any] = _here
        while True:
            each = asked.get()
            if each.what == "item":
                if process:  # whoever asked has heard why there is none
                    run(_answer, process, each, voice)
                continue
            threads.close()  # of the work before
            process = None
            process = _opened(each.body, voice)
            several = ThreadPoolExecutor(each.number, "item") if each.number > 1 else None
            run = threads.enter_context(several).submit if several else _here


def _here(function: Callable[..., None], *given: Any) -> None:
    function(*given)


def _opened(work: bytes, voice: _Voice) -> Callable[[Any], Any] | None:
    try:
        open_worker, spec = pickle.loads(work)
        process: Callable[[Any], Any] = open_worker(spec)
    except Exception as error:  # noqa: BLE001 - it is the supervisor's to deal with
        voice.say(Told("not opened", _sentence(error)))
        return None
    voice.say(Told("opened"))
    return process


def _answer(process: Callable[[Any], Any], asked: Asked, voice: _Voice) -> None:
    try:
        told = Told("result", pickle.dumps(process(pickle.loads(asked.body))), asked.number)
    except Exception as error:  # noqa: BLE001 - it is the supervisor's to deal with
        told = Told("error", _sentence(error), asked.number)
    with suppress(OSError):  # nobody listens
        voice.say(told)


def _sentence(error: Exception) -> bytes:
    """An LfrError that says it, pickled."""
    if not isinstance(error, LfrError):
        logger.warning("a worker failed: %s", trace(error))
        error = EngineError(f"A worker failed: {unexpected(error)}")
    return pickle.dumps(error)
