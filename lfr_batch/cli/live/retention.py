"""`lfr retention`: delete alerts and runs whose time is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.forget import tell_finished
from lfr_batch.cli.options import (
    ConfigOption,
    JsonOption,
    OperatorOption,
    OutOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, complain, say
from lfr_batch.errors import LfrError
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.forget import finish_forgetting
from lfr_batch.front.keeping import RunDue, house_policy, runs_due, sweep_runs
from lfr_batch.front.settings import Settings
from lfr_batch.live.afterwards.retention import Sweep, Swept
from lfr_batch.live.afterwards.retention import sweep as sweep_all
from lfr_batch.live.deployment.watchlist import destroy_leftovers
from lfr_batch.live.deployment.watchlist_receipt import sentence
from lfr_batch.oversight.authority import operator_name
from lfr_batch.results.store import open_store

retention_app = typer.Typer(help="How long alerts and runs are kept.", no_args_is_help=True)

COLUMNS = ["deployment_id", "state", "alerts", "whole", "rule"]
OF_RUNS = ["run_id", "state", "case_ref", "finished_at", "rule"]


@retention_app.callback()
def _retention() -> None:
    """Without a callback, Typer would make an only command the group itself."""


@retention_app.command()
def sweep(
    out: OutOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due; delete nothing.")] = (
        False
    ),
    operator: OperatorOption = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="Rules of the house; policy.yaml in the home unless given."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete alerts and runs whose retention period is over, and record it.

    Of alerts pictures, scores and reviews go: of every deployment of this home, in every results
    root they wrote to, and in --out. Copies of watchlists go, too, that a killed deployment left
    behind, or that are older than 24 hours. Of runs in --out everything goes once the period that
    the policy gives their case is over, as by `lfr forget run`; a run that is not finished stays.
    What a forgetting left that was interrupted is finished. Runs that wait for an authorisation are
    withheld once their time is over, put back once it is granted, destroyed once it is refused.
    Each deletion has a line in the audit log. Run it hourly.
    """
    settings, by = settings_of(config, out=out), operator_name(operator)
    acted = [] if dry_run else act_on_clocks(settings, by)
    for step in acted:
        say(step.sentence)
    rules, now = house_policy(settings, policy).retention, datetime.now(UTC)
    home, fine = settings.home_place, True
    alerts: tuple[Swept, ...] = ()
    if isinstance(home, Path):
        fine, alerts = _sweep_alerts(settings, home, now, by, dry_run)
    if dry_run:
        runs = runs_due(settings, rules, now)
    else:
        fine = _finish_forgetting(settings) and fine
        runs = list(sweep_runs(settings, rules, by, now))
    if as_json:
        answer_json([*map(asdict, alerts), *map(asdict, runs)])
    else:
        _tell(alerts, runs)
    states = [*(each.state for each in alerts), *(each.state for each in runs)]
    fine = fine and not any(step.error for step in acted)
    raise typer.Exit(1 if "failed" in states or not fine else 0)


def _finish_forgetting(settings: Settings) -> bool:
    """Whether nothing is left that was interrupted."""
    try:
        tell_finished(finish_forgetting(settings))
    except LfrError as error:
        complain(f"a forgetting that was interrupted is not finished: {error}")
        return False
    return True


def _sweep_alerts(
    settings: Settings, home: Path, now: datetime, by: str, dry_run: bool
) -> tuple[bool, tuple[Swept, ...]]:
    """Whether every watchlist that was left behind is gone, and what became of deployments."""
    left = () if dry_run else destroy_leftovers(home, by)
    for receipt in left:
        say(sentence(receipt))
    stores = (open_store(*settings.results_place()),)
    swept = sweep_all(Sweep(home, stores, now, by, dry_run))
    return all(receipt.verified_gone for receipt in left), swept


def _tell(alerts: Sequence[Swept], runs: Sequence[RunDue]) -> None:
    done = [asdict(each) for each in alerts if each.state != "failed"]
    over = [asdict(each) for each in runs if each.state != "failed"]
    if done:
        answer_table(done, COLUMNS)
    if over:
        answer_table(over, OF_RUNS)
    if not done and not over:
        answer("nothing is due")
    for swept in alerts:
        if swept.state == "failed":
            complain(f"{swept.deployment_id or 'results'} is not swept: {swept.detail}")
    for run in runs:
        if run.detail:
            complain(f"run {run.run_id} is not swept: {run.detail}")
