"""`lfr retention`: delete the alerts whose time is over. `lfr audit`: the record of that."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from lfr_batch.cli.options import (
    ConfigOption,
    JsonOption,
    OperatorOption,
    OutOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, complain, say
from lfr_batch.front.places import home_folder
from lfr_batch.live.afterwards.retention import Sweep, Swept
from lfr_batch.live.afterwards.retention import sweep as sweep_all
from lfr_batch.live.deployment.watchlist import destroy_leftovers
from lfr_batch.live.deployment.watchlist_receipt import sentence
from lfr_batch.oversight import audit
from lfr_batch.oversight.authority import operator_name
from lfr_batch.results.store import open_store

retention_app = typer.Typer(help="How long alerts are kept.", no_args_is_help=True)
audit_app = typer.Typer(
    help="The record of what was copied, deleted, and delivered or decided late.",
    no_args_is_help=True,
)

COLUMNS = ["deployment_id", "state", "alerts", "whole", "rule"]


@retention_app.callback()
def _retention() -> None:
    """Without a callback, Typer would make an only command the group itself."""


@audit_app.callback()
def _audit() -> None:
    """As above."""


@retention_app.command()
def sweep(
    out: OutOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due; delete nothing.")] = (
        False
    ),
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete alerts whose retention period is over, and record it.

    Pictures, scores and reviews go: of every deployment of this home, in every results root they
    wrote to, and in --out. Copies of watchlists go, too, that a killed deployment left behind, or
    that are older than 24 hours. Each deletion has a line in the audit log. Run it hourly.
    """
    stores = (open_store(*settings_of(config, out=out).results_place()),)
    order = Sweep(home_folder(), stores, datetime.now(UTC), operator_name(operator), dry_run)
    left = () if dry_run else destroy_leftovers(order.home, order.by)
    for receipt in left:
        say(sentence(receipt))
    swept = sweep_all(order)
    if as_json:
        answer_json([asdict(each) for each in swept])
    else:
        _tell(swept)
    failed = any(each.state == "failed" for each in swept)
    raise typer.Exit(1 if failed or not all(receipt.verified_gone for receipt in left) else 0)


def _tell(swept: tuple[Swept, ...]) -> None:
    done = [asdict(each) for each in swept if each.state != "failed"]
    if done:
        answer_table(done, COLUMNS)
    else:
        answer("nothing is due")
    for each in swept:
        if each.state == "failed":
            complain(f"{each.deployment_id or 'results'} is not swept: {each.detail}")


@audit_app.command()
def verify(
    noted: Annotated[
        str | None, typer.Option(help="A sha256 printed earlier: it must be of a line.")
    ] = None,
) -> None:
    """Follow the log from its first line: nothing was altered, inserted or removed."""
    chain = audit.verify(home_folder(), noted)
    if not chain.entries:
        answer(f"{audit.audit_log(home_folder())}: nothing was recorded yet")
        return
    answer(f"{audit.audit_log(home_folder())}: {chain.entries} lines are as they were written")
    answer(f"note the last line's sha256 elsewhere: {chain.head}")
