"""`lfr report`: what was found, for the officer who decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, settings_of
from lfr_batch.cli.output import answer, say


def report(
    run_id: Annotated[str | None, typer.Argument(metavar="[RUN]", help="One run.")] = None,
    case: Annotated[str | None, typer.Option("--case", help="Every run of a case.")] = None,
    subject: Annotated[
        str | None,
        typer.Option("--subject", help="One person, in a run, in a case, or in all runs."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="HTML file to write.")] = None,
    results: Annotated[str | None, typer.Option("--results", help="Results root.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run, a case or a person: one HTML file with the pictures.

    Of a deployment: its figures, as forces publish them, and beside the HTML as CSV. No pictures.
    """
    from lfr_batch.front.report import write_report  # noqa: PLC0415 - DuckDB and templates

    settings = settings_of(config, out=results)
    written = write_report(out, run_id, case, subject, settings, say)
    answer(str(written.path))
