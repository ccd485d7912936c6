"""`lfr report`: what was found, for the officer who decides."""

from __future__ import annotations

from datetime import date
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
from lfr_batch.errors import UsageError

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
    governance: Annotated[
        bool, typer.Option("--governance", help="Figures of a period for a board; nobody's.")
    ] = False,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="With --governance: first day.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="With --governance: last day.")
    ] = None,
    case_kind: Annotated[
        str | None,
        typer.Option("--case-kind", help="With --governance: of cases of this kind of use alone."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="With --governance: by this column of the galleries' tables; may be repeated.",
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="With --governance: CSV file to write.")
    ] = None,
    why: WhyOption = None,
    operator: OperatorOption = None,
    results: ResultsOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run, a case or a person: one HTML file with the pictures.

    Exit code 3: it is written, but a run that it is about is not finished (failed, cancelled, …) or
    searched nothing, which the page says at its top. Of a deployment: its figures, as forces
    publish them, and beside the HTML as CSV. No pictures. Of an evaluation: the page that it wrote,
    made anew from its figures. That it was written is in the audit log.
    """
    from lfr_batch.front.opening import opener_of  # noqa: PLC0415
    from lfr_batch.front.report import write_report  # noqa: PLC0415 - DuckDB and templates

    settings = settings_of(config, out=results)
    opener = opener_of(settings, "report", why, operator)
    period = (first, last, case_kind, group, csv)
    if governance:
        if run_id or case or subject:
            raise UsageError("Figures for a board are of a period: leave out RUN, case and person.")
        from lfr_batch.front.governance.report import (  # noqa: PLC0415
            BoardOrder,
            governance_report,
            kinds_in,
        )

        days = _day("--from", first), _day("--to", last)
        order = BoardOrder(*days, case_kind, tuple(group or ()), out, csv)
        board = governance_report(order, settings, opener, kinds_in(settings))
        say(f"its figures: {board.csv}")
        answer(str(board.html))
        return
    if any(period):
        raise UsageError("--from, --to, --case-kind, --group and --csv go with --governance.")
    written = write_report(out, run_id, case, subject, settings, say, opener)
    answer(str(written.path))
    raise typer.Exit(NOT_ALL if written.notes else 0)


def _day(option: str, text: str | None) -> date:
    """Raises UsageError."""
    try:
        return date.fromisoformat(text or "")
    except ValueError as error:
        said = f"{option} {text!r} is no day" if text else f"{option} is not given"
        raise UsageError(f"{said}: give 2026-03-12") from error
