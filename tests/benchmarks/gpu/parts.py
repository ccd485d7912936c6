"""Parts that go wrong, for the tests of what becomes of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

from benchmarks.gpu.bench import Bench
from benchmarks.rows import Row


def counts(bench: Bench, known: Sequence[Row]) -> Iterator[Row]:
    yield Row("known", bench.pack, float(len(known)))
    print("a library's word")


def raises(_: Bench, __: Sequence[Row]) -> Iterator[Row]:
    yield Row("first", "", 1.0)
    raise ValueError("the card is gone")


def dies(_: Bench, __: Sequence[Row]) -> Iterator[Row]:
    yield Row("first", "", 1.0)
    os._exit(7)


def tells(bench: Bench, __: Sequence[Row]) -> Iterator[Row]:
    bench.tell(Row("told", "", 1.0))
    os._exit(7)


def hangs(bench: Bench, __: Sequence[Row]) -> Iterator[Row]:
    yield Row("first", "", 1.0)
    try:
        (bench.scratch / "hanging").touch()
        time.sleep(600)
    except KeyboardInterrupt:
        yield Row("so far", "", 2.0)


def cannot_stop(bench: Bench, __: Sequence[Row]) -> Iterator[Row]:
    yield Row("process", "", float(os.getpid()))
    while True:
        try:
            (bench.scratch / "hanging").touch()
            time.sleep(600)
        except KeyboardInterrupt:
            continue
