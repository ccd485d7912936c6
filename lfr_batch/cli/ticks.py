"""What is said of the ticks of a standing job."""

from __future__ import annotations

from typing import Any

import typer

from lfr_batch.cli.ended import closing, list_sightings, name_files, summary
from lfr_batch.cli.found import found_counts
from lfr_batch.cli.output import answer, answer_json, answer_line, counted, say
from lfr_batch.cli.standing import tick_row, tick_sentence, waiting_sentences
from lfr_batch.cli.stopped import if_stopped
from lfr_batch.front.standing import Tick
from lfr_batch.results.answers import rows_of
from lfr_batch.results.run_log import EXIT_CODES

WATCH_STOPPED = "Stopped watching; no run is left unfinished. The same command goes on."


def report_watched(tick: Tick, before: str, as_json: bool) -> str:
    """What was said, if the look found nothing; it is not said again while it is as ``before``."""
    found = tick.run or tick.taken_up
    said = "" if found else tick_sentence(tick)
    if as_json:
        answer_line(_tick_summary(tick))
    elif found or said != before:
        for sentence in () if tick.run else waiting_sentences(tick.waiting):
            say(sentence)
        report_tick(tick, as_json=False)
    if_stopped(WATCH_STOPPED)
    return said


def report_tick(tick: Tick, as_json: bool) -> Tick:
    """Of a run that searched old footage again, too, only what no earlier run of the case has."""
    runs = [*tick.taken_up, *([tick.run] if tick.run else [])]
    if as_json:
        answer_json([_tick_summary(tick)])
        return tick
    for run in runs:
        if_stopped(closing(run.result))
        name_files(run.not_whole(), run.run_id)
        new = rows_of(run.ask("new_sightings"))
        list_sightings(run, new, len(new))
        if known := run.sightings - len(new):
            are = "is" if known == 1 else "are"
            answer(f"{counted(known, 'sighting')} of it {are} known from earlier runs of the case")
        answer(closing(run.result))
    if not tick.run:
        answer(tick_sentence(tick))
    return tick


def _tick_summary(tick: Tick) -> dict[str, Any]:
    """Runs that were interrupted, and finished first, by their ids."""
    row: dict[str, Any] = {
        **tick_row(tick),
        "taken_up": [run.run_id for run in tick.taken_up],
        "run_id": None,
    }
    if (run := tick.run) is None:
        return row
    new = run.ask("new_sightings").num_rows
    found = {**summary(run, run.not_whole()), **found_counts(run.found)}
    return {**row, **found, "sightings_new": new}


def exit_of_tick(tick: Tick) -> typer.Exit:
    codes = [EXIT_CODES[run.status] or 0 for run in (*tick.taken_up, tick.run) if run]
    return typer.Exit(max(codes, default=0))
