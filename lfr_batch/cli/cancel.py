"""`lfr cancel`: ending a run that is worked on elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, OutOption, RunArgument, settings_of
from lfr_batch.cli.output import say
from lfr_batch.front.cancel import cancel_run
from lfr_batch.oversight.authority import operator_name


def cancel(
    run: RunArgument,
    operator: Annotated[
        str | None, typer.Option(help="Who asks for it; your login name unless given.")
    ] = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask a run to end, from anywhere that sees its results.

    Whoever works on it keeps what is done, and stops within a segment's time.
    """
    run_id = cancel_run(run, operator_name(operator), settings_of(config, out=out))
    say(
        f"run {run_id} was asked to end: what is done is kept; `lfr status "
        f"{run_id}` shows when it has, `lfr resume {run_id}` goes on."
    )
