"""Runs whose time is over by the rules of the house are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from lfr_batch.config.load import load_policy, parse_policy
from lfr_batch.config.policy import Policy, RetentionPolicy, rule_of
from lfr_batch.errors import LfrError, RunBusy
from lfr_batch.front.forget import ForgetOrder, carry_out, foresee_forgetting
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.authority import Authority
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.storage.s3_store import S3Store

POLICY = "policy.yaml"
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
    state: Literal["due", "deleted", "failed"] = "due"
    detail: str = ""


def house_policy(settings: Settings, given: Path | None = None) -> Policy:
    """``given``, else ``policy.yaml`` in the home, else what changes nothing. Raises ConfigError,
    StoreError."""
    home, s3 = settings.home_and_s3()
    if given is not None:
        return load_policy(given)
    if isinstance(home, Path):
        return load_policy(home / POLICY) if (home / POLICY).exists() else Policy()
    try:
        text = S3Store(home, s3).read(POLICY).decode(errors="replace")
    except FileNotFoundError:
        return Policy()
    return parse_policy(text, f"{home}/{POLICY}")


def runs_due(settings: Settings, policy: RetentionPolicy, now: datetime) -> list[RunDue]:
    """Finished runs of the results root whose time is over, the oldest first."""
    lake = open_lake(*settings.results_place())
    try:
        rows = run_query(lake, _ENDED).to_pylist()
    finally:
        lake.close()
    found = []
    for row in rows:
        rule, period = rule_of(policy, row["case_ref"])
        if period is not None and row["finished_at"] + period <= now:
            found.append(RunDue(row["run_id"], row["case_ref"], row["finished_at"], rule))
    return found


def sweep_runs(
    settings: Settings, policy: RetentionPolicy, by: str, now: datetime | None = None
) -> Iterator[RunDue]:
    """Forget what is due, one run after the other; one that fails does not keep the others."""
    for due in runs_due(settings, policy, now or datetime.now(UTC)):
        stated = Authority(due.case_ref, f"policy {due.rule}", "its retention period is over", by)
        order = ForgetOrder("run", due.run_id, stated, settings=settings)
        try:
            carry_out(order, foresee_forgetting(order))
            yield replace(due, state="deleted")
        except RunBusy as error:
            yield replace(due, state="due", detail=str(error))
        except LfrError as error:
            yield replace(due, state="failed", detail=str(error))
