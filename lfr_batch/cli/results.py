"""`lfr runs` and `lfr status`: which runs there are, and how far each is."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from lfr_batch.cli import following
from lfr_batch.cli.jobs import show_job, standing_rows, tell_standing
from lfr_batch.cli.options import (
    CaseFilterOption,
    ConfigOption,
    JsonOption,
    OutOption,
    RunArgument,
    settings_of,
)
from lfr_batch.cli.output import (
    answer,
    answer_json,
    answer_table,
    counted,
    nothing,
    say,
)
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.models.settled import in_words
from lfr_batch.results.lake import open_lake
from lfr_batch.results.notices import Notice, read_notices
from lfr_batch.results.run_log import EXIT_CODES
from lfr_batch.results.run_state import WITHOUT_FOOTAGE, no_runs
from lfr_batch.results.status import (
    INTERRUPTED,
    FileState,
    ProbedSoFar,
    RunOverview,
    run_progress,
    run_rows,
)
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.ticks import STANDING
from lfr_batch.results.which_run import LATEST, which_job, which_run

RUN_COLUMNS = [
    "run_id",
    "status",
    "case_ref",
    "gallery",
    "footage",
    "not_whole",
    "sightings",
    "started_at",
]
FILES_SHOWN = 20
NOTICES_SHOWN = 5
NOT_WHOLE = ("partly", "damaged", "failed")
STATUS_MEANS = {
    "complete_partly": "finished; some content was not looked at, by design or limit",
    "complete_with_failures": "finished; some footage could not be searched",
    "withheld": "until it is authorised",
}


def runs(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Those alone whose ids begin like this, or latest."),
    ] = None,
    case_ref: CaseFilterOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every run, newest first."""
    settings = settings_of(config, out=out)
    act_on_clocks(settings)
    root, s3 = settings.results_place()
    store = open_store(root, s3)
    every = run_rows(open_lake(root, s3), store)
    rows = [row for row in every if case_ref in (None, row["case_ref"])]
    if run == LATEST:
        rows = rows[:1]
    elif run:
        rows = [row for row in rows if row["run_id"].startswith(run)]
    standing = [row for row in standing_rows(store) if case_ref in (None, row["case_ref"])]
    standing = [row for row in standing if row["run_id"].startswith(run or "")]
    if not every:
        say(f"{root}: {no_runs(store)}")
    elif not (rows or standing):
        say(f"{root}: has {counted(len(every), 'run')}, and none is meant; `lfr runs` lists them")
    if as_json:
        answer_json([*rows, *standing])
    else:
        shown = [{**row, "footage": _footage(row), "not_whole": _not_whole(row)} for row in rows]
        answer_table(shown, RUN_COLUMNS)
        tell_standing(standing)


def _footage(row: Mapping[str, Any]) -> Any:
    """How much there is or, of a run that is not planned yet, how many files are probed."""
    if row["files"] is None:
        return row["footage"]
    return ProbedSoFar(row["files_probed"], row["files"]).sentence


def _not_whole(row: Mapping[str, Any]) -> str | None:
    """Files that were searched only in part, or not at all, and what could not be listed."""
    counts = {status: row[f"footage_{status}"] for status in NOT_WHOLE}
    counts["not seen"] = len(row["gaps"] or ())
    return ", ".join(f"{n} {status}" for status, n in counts.items() if n) or None


def status(
    run_id: RunArgument,
    out: OutOption = None,
    config: ConfigOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on saying so until the run is over.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """How far a run is, what failed and why.

    --follow ends with the run, and with its exit code.
    """
    settings = settings_of(config, out=out)
    act_on_clocks(settings)
    store = open_store(*settings.results_place())
    if run_id.startswith(STANDING):
        show_job(StoredRun(store, which_job(store, run_id)), as_json)
        return
    run = StoredRun(store, which_run(store, run_id))
    found = following.follow(run, say) if follow else run_progress(run)
    _show_status(found, read_notices(run), as_json=as_json)
    if follow:
        sys.exit(EXIT_CODES.get(found.status, 1) or 0)  # Typer's own 130 means Ctrl-C


def _show_status(found: RunOverview, notices: Sequence[Notice], *, as_json: bool) -> None:
    row = _status_row(found)
    if as_json:
        told = [notice.model_dump(mode="json") for notice in notices]
        searchers = [{**asdict(who), "segments": n} for who, n in found.searched_by.items()]
        whole = [asdict(file) for file in found.not_whole]
        answer_json([{**row, "searched_by": searchers, "notices": told, "not_whole": whole}])
    else:
        _tell_status(found, row, notices)


def _tell_status(found: RunOverview, row: Mapping[str, Any], notices: Sequence[Notice]) -> None:
    kind = found.request.kind
    meaning = None if kind in WITHOUT_FOOTAGE else STATUS_MEANS.get(found.status)
    shown = {**row, "status": f"{found.status} ({meaning})" if meaning else found.status}
    for name, value in shown.items():
        if isinstance(value, Mapping):
            for reason, count in value.items():
                answer(f"{name:16} {count:>6} × {reason}")
        elif isinstance(value, list | tuple):
            _tell_list(name, value)
        else:
            answer(f"{name:16} {nothing() if value is None else value}")
    for who, segments in found.searched_by.items():
        answer(f"{'searched by':16} {segments:>6} × {who.sentence}")
    for notice in notices[-NOTICES_SHOWN:]:
        answer(f"{notice.at:%Y-%m-%d %H:%M:%S} UTC  {notice.sentence}")
    for file in found.not_whole[:FILES_SHOWN]:
        answer(f"{file.status:8} {_share(file):>16} not looked at  {file.sentence}")
    if len(found.not_whole) > FILES_SHOWN:
        answer(f"… and {len(found.not_whole) - FILES_SHOWN} more; --json has them all")
    if then := _way_on(found):
        answer(then)


def _tell_list(name: str, lines: Sequence[str]) -> None:
    for line in lines[:FILES_SHOWN]:
        answer(f"{name:16} {line}")
    if len(lines) > FILES_SHOWN:
        answer(f"{name:16} … and {len(lines) - FILES_SHOWN} more; --json has them all")


def _way_on(found: RunOverview) -> str | None:
    run_id = found.request.run_id
    if found.request.kind == "live":
        return f"a deployment: its figures are in `lfr report {run_id}`"
    if found.request.kind == "evaluation":
        return 'an evaluation: its figures are in `lfr sql "FROM evaluations"`'
    if found.status in {INTERRUPTED, "cancelled"}:
        return f"`lfr resume {run_id}` finishes it"
    if found.status == "failed":
        return f"once what it failed of is mended, `lfr resume {run_id}` finishes it"
    return None


def _share(file: FileState) -> str:
    if file.unsearched_share is None:
        return "an unknown share"
    if 0 < file.unsearched_share < 0.0005:
        return "less than 0.1 %"
    return f"{file.unsearched_share:.1%}".replace("%", " %")


def _status_row(found: RunOverview) -> dict[str, Any]:
    """A deployment or an evaluation searches no footage: of that nothing is said."""
    searched = {} if found.request.kind in WITHOUT_FOOTAGE else _searched(found)
    return {**_stated(found), **searched}


def _stated(found: RunOverview) -> dict[str, Any]:
    request = found.request
    return {
        "run_id": request.run_id,
        "kind": request.kind,
        "status": found.status,
        "finished": found.finished,
        "error": found.error,
        "case_ref": request.case_ref,
        "authorisation_id": request.authorisation_id,
        "gallery": f"{request.gallery} ({request.snapshot_id})",
        "threshold": round(request.threshold, 4),
        "score_kind": request.score_kind,
        "computed_on": request.settled and in_words(request.settled),
    }


def _searched(found: RunOverview) -> dict[str, Any]:
    progress = found.progress
    states = Counter(file.status for file in found.not_whole)
    return {
        "files": found.files,
        "files_probed": found.probed.probed if found.probed else found.files,
        "footage": found.footage,
        "footage_partly": states["partly"],
        "footage_damaged": states["damaged"],
        "footage_failed": states["failed"],
        "segments": progress.planned,
        "done": progress.done,
        "failed": progress.failed,
        "quarantined": progress.quarantined,
        "pending": progress.pending,
        "real_time": None if found.speed is None else float(f"{found.speed:.3g}"),
        "faces": progress.faces_detected,
        "sightings": found.sightings,
        "refused": dict(progress.rejections),
        "errors": dict(found.errors),
        "unsearched": dict(found.unsearched),
        "searched_before": dict(found.searched_before),
        "left_out": dict(found.request.left_out or {}),
        "gaps": found.request.gaps or (),
        "unmatched_rows": found.request.unmatched_rows or (),
    }
