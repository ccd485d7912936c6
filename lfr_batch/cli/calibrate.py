"""`lfr calibrate`: thresholds from people who are certainly not enrolled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    SetOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, say
from lfr_batch.cli.progress import counting
from lfr_batch.cli.stopped import if_stopped
from lfr_batch.errors import UsageError
from lfr_batch.oversight.authority import require_authority

if TYPE_CHECKING:
    from lfr_batch.front.calibrate import Calibrated, Uncalibrated

STOPPED = "Stopped: the gallery's thresholds are as they were."


def calibrate_(
    gallery: Annotated[str, typer.Argument(help="Name of the gallery.")],
    impostors: Annotated[
        list[str] | None,
        typer.Option(
            "--impostors",
            metavar="PICTURES|FOOTAGE",
            help="Files, folders or s3:// of people who are certainly not enrolled; may be "
            "repeated.",
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the current snapshot's calibration back.")
    ] = False,
    accept_suspects: Annotated[
        bool,
        typer.Option(
            "--accept-suspects", help="Who scores as if enrolled is not: count them as strangers."
        ),
    ] = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    target_fpir: FpirOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Derive a gallery's thresholds from people who are certainly not in it.

    Pictures are searched and footage is scanned as in casework; of everybody found only the best
    score is kept, as a few points of a curve beside the gallery's current snapshot. Searches derive
    their thresholds from it until the gallery changes, or --undo takes it back.
    """
    from lfr_batch.front.calibrate import calibrate, uncalibrate  # noqa: PLC0415 - slow imports
    from lfr_batch.front.listeners import EnrolListener  # noqa: PLC0415

    stated = require_authority(case, authority, operator=operator, needs_purpose=False)
    settings = settings_of(
        config,
        overrides,
        None,
        pack=pack,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    if undo == bool(impostors):
        raise UsageError("Give --impostors with people who are not enrolled, or --undo; not both.")
    if undo:
        _tell_undone(uncalibrate(gallery, stated, settings=settings), as_json=as_json)
        return
    if_stopped(STOPPED)
    found = calibrate(
        gallery,
        impostors or (),
        stated,
        licence=licence,
        accept_suspects=accept_suspects,
        settings=settings,
        listener=EnrolListener(partial(counting, "searching"), say),
    )
    if as_json:
        answer_json([_row(found)])
        return
    for line in _lines(found):
        answer(line)


def _tell_undone(found: Uncalibrated, *, as_json: bool) -> None:
    if as_json:
        row = {"gallery": found.gallery, "snapshot": found.snapshot_id, **_thresholds(found)}
        answer_json([row])
        return
    answer(f"gallery {found.gallery} is not calibrated on strangers any more")
    for line in _before_and_now(found):
        answer(line)


def _before_and_now(found: Calibrated | Uncalibrated) -> list[str]:
    from lfr_batch.gallery.thresholds import explain  # noqa: PLC0415 - slow imports

    return [
        f"  before  {explain(found.before) if found.before else 'no threshold followed'}",
        f"  now     {explain(found.choice) if found.choice else 'no threshold follows'}",
    ]


def _lines(found: Calibrated) -> list[str]:
    strangers = found.strangers
    lines = [
        f"gallery {found.gallery} is calibrated on {strangers.probes:,} faces of at most "
        f"{strangers.people:,} people who are not enrolled",
        *_before_and_now(found),
    ]
    if found.not_compared:
        lines.append(f"  {found.not_compared:,} files held no face that could be compared")
    lines.append("  the strangers who score most; if one of them is enrolled, calibrate without:")
    return lines + [f"    {score:.3f}  {uri}" for uri, score in found.highest]


def _row(found: Calibrated) -> dict[str, Any]:
    return {
        "gallery": found.gallery,
        "score_kind": found.strangers.score,
        "faces": found.strangers.probes,
        "people": found.strangers.people,
        **_thresholds(found),
        "points": [list(point) for point in found.strangers.points],
    }


def _thresholds(found: Calibrated | Uncalibrated) -> dict[str, Any]:
    low, high = found.choice.expected_fpir or (None, None) if found.choice else (None, None)
    return {
        "threshold_before": found.before and found.before.value,
        "threshold": found.choice and found.choice.value,
        "target_fpir": found.choice and found.choice.target_fpir,
        "expected_fpir_low": low,
        "expected_fpir_high": high,
    }
