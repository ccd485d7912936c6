"""The parts of the benchmark: each in a process of its own, within its time.

A part that hangs, dies or uses up the GPU's memory costs its own rows only, and what one has left
in a process (a CUDA context, under which FFmpeg opens no decoder) does not disturb the next.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from threading import Thread
from time import monotonic
from types import MappingProxyType

from benchmarks.gpu.bench import Bench
from benchmarks.rows import NOT_MEASURED, REFUSED, Row, refused

HERE = "benchmarks.gpu"
ENDING_S = 8.0
"""For a part that is told to stop, to end what it has started."""


@dataclass(frozen=True, slots=True)
class Part:
    measure: str
    """module:function; called with (bench, known) it yields rows, and ``known`` are those of the
    parts before."""
    need_s: float
    """Its share of the time is as its need to that of all parts which are still to be run."""
    says: str


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "decoding": Part(f"{HERE}.decoding:measure", 26, "what NVDEC and the cores decode"),
        "models": Part(f"{HERE}.models:measure", 36, "each model alone and in the product"),
        "scaling": Part(f"{HERE}.scaling:measure", 8, "frames made pixels of where they lie"),
        "street": Part(f"{HERE}.footage:street", 70, "a street through `lfr scan`"),
        "wall": Part(f"{HERE}.footage:wall", 54, "a static wall through `lfr scan`"),
        "agreement": Part(f"{HERE}.agreement:measure", 30, "people, beside the processor's"),
        "enrolment": Part(f"{HERE}.enrolment:measure", 18, "a folder of pictures"),
        "search": Part(f"{HERE}.search:measure", 40, "probes against many templates"),
    }
)
"""In this order: what a later one takes as its limit is measured before."""


def share_s(left_s: float, needs_s: Sequence[float]) -> float:
    """Of the time that is left, for the first of those that need it."""
    return left_s * needs_s[0] / sum(needs_s)


def run_part(
    name: str, part: Part, bench: Bench, known: Sequence[Row], budget_s: float
) -> Iterator[Row]:
    """The rows of a part as they come. One whose time is over is told to stop, and may still give
    what it has; a row says so."""
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(name, part, bench, tuple(known), sending))
    process.start()
    sending.close()
    try:
        if (yield from _rows(receiving, budget_s)):
            process.join(ENDING_S)
            if process.exitcode:
                yield Row(name, "", REFUSED, note=f"its process ended with {process.exitcode}")
            return
        yield Row(name, "", NOT_MEASURED, note=f"cut off after {budget_s:.0f} s")
        if process.pid is not None:
            os.kill(process.pid, signal.SIGINT)
        yield from _rows(receiving, ENDING_S)
    finally:
        _kill(process)
        receiving.close()


def _rows(rows: Connection, left_s: float) -> Generator[Row, None, bool]:
    """Those that come in that time; whether there will be no more, their process having ended."""
    ends_s = monotonic() + left_s
    try:
        while rows.poll(max(0.0, ends_s - monotonic())):
            yield rows.recv()
    except EOFError:
        return True
    return False


def _measure(name: str, part: Part, bench: Bench, known: tuple[Row, ...], rows: Connection) -> None:
    """In the part's process."""
    os.setsid()
    Thread(target=_end_with_parent, daemon=True).start()
    os.dup2(2, 1)  # what libraries print is no result
    try:
        module, _, function = part.measure.partition(":")
        measure = getattr(import_module(module), function)
        for row in measure(replace(bench, tell=rows.send), known):
            rows.send(row)
    except KeyboardInterrupt:
        pass  # who cut it off says so
    except Exception as error:  # noqa: BLE001 - the next part is to be measured
        rows.send(refused(name, "", error))
    finally:
        rows.close()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)


def _kill(process: BaseProcess) -> None:
    """And all that it has started, which is in its group."""
    if process.pid is not None and process.is_alive():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.join()
