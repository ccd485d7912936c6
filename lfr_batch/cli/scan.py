"""`lfr scan`, `lfr search` and `lfr resume`: the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from time import perf_counter
from typing import Annotated, Any

import typer

from lfr_batch.cli.found import found_counts, tell_found
from lfr_batch.cli.options import (
    AddressOption,
    AllowCpuOption,
    AuthorityOption,
    CaseOption,
    ConfigOption,
    EngineOption,
    FpirOption,
    GalleryOption,
    JsonOption,
    LicenceOption,
    OperatorOption,
    OutOption,
    PackOption,
    PurposeOption,
    RunArgument,
    RunIdOption,
    SetOption,
    ThresholdOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, counted, say
from lfr_batch.cli.progress import scan_progress
from lfr_batch.front import verbs as front
from lfr_batch.front.listeners import RunListener
from lfr_batch.front.runs import FinishedRun
from lfr_batch.gallery.thresholds import explain
from lfr_batch.oversight.authority import require_authority
from lfr_batch.records import FootageAsset, SegmentOutcome
from lfr_batch.results import searched
from lfr_batch.results.rows import row_of
from lfr_batch.results.run_log import EXIT_CODES
from lfr_batch.results.status import FileState
from lfr_batch.scanning.execute import RunResult
from lfr_batch.scanning.plan import Order, Prepared

SHOWN = 20
FILES_NAMED = 100


def scan(
    footage: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, globs, s3://bucket/prefix.")
    ] = None,
    manifest: Annotated[
        str | None, typer.Option(help="CSV or Parquet: uri, camera_id, start_utc, site …")
    ] = None,
    gallery: GalleryOption = None,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    threshold: ThresholdOption = None,
    target_fpir: FpirOption = None,
    run_id: RunIdOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Search footage for the people of a gallery."""
    settings = settings_of(
        config,
        overrides,
        out,
        pack=pack,
        decide__threshold=threshold,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    job = settings.config().job
    stated = require_authority(
        case or job.case, authority or job.authority, purpose or job.purpose, operator=operator
    )
    run = front.scan(
        footage or job.footage,
        gallery or job.gallery or "",
        stated,
        manifest=manifest or job.manifest,
        licence=licence or job.licence,
        run_id=run_id,
        settings=settings,
        listener=TOLD,
    )
    _report(run, as_json)
    raise _exit(run)


def search(
    stills: Annotated[list[str], typer.Argument(help="Pictures, folders or globs of pictures.")],
    gallery: GalleryOption = None,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    top: Annotated[
        int | None, typer.Option(help="Candidates to keep for a face; 10 unless configured.")
    ] = None,
    threshold: ThresholdOption = None,
    target_fpir: FpirOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Rank the people of a gallery for the faces in stills; below the threshold nobody is named."""
    started = perf_counter()
    settings = settings_of(
        config,
        overrides,
        out,
        pack=pack,
        decide__top_k=top,
        decide__threshold=threshold,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    settings.config()  # what is wrong in it is said before anything else
    stated = require_authority(case, authority, purpose, operator=operator)
    run = front.search(
        stills, gallery or "", stated, licence=licence, settings=settings, listener=TOLD
    )
    _report_candidates(run, as_json)
    searched, not_searched = _searched_stills(run.result)
    say(_pace(len(searched), len(not_searched), perf_counter() - started))
    raise _exit(run)


def resume(
    run_id: RunArgument,
    retry_failed: Annotated[
        bool, typer.Option(help="Try segments again, too, whose footage could not be read.")
    ] = False,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    as_json: JsonOption = False,
) -> None:
    """Finish a run that was interrupted, and try again what was quarantined.

    Of --config places hold and what it says of engine and limits, which --set may change, too; what
    decides results does not change.
    """
    settings = settings_of(config, overrides, out, engine__kind=engine, engine__address=address)
    listener = RunListener(searching=scan_progress)
    run = front.resume(run_id, retry_failed=retry_failed, settings=settings, listener=listener)
    if run.result.request.kind == "search":
        _report_candidates(run, as_json)
    else:
        _report(run, as_json)
    raise _exit(run)


def _tell_accepted(order: Order) -> None:
    say(f"case {order.authority.case_ref}, authority {order.authority.authority}")


def _tell_asked_before(run_id: str) -> None:
    say(f"Run {run_id} was asked for before: it goes on from where it stands.")


def _tell_created(prepared: Prepared) -> None:
    say(explain(prepared.choice))
    for sentence in prepared.said:
        say(sentence)
    files = counted(len(prepared.found.entries), "file")
    say(f"run {prepared.request.run_id}: {files}")


TOLD = RunListener(
    accepted=_tell_accepted,
    found=tell_found,
    created=_tell_created,
    asked_before=_tell_asked_before,
    searching=scan_progress,
)


def _report(run: FinishedRun, as_json: bool) -> None:
    result, states = run.result, run.not_whole()
    _name_files(states, run.run_id)
    if as_json:
        answer_json([{**_summary(run, states), **found_counts(run.found)}])
    else:
        rows = _with_parts(run.ask("sightings_of_run", top=SHOWN).to_pylist(), result)
        part = ["part"] if any(row["part"] for row in rows) else []
        columns = ["subject_id", "score", "camera_id", "start_s", "end_s", "uri", *part]
        answer_table(rows, columns)
        if result.sightings > SHOWN:
            answer(f"… and {counted(result.sightings - SHOWN, 'more sighting')}")
        answer(_closing(result))


def _with_parts(rows: Sequence[dict[str, Any]], result: RunResult) -> list[dict[str, Any]]:
    """Each with the part of its file in which its times count; empty where there is but one."""
    parts = searched.parts([row_of(asset) for asset in result.assets])
    pictures = {asset.footage_id: asset.pictures for asset in result.assets}
    place = searched.place
    return [
        {**row, "part": place(parts.get(at, ""), row["picture"], pictures.get(at))}
        for row in rows
        for at in [row["footage_id"]]
    ]


def _report_candidates(run: FinishedRun, as_json: bool) -> None:
    _name_files(run.not_whole(), run.run_id)
    _tell_of_stills(run.result)
    rows = run.ask("candidates_of_run").to_pylist()
    if as_json:
        answer_json(rows)
    else:
        columns = ["uri", "picture", "face", "rank", "subject_id", "score", "above_threshold"]
        answer_table(rows, columns)
        answer(_closing(run.result))


def _exit(run: FinishedRun) -> typer.Exit:
    return typer.Exit(EXIT_CODES[run.status] or 0)


def _pace(stills: int, not_searched: int, elapsed_s: float) -> str:
    beside = f"; {counted(not_searched, 'file')} not searched" if not_searched else ""
    pace = f", {stills / elapsed_s:.1f} a second" if stills else ""
    return f"{counted(stills, 'still')} compared in {elapsed_s:.1f} s{pace}{beside}"


def _searched_stills(
    result: RunResult,
) -> tuple[list[tuple[FootageAsset, SegmentOutcome]], list[FootageAsset]]:
    """The files of which a picture was looked at, and the others."""
    by_file = {outcome.footage_id: outcome for outcome in result.outcomes.values()}
    found = [(asset, by_file.get(asset.footage_id)) for asset in result.assets]
    searched = [(asset, outcome) for asset, outcome in found if outcome and outcome.frames_decoded]
    return searched, [
        asset for asset, outcome in found if not outcome or not outcome.frames_decoded
    ]


def _tell_of_stills(result: RunResult) -> None:
    """What became of every still: a face that brings up nobody leaves no row to be seen in."""
    searched, not_searched = _searched_stills(result)
    for asset, outcome in searched:
        say(f"{asset.uri}: {_faces_sentence(outcome, result.request.threshold)}")
    for asset in not_searched:
        say(f"{asset.uri}: not searched")


def _faces_sentence(outcome: SegmentOutcome, threshold: float) -> str:
    if not outcome.faces_detected:
        return "no face found"
    refused = ", ".join(f"{n} refused: {reason}" for reason, n in outcome.rejections.items())
    compared = outcome.faces_detected - outcome.faces_rejected
    return (
        counted(outcome.faces_detected, "face")
        + (f" ({refused})" if refused else "")
        + f", {compared} compared, {outcome.sightings} reach {threshold:.3f}"
    )


def _name_files(states: Sequence[FileState], run_id: str) -> None:
    """Every file that was not searched whole, and why."""
    for state in states[:FILES_NAMED]:
        say(f"{state.status}: {state.sentence}")
    if len(states) > FILES_NAMED:
        say(f"… and {len(states) - FILES_NAMED} more: `lfr status {run_id} --json` has them all")


def _summary(run: FinishedRun, states: Sequence[FileState]) -> dict[str, Any]:
    result = run.result
    progress, files = result.progress, Counter(state.status for state in states)
    return {
        "run_id": result.request.run_id,
        "status": result.status,
        "results": run.store.uri,
        "threshold": result.request.threshold,
        "files": len({asset.uri for asset in result.assets}),
        "footage": len(result.assets),
        "footage_partly": files["partly"],
        "footage_damaged": files["damaged"],
        "footage_failed": files["failed"],
        "segments": progress.planned,
        "segments_failed": progress.failed + progress.quarantined,
        "media_s": progress.media_s,
        "faces_detected": progress.faces_detected,
        "sightings": result.sightings,
        "errors": [*(a.error for a in result.assets if a.error), *progress.errors],
        "unsearched": [
            *(a.unsearched for a in result.assets if a.unsearched),
            *progress.unsearched,
        ],
        "not_whole": [asdict(state) for state in states],
        "gaps": result.request.gaps,
    }


def _closing(result: RunResult) -> str:
    run_id = result.request.run_id
    shows = (
        f"`lfr report {run_id}` shows the pictures; a person decides."
        if result.sightings
        else f"`lfr report {run_id}` shows what was searched and what was not."
    )
    sightings = counted(result.sightings, "sighting")
    return f"{run_id}: {result.status.replace('_', ' ')}, {sightings}. {shows}"
