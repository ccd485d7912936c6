"""`lfr evaluate`: how often it is wrong, and for whom, on labelled pictures and clips."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from lfr_batch.cli.gallery_options import PickOption
from lfr_batch.cli.options import (
    AddressOption,
    AllowCpuOption,
    AuthorityOption,
    CaseOption,
    ConfigOption,
    EngineOption,
    FpirOption,
    JsonOption,
    LicenceOption,
    OperatorOption,
    PackOption,
    ResultsOption,
    SetOption,
    ThresholdOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, say
from lfr_batch.cli.progress import counting
from lfr_batch.cli.stopped import if_stopped
from lfr_batch.oversight.authority import require_authority

STOPPED = "Stopped: its templates are destroyed, and there is no report; evaluate anew."


def evaluate_(
    labels: Annotated[
        str,
        typer.Argument(
            metavar="PICTURES|LABELS.csv",
            help="A folder per subject, or a CSV with file, subject and, as known, role, begin, "
            "end; other columns are groups.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")],
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group", help="A column that tells groups apart; unless given all that name nobody."
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option("--compare", help="An earlier evaluation's id, its beginning, or latest."),
    ] = None,
    pick: PickOption = None,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    threshold: ThresholdOption = None,
    target_fpir: FpirOption = None,
    results: ResultsOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure how often it is wrong, and for whom, on labelled pictures and clips.

    People are enrolled and searched for as in casework, at the threshold that the product derives;
    what is kept are numbers. The report names nobody and may be published; the figures are in
    `lfr sql "FROM evaluations"`.
    """
    from lfr_batch.evaluation.words import summary  # noqa: PLC0415 - slow imports
    from lfr_batch.front.evaluate import evaluate  # noqa: PLC0415
    from lfr_batch.front.listeners import EnrolListener  # noqa: PLC0415

    stated = require_authority(case, authority, operator=operator, needs_purpose=False)
    settings = settings_of(
        config,
        overrides,
        results,
        pack=pack,
        decide__threshold=threshold and threshold.value,
        decide__score=threshold and threshold.score,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    if_stopped(STOPPED)
    finished = evaluate(
        labels,
        out,
        stated,
        pick=pick,
        groups=group or (),
        compare=compare,
        licence=licence,
        settings=settings,
        listener=EnrolListener(partial(counting, "evaluating"), say),
    )
    for sentence in finished.said:
        say(sentence)
    if as_json:
        answer_json([_row(finished)])
        return
    for sentence in summary(finished.figures):
        answer(sentence)
    answer(f"evaluation {finished.run_id}: {finished.report}")


def _row(finished: Any) -> dict[str, Any]:
    main = ("fpir", "fnir", "fte", "fta", "fmr", "fnmr")
    found = {name: finished.figures.one(name) for name in main}
    rates = {name: figure.value if figure else None for name, figure in found.items()}
    return {"evaluation_id": finished.run_id, "report": str(finished.report), **rates}
