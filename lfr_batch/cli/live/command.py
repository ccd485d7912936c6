"""`lfr live`: a deployment, from its start until it ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.live.console import console_of
from lfr_batch.cli.live.signals import Signals, signals_taken
from lfr_batch.cli.live.starting import PATIENCE_S, starting
from lfr_batch.cli.live.status import LiveStatus, live_status, summary
from lfr_batch.cli.options import (
    AddressOption,
    AllowCpuOption,
    EngineOption,
    LicenceOption,
    OperatorOption,
    OutOption,
    PackOption,
    SetOption,
    ThresholdOption,
)
from lfr_batch.cli.output import answer, say
from lfr_batch.config.load import load_live, override
from lfr_batch.engine.live.table import open_live_engine, require_engine
from lfr_batch.front.places import home_folder, results_root
from lfr_batch.gallery.thresholds import explain
from lfr_batch.live.deployment.listed import said_of
from lfr_batch.live.deployment.order import Deployment, LiveOrder, make_deployment
from lfr_batch.live.deployment.plan import LiveEngine, RunningDeployment
from lfr_batch.live.deployment.run import Ended, run_deployment
from lfr_batch.live.deployment.watchlist import destroy_leftovers, require_gone
from lfr_batch.live.deployment.watchlist_receipt import sentence
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.house import policy_in
from lfr_batch.results.run_log import EXIT_CODES
from lfr_batch.work.privacy import overwrite_what_is_freed, protect_files

SOONER = {
    "watchlist": "its watchlist expires then",
    "longest": "no deployment lasts longer than 24 hours",
}
"""Why a deployment ends before its window does."""


def live(
    config: Annotated[
        Path, typer.Option("--config", help="YAML file; conf/live.yaml lists every key.")
    ],
    overrides: SetOption = None,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Play files, at any time; marked as such. No real camera."),
    ] = False,
    aim: Annotated[
        bool,
        typer.Option(
            "--aim",
            help="Begin with aiming the cameras, up to 2 h before the window: nobody is looked for "
            "until somebody presses Begin watching on the console.",
        ),
    ] = False,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    threshold: ThresholdOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    out: OutOption = None,
) -> None:
    """Watch cameras for the people of a watchlist, until the window ends."""
    own = {
        "deployment.operator": operator,
        "pack": pack,
        "deployment.licence": licence,
        "decide.threshold": threshold and threshold.value,
        "decide.score": threshold and threshold.score,
        "engine.kind": engine,
        "engine.address": address,
        "inference.allow_cpu": allow_cpu or None,
    }
    protect_files()
    if not overwrite_what_is_freed():
        say(
            "the C library of this machine does not overwrite memory that is freed: see SECURITY.md"
        )
    _tidy_up(operator_name(operator))
    settings = override(load_live(config, overrides or ()), own)
    home, results = home_folder(), results_root(out, settings.alerts.results)
    order = LiveOrder(
        settings, home, results, rehearse=rehearse, aim=aim, rules=policy_in(home).watchlist
    )
    with starting(None, PATIENCE_S) as checking:
        deployment = make_deployment(order, datetime.now(UTC), checking.at)
        from lfr_batch.console.serve import require_address  # noqa: PLC0415 - a web server

        require_address(settings.console)
        checking.at("asking the Ray cluster whom it lets in")
        weaknesses = require_engine(settings.engine)
    for line in weaknesses:
        say(line)
    for line in said_of(deployment.listed):
        say(f"watchlist {deployment.record.gallery}: {line}")
    ended = _run(deployment)
    for line in summary(ended):
        answer(line)
    raise typer.Exit(EXIT_CODES[ended.status] or 0)


def _run(deployment: Deployment) -> Ended:
    with signals_taken() as signals, live_status(deployment.term) as status:
        try:
            return run_deployment(
                deployment,
                lambda _: _opened(deployment, signals, status),
                lambda running: _attended(deployment, running, status),
                status.take,
                signals.stopping,
                status.starting.at,
            )
        except (KeyboardInterrupt, SystemExit):  # the latter by Ray's handler of SIGTERM
            say("stopped before its cameras were open; its watchlist is destroyed")
            raise typer.Exit(EXIT_CODES["failed"] or 1) from None


def _tidy_up(by: str) -> None:
    """What deployments left behind whose process was killed."""
    receipts = destroy_leftovers(home_folder(), by)
    for receipt in receipts:
        say(sentence(receipt))
    require_gone(receipts)


def _announce(deployment: Deployment) -> None:
    record, term = deployment.record, deployment.term
    what = "rehearsal" if record.rehearsal else "deployment"
    say(f"{what} {record.deployment_id}: {record.place}, case {record.case_ref}")
    say(f"authority {record.authority} of {record.authorising_officer}")
    say(
        f"watchlist {record.gallery}, snapshot {record.snapshot_id}: "
        f"{record.watchlist_size} people; {explain(deployment.choice)}"
    )
    ends_at, why = term.ends_at.astimezone(UTC), SOONER.get(term.ends_by)
    say(f"it ends on {ends_at:%d %b %Y at %H:%M:%S} UTC" + (f", since {why}" if why else ""))


@contextmanager
def _attended(
    deployment: Deployment, running: RunningDeployment, status: LiveStatus
) -> Iterator[None]:
    plan = deployment.plan
    status.starting.at("opening the console")
    asked = (plan.home, deployment.record, running, plan.config.console, plan.watch_from)
    with console_of(*asked) as url:
        status.begin(url)
        yield


@contextmanager
def _opened(deployment: Deployment, signals: Signals, status: LiveStatus) -> Iterator[LiveEngine]:
    _announce(deployment)
    signals.interrupts = True
    try:
        signals.interrupt()  # it may have come before
        with open_live_engine(deployment.plan, status.starting.at) as running:
            signals.interrupts = False
            signals.install()  # Ray has put a handler of its own in place
            yield running
    finally:
        signals.interrupts = False
