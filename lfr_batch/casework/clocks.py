"""Clocks of runs that began on an urgent request, and what is done when one has run out.

A clock is a small file that is there before its run is. While nothing is decided and its time is
not over, the run's results are read as any others. At its end they are withheld; they are put back
once it is granted, and destroyed once it is refused. Every command that opens results or begins a
run looks at the clocks first, and so does the sweep: whoever is killed in between leaves the clock,
and the next who comes by does the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.casework.authorisations import Authorisation, find_authorisation
from lfr_batch.casework.case_files import CLOCKS, CaseFiles, clock_file
from lfr_batch.errors import AuthorityError, LfrError, RunBusy, StoreError
from lfr_batch.results.cancel import ask_to_end
from lfr_batch.results.lake_version import lake_version
from lfr_batch.results.lock import is_locked, lock_run
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import has_begun
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.withholding import finish_leaving, is_withheld, put_back, withhold

WITHHELD, PUT_BACK = "run.withheld", "run.put_back"
"""Events in the audit log."""
Step = Literal["wait", "withhold", "put back", "destroy"]

logger = logging.getLogger(__name__)


class Clock(BaseModel):
    """Of a run that began before its authorisation was granted."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    case_ref: str
    authorisation_id: str
    results: str
    """Root of the lake that the run is in."""
    started_at: AwareDatetime
    deadline: AwareDatetime


@dataclass(frozen=True, slots=True)
class ClockStep:
    """What was done about a run."""

    clock: Clock
    step: Step
    error: str | None = None
    """Why it could not be done; it is tried again."""

    @property
    def sentence(self) -> str:
        run_id, name = self.clock.run_id, self.clock.authorisation_id
        if self.error:
            return f"run {run_id}, {name}: {self.error}"
        match self.step:
            case "withhold":
                return f"run {run_id} is withheld: {why_withheld(self.clock)}"
            case "put back":
                return f"run {run_id} is put back: {name} was granted"
            case "destroy":
                return f"run {run_id} is destroyed: {name} was refused"
            case _:
                return f"run {run_id} waits for {name}, until {self.clock.deadline:%Y-%m-%d %H:%M}"


Destroy = Callable[[Clock, Authorisation], None]
"""Forgets the run everywhere, with a receipt. Raises LfrError."""


def step_of(clock: Clock, found: Authorisation | None, now: datetime) -> Step:
    """What is due; None: nobody finds the authorisation, which counts as not decided."""
    state = found.state if found else "requested"
    if state == "granted":
        return "put back"
    if state == "refused":
        return "destroy"
    return "withhold" if now >= clock.deadline else "wait"


def why_withheld(clock: Clock) -> str:
    name = clock.authorisation_id
    return (
        f"{name} was not decided by {clock.deadline.astimezone(UTC):%Y-%m-%d %H:%M} UTC; "
        f"`lfr authorise grant {name}` puts it back, `lfr authorise refuse {name}` destroys it"
    )


def start_clock(files: CaseFiles, clock: Clock) -> None:
    """Before there is such a run. Raises StoreError."""
    files.store.write_atomic(clock_file(clock.run_id), clock.model_dump_json(indent=1).encode())


def stop_clock(files: CaseFiles, run_id: str) -> None:
    files.store.delete(clock_file(run_id))


def clocks_of(files: CaseFiles) -> list[Clock]:
    """All there are, by one listing where there are none. Raises StoreError."""
    found = (_read(files, path) for path in files.store.list(CLOCKS))
    return [clock for clock in found if clock is not None]


def act_on_clocks(
    files: CaseFiles,
    by: str,
    results: str | None = None,
    *,
    destroy: Destroy | None = None,
    now: datetime | None = None,
) -> list[ClockStep]:
    """Do what is due; what was done comes back, those that still wait not.

    ``results``: the root that is about to be opened. Where what is due there cannot be done, that
    is raised: nobody is to read it; of other roots it comes back, and is tried again. ``destroy``:
    None withholds what is to be destroyed, until somebody comes by who can.
    """
    steps = []
    for clock in clocks_of(files):
        found = _decided(files, clock)
        step = step_of(clock, found, now or datetime.now(UTC))
        if step == "wait":
            continue
        done = _tried(files, clock, step, found, by, destroy, results)
        if done:
            logger.log(logging.WARNING if done.error else logging.INFO, "%s", done.sentence)
            steps.append(done)
    return steps


def _tried(
    files: CaseFiles,
    clock: Clock,
    step: Step,
    found: Authorisation | None,
    by: str,
    destroy: Destroy | None,
    results: str | None,
) -> ClockStep | None:
    try:
        done = _act(files, clock, step, found, by, destroy)
    except RunBusy:
        return ClockStep(clock, step, "it was asked to end, since nothing authorises it any more")
    except LfrError as error:
        if clock.results == results:
            raise
        return ClockStep(clock, step, str(error))
    return ClockStep(clock, step) if done else None


def _act(
    files: CaseFiles,
    clock: Clock,
    step: Step,
    found: Authorisation | None,
    by: str,
    destroy: Destroy | None,
) -> bool:
    """Whether anything was done."""
    store = open_store(clock.results, files.s3)
    run = StoredRun(store, clock.run_id)
    if not lake_version(store):
        return False  # of another machine's disk, or not begun yet
    if not has_begun(run) and not is_locked(run):
        if step == "destroy" and destroy and found:
            destroy(clock, found)  # what was begun is brought to its end
        stop_clock(files, clock.run_id)
        return False
    if step == "put back":
        done = _put_back(files, clock, run, by)
        stop_clock(files, clock.run_id)
        return done
    if is_locked(run):
        ask_to_end(run, by, datetime.now(UTC))  # nothing is searched any more
    if step == "destroy" and destroy and found:
        destroy(clock, found)
        stop_clock(files, clock.run_id)
        return True
    return _withhold(files, clock, run, by)


def _withhold(files: CaseFiles, clock: Clock, run: StoredRun, by: str) -> bool:
    if is_withheld(run):
        finish_leaving(run)
        return False
    with lock_run(run) as hold:
        if latest_row(run) is None:
            return False  # there is nothing to be read
        files.on_record(WITHHELD, _said(clock, by))
        withhold(hold, why_withheld(clock))
    return True


def _put_back(files: CaseFiles, clock: Clock, run: StoredRun, by: str) -> bool:
    """Also where it is there again, and somebody was killed before the last of it."""
    if not is_withheld(run):
        finish_leaving(run)
        return False
    with lock_run(run) as hold:
        files.on_record(PUT_BACK, _said(clock, by))
        put_back(hold)
    return True


def _said(clock: Clock, by: str) -> dict[str, str]:
    return {
        "by": by,
        "run_id": clock.run_id,
        "case_ref": clock.case_ref,
        "authorisation_id": clock.authorisation_id,
        "deadline": clock.deadline.isoformat(),
    }


def _decided(files: CaseFiles, clock: Clock) -> Authorisation | None:
    try:
        return find_authorisation(files, clock.authorisation_id, clock.case_ref)
    except AuthorityError:
        return None


def _read(files: CaseFiles, path: str) -> Clock | None:
    """None of one that was stopped meanwhile. Raises StoreError for a damaged one."""
    try:
        return Clock.model_validate_json(files.store.read(path))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StoreError(
            f"{path} in {files.store.uri}, by which a run waits for its authorisation, is damaged: "
            "restore it from a copy"
        ) from error
