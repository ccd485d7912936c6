"""`lfr du`: what lies where."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, JsonOption, OutOption, SetOption, settings_of
from lfr_batch.cli.output import answer_json, answer_table, say
from lfr_batch.front.disk_use import disk_use

SHOWN = 20


def du(
    everything: Annotated[
        bool, typer.Option("--all", help=f"Every run and snapshot, not the first {SHOWN}.")
    ] = False,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """What lies where, and how much of it: results, galleries, models, caches, live, reports.

    Runs, groups and cases are the same bytes as the datasets, seen another way; what a case has in
    groups of several is by its sightings, about. What is in `retired` goes by itself.
    """
    rows = disk_use(settings_of(config, overrides, out))
    if as_json:
        answer_json([asdict(row) for row in rows])
        return
    shown = []
    for kind, each in groupby(rows, attrgetter("kind")):
        of_kind = list(each)
        shown += of_kind if everything else of_kind[:SHOWN]
        if len(of_kind) > SHOWN and not everything:
            say(f"{kind}: {len(of_kind) - SHOWN} more; --all shows them")
    table = [{**asdict(row), "size": f"{row.bytes / 1e6:,.2f} MB"} for row in shown]
    answer_table(table, ["kind", "size", "files", "name"])
