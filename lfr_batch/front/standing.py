"""Standing jobs: footage that is looked at again and again, of which only what is new is searched.

Each look is a tick. One that finds something is a run with its own id; each is on record in the
job's own file (``results/ticks.py``), also where nothing was new. All that a watch must know it
finds in the lake: whoever starts it anew, after whatever ended it, goes on.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from lfr_batch.config.load import config_hash
from lfr_batch.errors import (
    AuthorityError,
    LfrError,
    RunBusy,
    RunCancelled,
    RunTakenOver,
    StoreError,
    UsageError,
)
from lfr_batch.front.authorising import look_up_order
from lfr_batch.front.clocks import act_on_clocks_of
from lfr_batch.front.listeners import RunListener
from lfr_batch.front.machinery import Machinery
from lfr_batch.front.runs import FinishedRun, accept_order, begin_order, continue_run
from lfr_batch.front.sifting import Sifted, asked_by, nothing_waits, sift
from lfr_batch.homes.at_hand import Home
from lfr_batch.models.kinds import Agreed
from lfr_batch.recognition.settle import Work
from lfr_batch.records import FootageEntry
from lfr_batch.results.already import interrupted
from lfr_batch.results.hold import Hold, newest_epoch, read_claim, require_hold, who
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.ticks import NAMED, STANDING, StandingJob, TickRow, record_start, record_tick
from lfr_batch.scanning.arrivals import Remembered, States, put_off, tried_now, waiting
from lfr_batch.scanning.execute import Resumption
from lfr_batch.scanning.plan import FoundFootage, Order, prepare_run
from lfr_batch.storage.store import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """One look of a standing job at its footage."""

    job: str
    """Its id."""
    at: datetime
    files: int = 0
    """That were listed."""
    searched_before: Mapping[str, int] = field(default_factory=dict)
    """How many of them had been searched, by the run that did."""
    under_way: Mapping[str, int] = field(default_factory=dict)
    """How many another run was searching, by that run."""
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Why a file was not searched yet, by its uri."""
    run: FinishedRun | None = None
    """The run of what was new; None: nothing was."""
    taken_up: tuple[FinishedRun, ...] = ()
    """Runs of the job that had been interrupted and were finished first."""
    error: str | None = None
    """Why nothing could be looked at or searched; a watch looks again."""


def job_id(order: Order) -> str:
    """Of all that makes two standing jobs the same."""
    asked = (
        order.inputs,
        order.manifest,
        order.gallery,
        order.authority.case_ref,
        config_hash(order.config),
        str(order.home),
    )
    return f"{STANDING}{hashlib.sha256(repr(asked).encode()).hexdigest()[:12]}"


def search_new(order: Order, root: str, listener: RunListener, machinery: Machinery) -> Tick:
    """One tick: what the case has not searched yet. Raises what ``run_order`` raises."""
    return _open(order, root, listener, machinery).tick()


def watch(
    order: Order,
    root: str,
    every_s: float,
    still_s: float,
    listener: RunListener,
    machinery: Machinery,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Tick]:
    """A tick every ``every_s``, from the beginning of one to that of the next, without end.

    Files wait until they have not changed from one tick to the next, or for ``still_s``. What
    refuses the first tick is raised; later a tick says what is wrong and the next tries again.
    Raises RunBusy where the same is watched already, RunCancelled where somebody ended its run,
    AuthorityError once nothing authorises it any more, RunTakenOver.
    """
    job = _open(order, root, listener, machinery, still_s)
    with _held(job) as hold:
        while True:
            began_s = time.monotonic()
            require_hold(hold)
            yield job.tick()
            pause(max(0.0, every_s - (time.monotonic() - began_s)))


@contextmanager
def _held(job: _Job) -> Iterator[Hold]:
    """Raises RunBusy, naming who has it."""
    run = StoredRun(job.store, job.order.standing or "")
    try:
        with lock_run(run) as hold:
            yield hold
    except RunBusy as error:
        if run.run_id not in str(error):
            raise
        other = who(read_claim(run, newest_epoch(run)))
        raise RunBusy(
            f"{', '.join(job.order.inputs)} is watched already for this case, with this gallery "
            f"and these settings, by {other}: leave it to that, or stop it first"
        ) from error


def _open(
    order: Order,
    root: str,
    listener: RunListener,
    machinery: Machinery,
    still_s: float | None = None,
) -> _Job:
    if order.run_id is not None:
        raise UsageError("A standing job makes up the ids of its runs: leave --run-id out.")
    order = replace(order, new_only=True, standing=job_id(order))
    order, store = accept_order(order, root, listener)
    return _Job(order, store, listener, machinery, still_s)


class _Job:
    """What one process does of a standing job."""

    def __init__(
        self,
        order: Order,
        store: Store,
        listener: RunListener,
        machinery: Machinery,
        still_s: float | None,
    ) -> None:
        self.order, self.store = order, store
        self._listener, self._machinery, self._still_s = listener, machinery, still_s
        self._began_at, self._number = datetime.now(UTC), 0
        self._agreed: Agreed | None = None
        self._memory, self._given_up = Remembered(), set[str]()
        self._sifted: Sifted | None = None

    def tick(self) -> Tick:
        """Raises what a run raises at the first tick, and where it is asked to end."""
        self._sifted, self._number = None, self._number + 1
        tick = Tick(self.order.standing or "", datetime.now(UTC))
        try:
            self._authorise_again()
            tick = replace(tick, taken_up=tuple(self._finish_interrupted()))
            ended = self._search()
        except (RunCancelled, RunTakenOver):
            raise
        except AuthorityError as error:  # nothing that the next tick would mend
            if self._number > 1:
                self._recorded(replace(tick, error=str(error)), None)
            raise
        except LfrError as error:
            if self._number == 1:
                raise
            logger.warning("tick %d: %s", self._number, error)
            return self._recorded(replace(tick, error=str(error)), None)
        finally:
            self._remember()
        return self._recorded(replace(tick, run=ended), self._sifted)

    def _note(self) -> None:
        """That it is there: what refuses it has been asked, and the first tick may take days."""
        record_start(self.store, self._job(Tick(self.order.standing or "", self._began_at)))

    def _authorise_again(self) -> None:
        """Each tick is a run. Raises AuthorityError where it may not be any more."""
        order = look_up_order(self.order).order
        act_on_clocks_of(order.home, order.config.s3, self.store.uri, order.authority.operator)

    def _finish_interrupted(self) -> Iterator[FinishedRun]:
        """Those that cannot be finished are left: what they had is new."""
        for run in interrupted(self.store, self.order.config.s3, self.order.standing or ""):
            if run.run_id in self._given_up:
                continue
            self._listener.taken_up(run.run_id)
            config = self.order.config
            resumption = Resumption(config.engine, probe_again=True, limits=config.limits)
            by = self.order.authority.operator
            try:
                yield continue_run(run, resumption, self._listener, self._machinery, by)
            except (RunCancelled, RunTakenOver):
                raise
            except RunBusy:
                continue
            except LfrError as error:
                self._given_up.add(run.run_id)
                self._listener.not_finished(f"What it had is searched anew: {error}")

    def _search(self) -> FinishedRun | None:
        """What workers compute with is settled with the first run and whenever there is another:
        a look that finds nothing new needs neither a cluster nor a worker."""
        agreed = self._agreed
        if agreed:
            order, now = self.order, datetime.now(UTC)
            prepared = prepare_run(order, now, settle=_as(agreed), sift=self._sift)
            if not prepared.found.entries:
                return None
        told, machinery = self._listener, self._machinery
        found = begin_order(self.order, self.store, told, machinery, self._sift_told)
        if not isinstance(found, FinishedRun):
            self._agreed = _agreed(found.request)
            return None
        self._agreed = _agreed(found.result.request)
        return found

    def _sift(self, found: FoundFootage, request: RunRequest) -> FoundFootage:
        waits = self._waiting if self._still_s is not None else nothing_waits
        config, machine = self.order.config, self._machinery.machine
        self._sifted = sift(found, asked_by(request), config, self.store, machine, waits)
        return self._sifted.found

    def _sift_told(self, found: FoundFootage, request: RunRequest) -> FoundFootage:
        left = self._sift(found, request)
        if self._still_s is not None and self._number == 1:
            self._note()
        if self._sifted:
            self._listener.sifted(self._sifted)
        return left

    def _waiting(self, entries: Sequence[FootageEntry], states: States) -> Mapping[str, str]:
        memory = self._memory
        late = waiting(entries, states, memory.states, time.time_ns(), self._still_s or 0.0)
        return {**put_off(memory.tried, states, self._number), **late}

    def _remember(self) -> None:
        """Of files that are not done with: as many as wait, or were searched in this tick."""
        sifted, memory = self._sifted, self._memory
        if sifted is None:
            return
        states, left = sifted.states, [entry.uri for entry in sifted.found.entries]
        tried = {uri: each for uri, each in memory.tried.items() if uri in sifted.waiting}
        self._memory = Remembered(
            {uri: states[uri] for uri in sifted.waiting if uri in states},
            {**tried, **tried_now(memory.tried, left, states, self._number)},
        )

    def _recorded(self, tick: Tick, sifted: Sifted | None) -> Tick:
        """A bucket that does not answer keeps no watch from looking again."""
        if sifted:
            tick = replace(
                tick,
                files=_listed(sifted),
                searched_before=dict(sifted.found.searched_before or {}),
                under_way=dict(sifted.under_way),
                waiting=dict(sifted.waiting),
            )
        with suppress(StoreError):
            record_tick(self.store, self._job(tick), _row(tick))
        return tick

    def _job(self, tick: Tick) -> StandingJob:
        order, stated = self.order, self.order.authority
        return StandingJob(
            job=tick.job,
            watches=self._still_s is not None,
            inputs=order.inputs,
            manifest=order.manifest,
            gallery=order.gallery,
            case_ref=stated.case_ref,
            authority=stated.authority,
            purpose=stated.purpose,
            operator=stated.operator,
            began_at=self._began_at,
            waiting=tuple(f"{uri}: {why}" for uri, why in list(tick.waiting.items())[:NAMED]),
        )


def _listed(sifted: Sifted) -> int:
    elsewhere = sum(sifted.under_way.values()) + len(sifted.waiting)
    return len(sifted.found.entries) + sifted.searched_before + elsewhere


def _row(tick: Tick) -> TickRow:
    return TickRow(
        at=tick.at,
        files=tick.files,
        searched_before=sum(tick.searched_before.values()),
        under_way=sum(tick.under_way.values()),
        waiting=len(tick.waiting),
        run_id=tick.run.run_id if tick.run else None,
        status=tick.run.status if tick.run else None,
        error=tick.error,
    )


def _agreed(request: RunRequest) -> Agreed | None:
    return Agreed(request.settled) if request.settled else None


def _as(agreed: Agreed) -> Callable[[Home, object, Work], Agreed]:
    return lambda _home, _config, _work: agreed
