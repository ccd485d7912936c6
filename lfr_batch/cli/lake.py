"""`lfr lake`: the files that the results are in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, JsonOption, OutOption, settings_of
from lfr_batch.cli.output import answer, answer_json, counted, say
from lfr_batch.results.checked import faults
from lfr_batch.results.compact import compact as compact_lake
from lfr_batch.results.rebuilt import rebuild
from lfr_batch.results.store import open_store

lake_app = typer.Typer(
    no_args_is_help=True, help="The files that the results are in: put them together."
)


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


@lake_app.command()
def check(
    rebuild_it: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="Make a manifest of the files that are there, if it is damaged or lost.",
        ),
    ] = False,
    as_json: JsonOption = False,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Look whether every file that counts is there, whole and as its version writes it.

    Only the ends of files are read. Exit code 1 if anything is wrong; files that nobody reads are
    named, too, and are harmless.
    """
    store = open_store(*settings_of(config, out=out).results_place())
    if rebuild_it:
        made = rebuild(store)
        say(
            "The manifest is sound and stays as it is."
            if made is None
            else f"A manifest was made of {counted(len(list(made.parts())), 'file')}."
        )
    found = list(faults(store))
    if as_json:
        answer_json([asdict(fault) for fault in found])
    else:
        for fault in found:
            answer(f"{fault.path} {fault.said}; {fault.way_out}")
        wrong = sum(not fault.is_harmless for fault in found)
        say(f"{counted(wrong, 'file')} wrong, {len(found) - wrong} left over in {store.uri}")
    raise typer.Exit(any(not fault.is_harmless for fault in found))
