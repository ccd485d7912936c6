"""What is said of a run that has ended: sightings, candidates, and what was not searched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer

from lfr_batch.cli.found import found_counts
from lfr_batch.cli.output import answer, answer_json, answer_table, counted, say
from lfr_batch.cli.stopped import if_stopped
from lfr_batch.front.runs import FinishedRun
from lfr_batch.records import FootageAsset, SegmentOutcome
from lfr_batch.results import searched
from lfr_batch.results.answers import rows_of
from lfr_batch.results.rows import row_of
from lfr_batch.results.run_log import EXIT_CODES
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.status import FileState
from lfr_batch.scanning.execute import RunResult

SHOWN = 20
FILES_NAMED = 100


def report(run: FinishedRun, as_json: bool) -> None:
    if_stopped(closing(run.result))
    result, states = run.result, run.not_whole()
    name_files(states, run.run_id)
    if as_json:
        answer_json([{**summary(run, states), **found_counts(run.found)}])
    else:
        list_sightings(run, rows_of(run.ask("sightings_of_run", top=SHOWN)), result.sightings)
        answer(closing(result))


def list_sightings(run: FinishedRun, found: Sequence[dict[str, Any]], count: int) -> None:
    rows = _with_parts(found[:SHOWN], run.result)
    part = ["part"] if any(row["part"] for row in rows) else []
    answer_table(rows, ["subject_id", "score", "camera_id", "start_s", "end_s", "uri", *part])
    if count > SHOWN:
        answer(f"… and {counted(count - SHOWN, 'more sighting')}")


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


def report_candidates(run: FinishedRun, as_json: bool) -> None:
    name_files(run.not_whole(), run.run_id)
    _tell_of_stills(run.result)
    rows = rows_of(run.ask("candidates_of_run"))
    if as_json:
        answer_json(rows)
    else:
        columns = ["uri", "picture", "face", "rank", "subject_id", "score", "threshold"]
        columns.append("above_threshold")
        answer_table(rows, columns)
        answer(closing(run.result))


def exit_of(run: FinishedRun) -> typer.Exit:
    return typer.Exit(EXIT_CODES[run.status] or 0)


def pace(stills: int, not_searched: int, elapsed_s: float) -> str:
    beside = f"; {counted(not_searched, 'file')} not searched" if not_searched else ""
    pace = f", {stills / elapsed_s:.1f} a second" if stills else ""
    return f"{counted(stills, 'still')} compared in {elapsed_s:.1f} s{pace}{beside}"


def searched_stills(
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
    searched, not_searched = searched_stills(result)
    for asset, outcome in searched:
        say(f"{asset.uri}: {_faces_sentence(outcome, result.request)}")
    for asset in not_searched:
        say(f"{asset.uri}: not searched")


def _faces_sentence(outcome: SegmentOutcome, request: RunRequest) -> str:
    if not outcome.faces_detected:
        return "no face found"
    refused = ", ".join(f"{n} refused: {reason}" for reason, n in outcome.rejections.items())
    compared = outcome.faces_detected - outcome.faces_rejected
    of = " of the relative score" if request.score_kind == "relative" else ""
    return (
        counted(outcome.faces_detected, "face")
        + (f" ({refused})" if refused else "")
        + f", {compared} compared, {outcome.sightings} reach {request.threshold:.3f}{of}"
    )


def name_files(states: Sequence[FileState], run_id: str) -> None:
    """Every file that was not searched whole, and why."""
    for state in states[:FILES_NAMED]:
        say(f"{state.status}: {state.sentence}")
    if len(states) > FILES_NAMED:
        say(f"… and {len(states) - FILES_NAMED} more: `lfr status {run_id} --json` has them all")


def summary(run: FinishedRun, states: Sequence[FileState]) -> dict[str, Any]:
    result = run.result
    progress, files = result.progress, Counter(state.status for state in states)
    return {
        "run_id": result.request.run_id,
        "status": result.status,
        "results": run.store.uri,
        "threshold": result.request.threshold,
        "score_kind": result.request.score_kind,
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
        "gallery_warning": result.request.gallery_warning,
    }


def closing(result: RunResult) -> str:
    run_id = result.request.run_id
    shows = (
        f"`lfr report {run_id}` shows the pictures; a person decides."
        if result.sightings
        else f"`lfr report {run_id}` shows what was searched and what was not."
    )
    sightings = counted(result.sightings, "sighting")
    return f"{run_id}: {result.status.replace('_', ' ')}, {sightings}. {shows}"
