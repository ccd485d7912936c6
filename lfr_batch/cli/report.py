"""`lfr report`: what was found, for the officer who decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import (
    ConfigOption,
    OperatorOption,
    ResultsOption,
    WhyOption,
    settings_of,
)
from lfr_batch.cli.output import answer, say

NOT_ALL = 3
"""Exit code where nobody can be ruled out in a run that it is about."""


def report(
    run_id: Annotated[str | None, typer.Argument(metavar="[RUN]", help="One run.")] = None,
    case: Annotated[str | None, typer.Option("--case", help="Every run of a case.")] = None,
    subject: Annotated[
        str | None,
        typer.Option("--subject", help="One person, in a run, in a case, or in all runs."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="HTML file to write.")] = None,
    why: WhyOption = None,
    operator: OperatorOption = None,
    results: ResultsOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run, a case or a person: one HTML file with the pictures.

    Exit code 3: it is written, but a run that it is about is not finished (failed, cancelled, …) or
    searched nothing, which the page says at its top. Of a deployment: its figures, as forces
    publish them, and beside the HTML as CSV. No pictures. That it was written is in the audit log.
    """
    from lfr_batch.front.opening import opener_of  # noqa: PLC0415
    from lfr_batch.front.report import write_report  # noqa: PLC0415 - DuckDB and templates

    settings = settings_of(config, out=results)
    opener = opener_of(settings, "report", why, operator)
    written = write_report(out, run_id, case, subject, settings, say, opener)
    answer(str(written.path))
    raise typer.Exit(NOT_ALL if written.notes else 0)
