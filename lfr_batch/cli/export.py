"""`lfr export`: results for other programs, and evidence as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import (
    AuthorityOption,
    CaseOption,
    ConfigOption,
    JsonOption,
    OperatorOption,
    PurposeOption,
    ResultsOption,
    WhyOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, counted, say
from lfr_batch.errors import UsageError


def export(
    to: Annotated[
        Path | None,
        typer.Option("--to", help="FILE.parquet, FILE.csv or FILE.duckdb to write."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", help="Folder to write: a JPEG for each sighting, manifests."),
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="Of this run alone.")] = None,
    case: CaseOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Of every run of every case.")] = False,
    view: Annotated[
        list[str] | None, typer.Option("--view", help="Which view; may be repeated for a .duckdb.")
    ] = None,
    question: Annotated[
        str | None, typer.Option("--question", help="The answer to a ready question instead.")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="Value of the question's $NAME."),
    ] = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    why: WhyOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    results: ResultsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export results for other programs: rows, or evidence as JPEGs.

    Of the runs of --case, which is also the case it is done for; with --run or --all of these.
    Every export is a line in the audit log: what has left is out of the reach of a forgetting.
    """
    from lfr_batch.front.export import ExportOrder, export_order  # noqa: PLC0415 - DuckDB
    from lfr_batch.oversight.authority import require_authority  # noqa: PLC0415
    from lfr_batch.results.parameters import parameter  # noqa: PLC0415

    place = to or evidence
    if place is None or (to is not None and evidence is not None):
        raise UsageError("Export where? Give --to FILE for rows, or --evidence DIR for pictures.")
    order = ExportOrder(
        place,
        require_authority(case, authority, purpose, operator=operator),
        run,
        everything,
        tuple(view or ()),
        question,
        dict(map(parameter, param or ())),
        evidence is not None,
        force,
        why,
    )
    done = export_order(order, settings_of(config, out=results))
    if done.said:
        say(done.said)
    if as_json:
        answer_json([{"path": str(done.path), "rows": dict(done.rows), "run_ids": done.run_ids}])
    else:
        rows = ", ".join(f"{name} {count}" for name, count in done.rows.items())
        say(f"of {counted(len(done.run_ids), 'run')}: {rows}")
        answer(str(done.path))
