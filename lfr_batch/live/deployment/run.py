"""A deployment from its start to its end: by itself, and with nothing of the watchlist left.

Whatever ends it – its window, a signal, an error – its own copy of the watchlist is destroyed
before this returns, and what it came to is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from threading import Event
from typing import NoReturn

from lfr_batch.errors import AuditBroken, LfrError, LiveError, StoreError
from lfr_batch.live.deployment.changes_file import save_changes
from lfr_batch.live.deployment.course import (
    Course,
    begun,
    figures_of,
    record_end,
    save_last,
)
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.figures_file import save_figures
from lfr_batch.live.deployment.folders import deployment_folder, save_record
from lfr_batch.live.deployment.look_after import OnLook, look_after
from lfr_batch.live.deployment.on_record import note_begun, note_ended
from lfr_batch.live.deployment.order import Deployment
from lfr_batch.live.deployment.plan import (
    LiveEngine,
    LivePlan,
    RunningDeployment,
    SayStep,
    unsaid,
)
from lfr_batch.live.deployment.running import claimed
from lfr_batch.live.deployment.standing import (
    Standing,
    had_failures,
    interrupted,
    losses,
    with_last_word,
)
from lfr_batch.live.deployment.volunteers_file import save_seeding
from lfr_batch.live.deployment.watchlist import copy_watchlist, destroy_watchlist, require_gone
from lfr_batch.live.deployment.watchlist_receipt import Receipt
from lfr_batch.live.deployment.window import REASONS
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import RunEntry, RunStatus, record_run
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.unexpected import unexpected

OpenEngine = Callable[[LivePlan], AbstractContextManager[LiveEngine]]
Attend = Callable[[RunningDeployment], AbstractContextManager[object]]
"""What is there as long as the deployment runs: the console."""


@dataclass(frozen=True, slots=True)
class Ended:
    figures: Figures
    receipt: Receipt
    status: RunStatus


def run_deployment(
    deployment: Deployment,
    open_engine: OpenEngine,
    attend: Attend,
    on_look: OnLook,
    stopping: Event,
    at: SayStep = unsaid,
) -> Ended:
    """Until its time is over, or ``stopping`` is set. ``at``: is told what is being done first.

    Raises RunBusy if one of its name runs already; whatever else is raised, an interruption
    included, comes after the watchlist was destroyed. LiveError if that was not possible, or
    could not be recorded; EngineError if the engine is lost.
    """
    record, home = deployment.record, deployment.plan.home
    store = open_store(deployment.plan.results_root, deployment.plan.config.s3)
    name = deployment.plan.config.deployment.name
    run = StoredRun(store, record.deployment_id)
    with claimed(home, name, record.deployment_id), lock_run(run) as hold:
        request = note_begun(deployment)
        folder = deployment_folder(home, record.deployment_id)
        save_record(folder, record)
        if deployment.listed.changes is not None:
            save_changes(folder, deployment.listed.changes)
        if deployment.listed.seeding.volunteers:
            save_seeding(folder, deployment.listed.seeding)
        create_run(store, request, (), ())
        course, standing = begun(deployment, hold), Standing()
        save_figures(store, figures_of(course, standing))
        try:
            at("copying the watchlist")
            standing = _lived(course, open_engine, attend, on_look, stopping)
        except BaseException as error:  # noqa: BLE001 - an interruption between its lines
            standing = interrupted(standing, error)
        finally:
            standing = _forgotten(course, standing)
        if standing.error is not None:
            _fail(course, standing, standing.error)
        return _ended(course, standing)


def _lived(
    course: Course, open_engine: OpenEngine, attend: Attend, on_look: OnLook, stopping: Event
) -> Standing:
    """With its own copy of the watchlist, until it is over: by itself, or by an error."""
    deployment, standing, running = course.deployment, Standing(), None
    plan, record = deployment.plan, deployment.record
    try:
        copy_watchlist(plan.home, record.deployment_id, deployment.snapshot, record.operator)
        record_run(course.hold, deployment.request, RunEntry("running", at=record.started_at))
        with open_engine(plan) as running, attend(running):
            for latest in look_after(course, running, on_look, stopping):
                standing = latest  # what is known outlives an error
    except BaseException as error:  # noqa: BLE001 - it is raised once nothing is left
        standing = interrupted(standing, error)
    return standing if running is None else with_last_word(standing, running.lost)


def _forgotten(course: Course, standing: Standing) -> Standing:
    """With nothing left of its own copy of the watchlist, or the error that says so."""
    plan, record = course.deployment.plan, course.deployment.record
    why = REASONS[standing.reason]
    try:
        receipt = destroy_watchlist(plan.home, record.deployment_id, why, record.operator)
        standing = replace(standing, receipt=receipt)
        require_gone((receipt,))
    except BaseException as error:  # noqa: BLE001 - it is raised once it is recorded
        error.__context__ = error.__context__ or standing.error
        return replace(standing, error=error)
    return standing


def _ended(course: Course, standing: Standing) -> Ended:
    """Raises LiveError for what cannot be written any more."""
    try:
        figures = save_last(course, standing)
        status: RunStatus = "complete_with_failures" if had_failures(figures) else "complete"
        record_end(course, status, figures)
        note_ended(course, standing, status, figures)
    except (StoreError, AuditBroken) as error:
        with suppress(StoreError, AuditBroken):
            note_ended(course, standing, "failed", None)
        raise LiveError(
            f"{course.deployment.record.deployment_id} is over and its copy of the watchlist is "
            f"destroyed, but its last figures could not be written: {error}.{losses(standing)}"
        ) from error
    assert standing.receipt is not None
    return Ended(figures, standing.receipt, status)


def _fail(course: Course, standing: Standing, error: BaseException) -> NoReturn:
    """Raises ``error`` once it is recorded, and says with it what is lost."""
    figures = None
    with suppress(StoreError):  # it may be the store that failed
        figures = save_last(course, standing)
        record_end(course, "failed", figures, _sentence(standing, error))
    with suppress(StoreError, AuditBroken):
        note_ended(course, standing, "failed", figures)
    if isinstance(error, LfrError) and losses(standing):
        raise LiveError(f"{error}{losses(standing)}") from error
    raise error


def _sentence(standing: Standing, error: BaseException) -> str:
    if isinstance(error, LfrError):
        return str(error)
    foreseen = not isinstance(error, Exception)  # as Ctrl-C
    why = type(error).__name__ if foreseen else unexpected(error)
    return f"{REASONS[standing.reason]} ({why})"
