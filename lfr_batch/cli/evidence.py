"""`lfr evidence`: packs that open and verify without us."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import (
    ConfigOption,
    OperatorOption,
    ResultsOption,
    SetOption,
    WhyOption,
    settings_of,
)
from lfr_batch.cli.output import answer, say
from lfr_batch.errors import UsageError


def evidence(
    run: Annotated[str, typer.Argument(metavar="RUN", help="As `lfr runs` shows it.")],
    sightings: Annotated[
        list[str] | None, typer.Argument(metavar="[SIGHTING]...", help="Some of it; else all.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="FILE.zip to write.")] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="NAME|age1…|FILE",
            help="Who may open the untouched frames; may be repeated.",
        ),
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="Make everyone else unrecognisable; seal nothing.")
    ] = False,
    without_footage: Annotated[
        bool, typer.Option("--without-footage", help="Neither frames nor clips; the pack says so.")
    ] = False,
    nothing_found: Annotated[
        bool, typer.Option("--nothing-found", help="The certificate of a run that found nobody.")
    ] = False,
    operator: OperatorOption = None,
    why: WhyOption = None,
    results: ResultsOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Pack a run's sightings for a court: signed, verified without the product.

    Pictures, candidates, reviews and settings; whoever gets it verifies it with the verify.py in
    it. It is a line in the audit log.
    """
    from lfr_batch.evidence.verify import grouped  # noqa: PLC0415
    from lfr_batch.front.evidence import PackOrder, make_evidence  # noqa: PLC0415 - DuckDB

    if out is None:
        raise UsageError("Write the pack where? Give --out FILE.zip.")
    order = PackOrder(
        run,
        out,
        tuple(sightings or ()),
        tuple(to or ()),
        redact,
        without_footage,
        nothing_found,
        operator,
        why,
    )
    made = make_evidence(order, settings_of(config, overrides, results))
    for each in made.lacks:
        say(each)
    if made.doubtful_frames is not None:
        say(
            f"frames of clips in which something was hidden by inference: {made.doubtful_frames} "
            "(look at them before the copy leaves)"
        )
    say(f"signed by the key {grouped(made.fingerprint)}: tell it to whoever verifies the pack")
    answer(str(made.path))


def evidence_key(
    renew: Annotated[bool, typer.Option("--renew", help="Go on with another key.")] = False,
    operator: OperatorOption = None,
    why: WhyOption = None,
    config: ConfigOption = None,
) -> None:
    """The fingerprint of what signs evidence packs.

    Tell it to whoever verifies one, in another way than with the pack.
    """
    from lfr_batch.evidence.verify import grouped  # noqa: PLC0415
    from lfr_batch.front.evidence import key_fingerprint, renew_evidence_key  # noqa: PLC0415

    settings = settings_of(config)
    if renew and not why:
        raise UsageError("Why is there to be another key? Give --why; it is put on record.")
    found = (
        renew_evidence_key(settings, operator, why or "") if renew else key_fingerprint(settings)
    )
    answer(grouped(found))
