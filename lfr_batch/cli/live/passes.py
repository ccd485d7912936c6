"""`lfr live-passes`: passes of volunteers, as somebody has written them down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import OperatorOption, OutOption, SetOption
from lfr_batch.cli.output import answer, complain, counted
from lfr_batch.config.load import load_live
from lfr_batch.front.places import absolute, home_folder
from lfr_batch.live.afterwards.enter_passes import Entered
from lfr_batch.live.afterwards.enter_passes import enter_passes as enter
from lfr_batch.live.afterwards.reopen import Reopening
from lfr_batch.live.deployment.recognition_rate import SeedingFigures
from lfr_batch.oversight.authority import operator_name
from lfr_batch.proportion import proportion
from lfr_batch.work.privacy import protect_files


def enter_passes(
    deployment_id: Annotated[str, typer.Argument(metavar="DEPLOYMENT")],
    passes: Annotated[
        Path, typer.Argument(metavar="PASSES.CSV", help="Columns volunteer, camera and at.")
    ],
    config: Annotated[
        Path, typer.Option("--config", help="YAML file that the deployment ran with.")
    ],
    overrides: SetOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
) -> None:
    """Enter when volunteers passed the cameras of a deployment that is over.

    `at` is a time with its offset (2026-03-12T10:15:30+00:00), or hh:mm:ss on the deployment's day
    in the offset of its window. A row that cannot be is named with its line, and then nothing is
    entered. The same file twice adds nothing. It is recorded in the audit log, and the report shows
    it.
    """
    protect_files()
    settings = load_live(config, overrides or ())
    root = absolute(out) if out else None
    order = Reopening(
        home_folder(), deployment_id, settings, operator_name(operator), results_root=root
    )
    done = enter(order, passes)
    answer(_entered(done))
    answer(recognised(done.seeding))
    if done.trouble:
        complain(f"the deployment's figures are not up to date: {done.trouble}")
    raise typer.Exit(1 if done.trouble else 0)


def recognised(seeding: SeedingFigures) -> str:
    """One line of the rate of the day."""
    volunteers, total = counted(seeding.volunteers, "volunteer"), seeding.total
    rate = proportion(total.recognised, total.passes)
    if rate is None:
        return f"{volunteers}: no pass was entered, so no rate of recognition is known"
    return (
        f"{volunteers}: {rate.count} of {rate.among} passes recognised, {rate.share * 100:.3g} % "
        f"(95 % interval {rate.low * 100:.3g} % to {rate.high * 100:.3g} %)"
    )


def _entered(done: Entered) -> str:
    new = "1 pass" if done.added == 1 else f"{done.added} passes"
    known = f"; {done.known} of the file were known already" if done.known else ""
    return f"{new} entered{known}"
