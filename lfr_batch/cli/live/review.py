"""`lfr review` of a deployment that is over: its console, for what is still undecided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import typer

from lfr_batch.cli.live.console import console_of
from lfr_batch.cli.live.signals import signals_taken
from lfr_batch.cli.output import answer, complain, say
from lfr_batch.config.live import ConsoleConfig
from lfr_batch.config.load import load_live
from lfr_batch.front.places import absolute, home_folder
from lfr_batch.live.afterwards.reopen import Reopening
from lfr_batch.live.afterwards.review import Opened, Reviewed
from lfr_batch.live.afterwards.review import review as review_later
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.deployment.plan import PartState
from lfr_batch.oversight.authority import operator_name
from lfr_batch.work.privacy import protect_files

LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Over:
    """Satisfies ``RunningDeployment``: nothing runs any more but the router."""

    router: Router

    def parts(self) -> tuple[PartState, ...]:
        return ()


def review_alerts(
    deployment_id: str,
    config: Path,
    overrides: Sequence[str] = (),
    operator: str | None = None,
    out: str | None = None,
) -> None:
    """Decide alerts of a deployment that is over: serves its console until Ctrl-C.

    What a sink had not taken is delivered meanwhile, and so are the decisions, which the report
    then shows. What retention says is over is deleted first. It is recorded in the audit log.
    Without ``out``, results go where the deployment's went.
    """
    protect_files()
    settings = load_live(config, overrides)
    root = absolute(out) if out else None
    order = Reopening(
        home_folder(), deployment_id, settings, operator_name(operator), results_root=root
    )
    from lfr_batch.console.serve import require_address  # noqa: PLC0415 - a web server

    require_address(settings.console)
    with signals_taken() as signals:
        done = review_later(
            order, lambda opened: _serve(opened, settings.console, signals.stopping)
        )
    answer(_summary(done))
    if done.trouble:
        complain(f"the deployment's figures are not up to date: {done.trouble}")
    raise typer.Exit(1 if done.trouble else 0)


def _serve(opened: Opened, config: ConsoleConfig, stopping: Event) -> None:
    say(f"{opened.record.deployment_id} is over; {_undecided(opened.undecided())}")
    with console_of(home_folder(), opened.record, Over(opened.router), config) as url:
        say(f"console: {url}  (Ctrl-C ends)")
        before = opened.undecided()
        while not stopping.wait(LOOK_S):
            left = opened.undecided()
            if left != before:
                say(_undecided(left) + ("" if left else "; Ctrl-C ends"))
            before = left
            if datetime.now(UTC) >= opened.record.keep_until:
                say("its retention period is over")
                return


def _undecided(number: int) -> str:
    if not number:
        return "every alert is decided"
    return "1 alert is undecided" if number == 1 else f"{number} alerts are undecided"


def _summary(done: Reviewed) -> str:
    made = "1 decision was made" if done.decisions == 1 else f"{done.decisions} decisions were made"
    return f"{made}; {_undecided(done.undecided)}"
