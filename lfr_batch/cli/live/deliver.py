"""`lfr deliver`: what a deployment's sinks had not taken when it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import OperatorOption, OutOption, SetOption
from lfr_batch.cli.output import answer, complain, say
from lfr_batch.config.load import load_live
from lfr_batch.front.places import absolute, home_folder
from lfr_batch.live.afterwards.deliver import Delivered, LateDelivery
from lfr_batch.live.afterwards.deliver import deliver as deliver_late
from lfr_batch.live.alerts.progress import SPOOL
from lfr_batch.live.deployment.figures import lost_alerts
from lfr_batch.oversight.authority import operator_name
from lfr_batch.work.privacy import protect_files


def deliver(
    deployment_id: Annotated[str, typer.Argument(metavar="DEPLOYMENT")],
    config: Annotated[
        Path, typer.Option("--config", help="YAML file that the deployment ran with.")
    ],
    overrides: SetOption = None,
    wait_s: Annotated[
        float, typer.Option("--wait-s", min=0.0, help="How long to try, seconds.")
    ] = 60.0,
    operator: OperatorOption = None,
    out: OutOption = None,
) -> None:
    """Deliver alerts and reviews that a sink had not taken when its deployment ended.

    Tries for --wait-s seconds, and ends with 0 if nothing waits any more, else with 1: then run it
    again. What retention says is over is deleted and not delivered. It is recorded in the audit
    log. Without --out, results go where the deployment's went.
    """
    protect_files()
    settings = load_live(config, overrides or ())
    root = absolute(out) if out else None
    order = LateDelivery(
        home_folder(), deployment_id, settings, operator_name(operator), wait_s, results_root=root
    )
    done = deliver_late(order, lambda waiting: _tell_begin(waiting, wait_s))
    for line in _summary(done):
        answer(line)
    if done.trouble:
        complain(f"the deployment's figures are not up to date: {done.trouble}")
    waits = any(state.waiting for state in done.sinks if state.name != SPOOL)
    raise typer.Exit(1 if waits or done.trouble else 0)


def _tell_begin(waiting: Mapping[str, int], wait_s: float) -> None:
    what = ", ".join(f"{number} for {sink}" for sink, number in waiting.items())
    say(f"alerts and reviews that wait: {what}; trying for {wait_s:g} s")


def _summary(done: Delivered) -> Iterator[str]:
    if not done.sinks:
        yield "it never had anything to deliver"
    for state in done.sinks:
        if state.name == SPOOL:
            files = "sealed file" if state.waiting == 1 else "sealed files"
            yield f"{state.waiting} {files} cannot be delivered: {state.last_error}"
            continue
        took = f"{state.name}: {done.carried.get(state.name, 0)} delivered"
        if state.waiting:
            why = f" ({state.last_error})" if state.last_error else ""
            yield f"{took}, {state.waiting} still waiting{why}"
        else:
            of = " of what was kept" if done.lost or done.cut_off else ""
            yield f"{took}, nothing waits{of}"
    if done.lost:
        yield f"{lost_alerts(done.lost)} Nothing can deliver them."
    if done.cut_off:
        yield "it was cut off: whether alerts of its last moments are lost is not known"
