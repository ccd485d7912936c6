"""A scan, a search, and a run taken up again: from an order to published results."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from lfr_batch.config.load import override, parse_config
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.table import Engines
from lfr_batch.errors import NoFootage, ResultsError, StoreError, UsageError
from lfr_batch.front.asked_before import is_asked_before
from lfr_batch.front.authorising import (
    AuthorisedOrder,
    begin_clock,
    home_of,
    look_up_again,
    look_up_order,
    said_of,
)
from lfr_batch.front.clocks import act_on_clocks, act_on_clocks_of
from lfr_batch.front.listeners import NOBODY, RunListener
from lfr_batch.front.machinery import CONFIGURED, Machinery, alone_on_ray
from lfr_batch.front.opening import Opener, statement
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import home_at
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.begun import log_resumed, with_log_line
from lfr_batch.results.ask import ask, runs_asked
from lfr_batch.results.compact import compact_if_it_pays
from lfr_batch.results.hold import Hold
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import RunStatus
from lfr_batch.results.run_state import (
    RunRequest,
    begin_run,
    load_run,
    read_plan,
    reauthorise,
)
from lfr_batch.results.status import FileState, not_whole
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.which_run import which_run
from lfr_batch.results.withholding import require_shown
from lfr_batch.scanning.execute import Means, Resumption, RunResult, execute_held
from lfr_batch.scanning.plan import FoundFootage, Order, Prepared, Sift, prepare_run
from lfr_batch.storage.store import Store
from lfr_batch.work.privacy import protect_files

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that came to its end: not always one that searched everything."""

    result: RunResult
    """What was asked, and what became of every segment."""
    store: Store
    """Where its rows are."""
    by: str
    """Who had it searched, and is told of it."""
    found: FoundFootage | None = None
    """None of a run that was taken up again."""

    @property
    def run_id(self) -> str:
        return self.result.request.run_id

    @property
    def status(self) -> RunStatus:
        """'complete', or how it is not: 'complete_partly', 'complete_with_failures'."""
        return self.result.status

    @property
    def threshold(self) -> float:
        """Score from which a candidate counts."""
        return self.result.request.threshold

    @property
    def sightings(self) -> int:
        """How many there are; of a search, faces that reach the threshold."""
        return self.result.sightings

    def not_whole(self) -> list[FileState]:
        """Every file that was not searched whole, and why. Raises StoreError."""
        plan = read_plan(StoredRun(self.store, self.run_id))
        return list(not_whole(self.result.assets, plan, self.result.outcomes))

    def ask(self, question: str, **parameters: Any) -> pa.Table:
        """A ready question about this run, as ``sightings_of_run`` or ``candidates_of_run``.

        A line in the audit log, as every opening of results. Raises QueryError for a question or
        parameter there is not.
        """
        request = self.result.request
        s3 = parse_config(request.config, "the run's request").s3
        given = {**parameters, "run_id": self.run_id}
        lake = open_lake(self.store.uri, s3)
        opener = Opener(home_at(request.home), s3, "sql", self.by, request.purpose)
        opener.opens(statement(f"question {question}", given), runs_asked(lake, question, given))
        return ask(lake, question, given)


def run_order(
    order: Order,
    root: str,
    listener: RunListener = NOBODY,
    machinery: Machinery = CONFIGURED,
) -> FinishedRun:
    """Record, plan and do what was ordered, with results under ``root``.

    What is refused leaves no run: authority, places, models and a cluster are asked before there is
    one, and the footage is listed. What this process writes is from then on its owner's alone.
    Raises what ``prepare_run`` and ``execute_held`` raise, AuthorityError, and StoreError or
    ResultsTooNew for ``root``.
    """
    order, store = accept_order(order, root, listener)
    engine = order.config.engine
    asked = StoredRun(store, order.run_id or "")
    if order.run_id and is_asked_before(order, asked):
        listener.asked_before(order.run_id)
        again, by = Resumption(engine, probe_again=True), order.authority.operator
        return continue_run(asked, again, listener, machinery, by)
    ended = begin_order(order, store, listener, machinery)
    if not isinstance(ended, FinishedRun):
        raise NoFootage(f"{', '.join(order.inputs)} holds no footage: name other footage")
    return ended


def accept_order(order: Order, root: str, listener: RunListener) -> tuple[Order, Store]:
    """The order as it is put on record, and the place of its results. Raises as ``run_order``."""
    order = look_up_order(order).order
    protect_files()
    store = open_store(root, order.config.s3)
    check_lake(store)
    act_on_clocks_of(order.home, order.config.s3, root, order.authority.operator)
    listener.accepted(order)
    return order, store


def begin_order(
    order: Order,
    store: Store,
    listener: RunListener,
    machinery: Machinery,
    sift: Sift | None = None,
) -> FinishedRun | Prepared:
    """A run of what is left once ``sift`` was asked; what was prepared for it where nothing is."""
    engine, asked = order.config.engine, look_up_order(order)
    order = asked.order
    with alone_on_ray(engine), machinery.joined(engine) as engines:
        prepared = prepare_run(order, datetime.now(UTC), listener.found, machinery.settle, sift)
        if sift and not prepared.found.entries:
            return prepared
        with lock_run(StoredRun(store, prepared.request.run_id)) as hold:
            _put_on_record(hold, asked, prepared)
            listener.created(replace(prepared, said=(*prepared.said, *said_of(asked.found))))
            found = prepared.found.without_entries()
            del prepared  # a million entries, which are on record now
            result = _execute(hold, Resumption(engine), listener, machinery, engines)
    _tidy_up(result.request, store)
    return FinishedRun(result, store, order.authority.operator, found)


def _put_on_record(hold: Hold, asked: AuthorisedOrder, prepared: Prepared) -> None:
    """From here on there is the run; its clock is there before it."""
    order, uri = asked.order, hold.run.store.uri
    request = with_log_line(order.home, prepared.request, uri, order.config.s3)
    begin_clock(asked.found, request, uri)
    begin_run(hold, request, prepared.found.entries)


def resume_run(
    run_id: str,
    settings: Settings,
    *,
    retry_failed: bool = False,
    authority: str | None = None,
    operator: str | None = None,
    listener: RunListener = NOBODY,
    machinery: Machinery = CONFIGURED,
) -> FinishedRun:
    """Finish a run that was interrupted, and try again what was quarantined.

    ``run_id`` is as ``which_run`` takes it. Of the settings places count, and what they say of the
    engine and the limits; what decides results does not change. ``retry_failed``: also segments
    whose footage could not be read. What authorised the run is asked again; ``authority`` takes its
    place.
    """
    protect_files()
    act_on_clocks(settings, operator)
    store = open_store(*settings.results_place())
    run = StoredRun(store, which_run(store, run_id))
    request = load_run(run)
    if request.kind == "live":
        raise UsageError(
            f"{run.run_id} was a live deployment, and its cameras are not there to be looked at "
            "again: start a new one with `lfr live`; `lfr report` still works."
        )
    if request.kind == "evaluation":
        raise UsageError(
            f"{run.run_id} was an evaluation, and its templates are gone: evaluate anew with "
            "`lfr evaluate`."
        )
    _require_no_effect(settings.overrides)
    require_shown(run)
    by = operator_name(operator)
    _authorise_again(run, request, authority, by)
    recorded = parse_config(request.config, f"the request of run {run.run_id}")
    now = said_over(recorded, settings)
    resumption = Resumption(now.engine, retry_failed, probe_again=True, limits=now.limits)
    return continue_run(run, resumption, listener, machinery, by)


def _authorise_again(run: StoredRun, request: RunRequest, given: str | None, operator: str) -> None:
    """Raises AuthorityError where nothing holds any more that the run may go on by."""
    found = look_up_again(request, given, operator)
    if given is None or found.stated.authority == request.authority:
        return
    with lock_run(run) as hold:
        log_resumed(*home_of(request), run.run_id, found.stated)
        begin_clock(found, request, run.store.uri)
        reauthorise(hold, found.stated.authority, found.stated.authorisation_id)


def continue_run(
    run: StoredRun, resumption: Resumption, listener: RunListener, machinery: Machinery, by: str
) -> FinishedRun:
    """Bring a run that is on record to its end. Raises RunBusy, and as ``execute_held``."""
    engine = resumption.engine or EngineConfig()
    with alone_on_ray(engine), machinery.joined(engine) as engines, lock_run(run) as hold:
        require_shown(run)
        result = _execute(hold, resumption, listener, machinery, engines)
    _tidy_up(result.request, run.store)
    return FinishedRun(result, run.store, by)


def _tidy_up(request: RunRequest, store: Store) -> None:
    """Also what became due while it went on. Nothing of the run depends on the rest: what is
    refused is tried again after the next."""
    act_on_clocks_of(*home_of(request), store.uri, request.operator)
    try:
        compact_if_it_pays(store)
    except (StoreError, ResultsError) as error:
        logger.warning("runs in %s could not be compacted: %s", store.uri, error)


SAID_ANEW = ("engine", "limits")
"""Sections of a run's settings that need not stay as they were."""


PLACES = ("job", "s3")


def _require_no_effect(overrides: Sequence[str]) -> None:
    """Raises UsageError for what cannot be said of a run any more."""
    for each in overrides:
        key = each.partition("=")[0]
        if key.partition(".")[0] not in (*SAID_ANEW, *PLACES):
            raise UsageError(
                f"{key} cannot be set any more: it decides what is found, and stays as the run was "
                "planned with. Leave it out, or start a new run."
            )


def said_over(recorded: Config, settings: Settings) -> Config:
    """A run's settings, with what is said now of engines and limits in place of what was."""
    said, there = settings.without_changes(), recorded
    for name in SAID_ANEW:
        section = getattr(said, name)
        now = {key: getattr(section, key) for key in section.model_fields_set}
        before = getattr(there, name)
        there = there.model_copy(update={name: before.model_copy(update=now)})
    changes = settings.changes.items()
    return override(there, {k: v for k, v in changes if k.partition(".")[0] in SAID_ANEW})


def _execute(
    hold: Hold,
    resumption: Resumption,
    listener: RunListener,
    machinery: Machinery,
    engines: Engines,
) -> RunResult:
    means = Means(engines.open, machinery.machine, engines.open_probers)
    engine = resumption.engine or EngineConfig()
    with listener.searching() as told:
        measured = machinery.measured(engine, told, hold.run)
        return execute_held(hold, means, measured, resumption)
