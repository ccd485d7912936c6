"""A scan as `lfr scan` makes it, with the moment at which each receipt came."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from pathlib import Path
from time import perf_counter

from benchmarks.case import AUTHORITY
from benchmarks.gpu.load import busy_core_s
from benchmarks.gpu.people import GALLERY
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.table import Engines
from lfr_batch.front.listeners import RunListener
from lfr_batch.front.machinery import CONFIGURED
from lfr_batch.front.runs import run_order
from lfr_batch.records import Segment, SegmentOutcome
from lfr_batch.results.shards import read_shard
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import OpenEngine
from lfr_batch.scanning.plan import Order, Prepared
from lfr_batch.scanning.progress import Unheard
from lfr_batch.storage.store import Store
from lfr_batch.work.attempts import Runner, Tell

DONE = "done"
SURELY = 0.9


@dataclass(frozen=True, slots=True)
class Receipt:
    at_s: float
    """``perf_counter`` when it came."""
    wall_s: float
    """That its segment took in the worker."""
    media_s: float
    decode_s: float
    infer_s: float
    busy_core_s: float
    """Of the machine, up to then."""


@dataclass(slots=True)
class Scan:
    started_s: float
    planned_s: float = 0.0
    """``perf_counter`` when the plan was made: every file probed."""
    receipts: list[Receipt] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    people: dict[str, dict[str, float]] = field(default_factory=dict)
    """By footage, of its first segment: whom it shows, with the best score."""
    to_the_end: bool = True


@dataclass(frozen=True, slots=True)
class Until:
    """When a scan is broken off: both after the first receipt and with so many in all."""

    after_s: float = inf
    rounds: int = 3
    """Of segments under way together."""


class _Enough(Exception):
    """As many receipts as are needed have come."""


def scan(
    home: Path,
    results: Path,
    clips: Sequence[Path],
    config: Config,
    until: Until = Until(),
    before_end: Callable[[Scan], None] = lambda _: None,
) -> Scan:
    """Every clip; broken off when it is enough, or when it is interrupted: what has come counts,
    and ``before_end`` is given it before the engine ends."""
    found = Scan(perf_counter())
    inputs = tuple(map(str, clips))
    order = Order("scan", inputs, None, GALLERY, AUTHORITY, None, config, home)
    receiving = Receiving(found, open_store(str(results), config.s3), until)
    listener = RunListener(created=receiving.created, searching=lambda: nullcontext(receiving))
    telling_too = replace(CONFIGURED, joined=partial(_joined, found, before_end))
    with suppress(_Enough, KeyboardInterrupt):
        run_order(order, str(results), listener, telling_too)
    return found


@contextmanager
def _joined(
    found: Scan, before_end: Callable[[Scan], None], config: EngineConfig
) -> Iterator[Engines]:
    with CONFIGURED.joined(config) as engines:
        yield replace(engines, open=telling(engines.open, found, before_end))


def telling(open_engine: OpenEngine, found: Scan, before_end: Callable[[Scan], None]) -> OpenEngine:
    """The engine, with ``before_end`` called when its work is over and it is not yet."""

    @contextmanager
    def opened(config: EngineConfig, tell: Tell) -> Iterator[Runner]:
        with open_engine(config, tell) as run:
            try:
                yield run
            except BaseException:
                found.to_the_end = False
                raise
            finally:
                before_end(found)

    return opened


def say(what: str) -> None:
    print(f"        … {what}", file=sys.stderr, flush=True)


@dataclass(slots=True)
class Receiving(Unheard):
    """Writes down what comes, until it is enough."""

    found: Scan
    store: Store
    until: Until
    run_id: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Of footage, by its id."""

    def created(self, prepared: Prepared) -> None:
        self.run_id = prepared.request.run_id

    def start(self, plan: Sequence[Segment], _todo: int) -> None:
        found = self.found
        found.planned_s = perf_counter()
        say(f"{len(plan)} segments planned after {found.planned_s - found.started_s:.1f} s")
        self.names = {segment.footage_id: Path(segment.uri).stem for segment in plan}

    def tell(self, sentence: str) -> None:
        say(sentence)

    def take(self, outcome: SegmentOutcome) -> None:
        found, now_s = self.found, perf_counter()
        if outcome.status != DONE:
            found.failures.append(outcome.error or outcome.status)
            return
        if not found.receipts:
            say(f"first receipt after {now_s - found.started_s:.1f} s")
        found.receipts.append(
            Receipt(
                now_s,
                outcome.wall_s,
                outcome.media_s,
                outcome.decode_s,
                outcome.infer_s,
                busy_core_s(),
            )
        )
        name = self.names[outcome.footage_id]
        if name not in found.people:
            found.people[name] = best_scores(self.store, self.run_id, outcome)
        long = now_s - found.receipts[0].at_s >= self.until.after_s
        if long and len(found.receipts) >= self.until.rounds * at_once(found.receipts):
            raise _Enough


def best_scores(store: Store, run_id: str, outcome: SegmentOutcome) -> dict[str, float]:
    """Of everybody whom the segment shows."""
    best: dict[str, float] = {}
    for sighting in read_shard(StoredRun(store, run_id), outcome):
        before = best.get(sighting.subject_id, -1.0)
        best[sighting.subject_id] = max(before, sighting.score)
    return best


@dataclass(frozen=True, slots=True)
class Speed:
    times_real_time: float
    at_once: int
    """Segments under way together."""
    segments: int
    """Of these many the speed was taken."""
    from_s: float
    until_s: float
    busy_cores: float


def steady_speed(receipts: Sequence[Receipt], to_the_end: bool) -> Speed | None:
    """Of whole rounds of segments, each as many as are under way together.

    Without the first round, in which workers warm up, and, where the scan went ``to_the_end``,
    without the last, in which some have nothing more to do. With too few rounds, of everything
    from the first start to the last receipt; None without any receipt.
    """
    if not receipts:
        return None
    ordered = sorted(receipts, key=lambda receipt: receipt.at_s)
    many = at_once(ordered)
    rounds = len(ordered) // many - to_the_end
    if rounds > 1:
        first, counted = ordered[many - 1], ordered[many : rounds * many]
        from_s = first.at_s
    else:
        first, counted = ordered[0], ordered
        from_s = min(receipt.at_s - receipt.wall_s for receipt in ordered)
    last = counted[-1]
    media_s = sum(receipt.media_s for receipt in counted)
    return Speed(
        times_real_time=media_s / (last.at_s - from_s),
        at_once=many,
        segments=len(counted),
        from_s=from_s,
        until_s=last.at_s,
        busy_cores=_busy_cores(first, last),
    )


def _busy_cores(first: Receipt, last: Receipt) -> float:
    span_s = last.at_s - first.at_s
    return (last.busy_core_s - first.busy_core_s) / span_s if span_s else 0.0


def at_once(receipts: Sequence[Receipt]) -> int:
    """The most segments that were under way at one moment.

    Receipts come a little later than segments end, not all by as much: a tenth is not counted.
    """
    begun = [(receipt.at_s - SURELY * receipt.wall_s, 1) for receipt in receipts]
    ended = [(receipt.at_s, -1) for receipt in receipts]
    most = under_way = 0
    for _, change in sorted([*begun, *ended]):
        under_way += change
        most = max(most, under_way)
    return most
