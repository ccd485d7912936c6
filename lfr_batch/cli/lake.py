"""`lfr lake`: the files that the results are in."""

from __future__ import annotations

import typer

from lfr_batch.cli.options import ConfigOption, OutOption, settings_of
from lfr_batch.cli.output import answer, counted, say
from lfr_batch.results.compact import compact as compact_lake
from lfr_batch.results.store import open_store

lake_app = typer.Typer(
    no_args_is_help=True, help="The files that the results are in: put them together."
)


@lake_app.callback()
def _lake() -> None:
    """Without a callback, Typer would make the only command the group itself."""


@lake_app.command()
def compact(out: OutOption = None, config: ConfigOption = None) -> None:
    """Put the files of finished runs together, month by month. Rows stay what they are.

    It is done by itself after a run where it pays, and whoever reads meanwhile reads on.
    """
    store = open_store(*settings_of(config, out=out).results_place())
    done = compact_lake(store, tell=say)
    if done.busy:
        say("Another process has changed some of it meanwhile: give the command again.")
    answer(
        f"{counted(done.runs, 'run')} put together: {counted(done.files, 'file')} in place of "
        f"{done.files_before}"
    )
