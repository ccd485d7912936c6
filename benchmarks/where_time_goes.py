"""The product's worker, segment after segment: time, calls of each session, where threads stand.

    python -m benchmarks.where_time_goes --home lfr-data --clip FILE [--at-once 1 8]
        [--seconds 10] [--segments 5] [--device cpu] [--set KEY=VALUE]

The worker is opened in this process and given pieces of the clip: first one after another, then as
many at once as ``--at-once`` says. Of each round it is shown how long each segment took, which
shapes each session was called with (on a GPU it must be one) and where all threads stood when they
were looked at every 20 ms: `12 % decode < frames < …` means that of the looks 12 of 100 found a
thread there. Looking costs a few per cent.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, thread
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from types import FrameType

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.options import add_options, opened_bench
from benchmarks.gpu.people import GALLERY, require_people
from benchmarks.recorded_sessions import Recorded, recorded
from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import LfrError
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.segments import plan_segments
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.devices import available_cores
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.records import FootageEntry, Segment, SegmentOutcome
from lfr_batch.results.layout import NO_EPOCH
from lfr_batch.scanning.worker import ProcessSegment, WorkerSpec, open_worker

LOOK_EVERY_S = 0.02
DEPTH = 4
"""Calls shown of a stack, the innermost first."""
SHOWN = 12
THRESHOLD = 0.41
IDLE = thread._worker.__code__
"""A thread of a pool that has nothing to do."""


@dataclass(slots=True)
class Stacks:
    """Where threads stood; ``looks`` times they were all looked at."""

    looks: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def top(self, count: int = SHOWN) -> list[tuple[float, str]]:
        """Share of the looks, 0 to 1 and above where several threads stood there, and the place."""
        return [(n / max(1, self.looks), place) for place, n in self.seen.most_common(count)]


@contextmanager
def watched() -> Iterator[Stacks]:
    """All threads of this process but the one that waits for the end and the one that watches."""
    stacks, over = Stacks(), threading.Event()
    waiting = threading.get_ident()

    def watch() -> None:
        aside = {waiting, threading.get_ident()}
        while not over.wait(LOOK_EVERY_S):
            stacks.looks += 1
            names = {each.ident: each.name for each in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident not in aside and frame.f_code is not IDLE:
                    stacks.seen[place_of(names.get(ident, "?"), frame)] += 1

    watching = threading.Thread(target=watch, name="watching")
    watching.start()
    try:
        yield stacks
    finally:
        over.set()
        watching.join()


def place_of(thread: str, frame: FrameType | None) -> str:
    """The thread's kind and its innermost calls."""
    calls: list[str] = []
    while frame is not None and len(calls) < DEPTH:
        code = frame.f_code
        calls.append(f"{Path(code.co_filename).stem}.{code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return f"[{thread.rstrip('0123456789-_ ()')}] {' < '.join(calls)}"


def pieces(clip: Path, seconds: float, count: int, first: int) -> list[Segment]:
    """``count`` segments of the clip as a scan plans them, going round it; ``first`` numbers them.

    Probed like any footage: which decoder takes a segment depends on what is known of it.
    """
    asset = probe(FootageEntry(str(clip)), FootageConfig(), S3Config())[0]
    whole = plan_segments(asset, seconds, "where-time-goes")
    return [
        replace(segment, segment_id=f"{first + number:032x}")
        for number, segment in enumerate(islice(cycle(whole), count))
    ]


def in_rounds(
    process: ProcessSegment, segments: Sequence[Segment], at_once: int
) -> list[SegmentOutcome]:
    with ThreadPoolExecutor(at_once, thread_name_prefix="segment") as pool:
        return list(pool.map(process, segments))


def opened(bench: Bench, at_once: int, results: str) -> ProcessSegment:
    snapshot = load_snapshot(bench.home, GALLERY)
    engine = ("kind=in_process", f"cpus_per_worker={available_cores()}.0",
              f"segments_per_worker={at_once}")  # fmt: skip
    config = bench.config(*(f"engine.{each}" for each in engine))
    search = SearchSpec(bench.home, bench.home, GALLERY, snapshot.snapshot_id, THRESHOLD, config)
    return open_worker(WorkerSpec(search, results, "where-time-goes", NO_EPOCH))


def show(
    outcomes: Sequence[SegmentOutcome], wall_s: float, calls: Recorded, stacks: Stacks
) -> None:
    media_s = sum(outcome.media_s for outcome in outcomes)
    print(f"  {media_s / wall_s:.1f} × real time: {media_s:.0f} s in {wall_s:.2f} s")
    for outcome in outcomes:
        print(
            f"    from {outcome.start_s:.0f} s: {outcome.wall_s:.2f} s, decode "
            f"{outcome.decode_s:.2f}, infer {outcome.infer_s:.2f}, {outcome.frames_analysed} looks,"
            f" {outcome.tracks} tracks, {outcome.status} {outcome.error or ''}"
        )
    for name, each in calls.items():
        print(f"    {name}: {each.sentence}")
    for share, place in stacks.top():
        print(f"    {100 * share:4.0f} % {place}")
    sys.stdout.flush()


def measure(bench: Bench, at_once: Sequence[int], seconds: float, count: int) -> None:
    clip = bench.clips["street"]
    require_people(bench)
    with recorded() as calls, tempfile.TemporaryDirectory(dir=bench.scratch) as results:
        for number, many in enumerate(at_once):
            calls.clear()
            started_s = perf_counter()
            process = opened(bench, many, results)
            print(f"{many} at once: worker opened in {perf_counter() - started_s:.2f} s")
            for what, rounds in (("first", many), ("then", max(count, many))):
                for each in calls.values():
                    each.clear()
                segments = pieces(clip, seconds, rounds, 1000 * number)
                with watched() as stacks:
                    started_s = perf_counter()
                    outcomes = in_rounds(process, segments, many)
                    wall_s = perf_counter() - started_s
                print(f"  {what}, {len(segments)} segments of {seconds:.0f} s:")
                show(outcomes, wall_s, calls, stacks)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Where a worker's time goes.")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--segments", type=int, default=5)
    add_options(parser)
    arguments = parser.parse_args(given)
    try:
        with opened_bench(arguments) as bench:
            measure(bench, arguments.at_once, arguments.seconds, arguments.segments)
    except LfrError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
