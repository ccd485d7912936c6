"""Runs whose time is over by the rules of the house are forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import load_case
from lfr_batch.config.load import load_policy
from lfr_batch.config.policy import Policy, RetentionPolicy, rule_of
from lfr_batch.errors import LfrError, RunBusy
from lfr_batch.front.forget import (
    ForgetOrder,
    finish,
    foresee_forgetting,
    forget_together,
    put_on_record,
)
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.authority import Authority
from lfr_batch.oversight.forgotten import ForgetIntention
from lfr_batch.oversight.house import policy_of
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query

RunState = Literal["due", "deleted", "failed"]
_ENDED = """
SELECT run_id, case_ref, finished_at FROM finished_runs
WHERE kind <> 'live' AND finished_at IS NOT NULL
ORDER BY finished_at, run_id
"""


@dataclass(frozen=True, slots=True)
class RunDue:
    """A run whose time is over, and what became of it."""

    run_id: str
    case_ref: str
    finished_at: datetime
    rule: str
    state: RunState = "due"
    detail: str = ""


def house_policy(settings: Settings, given: Path | None = None) -> Policy:
    """``given``, else ``policy.yaml`` in the home, else what changes nothing. Raises ConfigError,
    StoreError."""
    return load_policy(given) if given is not None else policy_of(*settings.home_and_s3())


def runs_due(settings: Settings, policy: RetentionPolicy, now: datetime) -> list[RunDue]:
    """Finished runs of the results root whose time is over, the oldest first."""
    lake = open_lake(*settings.results_place())
    try:
        rows = run_query(lake, _ENDED).to_pylist()
    finally:
        lake.close()
    found, own = [], _of_cases(settings, {row["case_ref"] for row in rows})
    for row in rows:
        rule, period = rule_of(policy, row["case_ref"], own.get(row["case_ref"]))
        if period is not None and row["finished_at"] + period <= now:
            found.append(RunDue(row["run_id"], row["case_ref"], row["finished_at"], rule))
    return found


def _of_cases(settings: Settings, case_refs: Iterable[str]) -> dict[str, str | None]:
    """The periods that cases have of their own."""
    files = CaseFiles(*settings.home_and_s3())
    cases = (load_case(files, case_ref) for case_ref in case_refs)
    return {case.case_ref: case.retention for case in cases if case}


def sweep_runs(
    settings: Settings, policy: RetentionPolicy, by: str, now: datetime | None = None
) -> Iterator[RunDue]:
    """Forget what is due, each run on record by itself, and files that several are in made anew
    once. One that fails does not keep the others."""
    begun = [_begun(settings, due, by) for due in runs_due(settings, policy, now or _now())]
    home, s3 = settings.home_and_s3()
    left_lake = False
    with suppress(LfrError):  # then one after the other, each with its own refusal
        forget_together([each for _, each in begun if each], s3)
        left_lake = True
    for due, intention in begun:
        if intention is None:
            yield due
            continue
        try:
            finish(home, intention, s3, left_lake=left_lake)
            yield replace(due, state="deleted")
        except LfrError as error:
            yield _kept(due, error)


def _begun(settings: Settings, due: RunDue, by: str) -> tuple[RunDue, ForgetIntention | None]:
    """What is on record by now; None, and why, where nothing is."""
    stated = Authority(due.case_ref, f"policy {due.rule}", "its retention period is over", by)
    order = ForgetOrder("run", due.run_id, stated, settings=settings)
    try:
        intention = foresee_forgetting(order)
        put_on_record(order, intention)
    except LfrError as error:
        return _kept(due, error), None
    return due, intention


def _kept(due: RunDue, error: LfrError) -> RunDue:
    state: RunState = "due" if isinstance(error, RunBusy) else "failed"
    return replace(due, state=state, detail=str(error))


def _now() -> datetime:
    return datetime.now(UTC)
