"""`lfr scan`, `lfr search` and `lfr resume`: the runs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from time import perf_counter
from types import MappingProxyType
from typing import Annotated, Any

import typer

from lfr_batch.cli.found import found_counts, tell_found, tell_notes
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
    SetOption,
    ThresholdOption,
    home,
    read_config,
    results_root,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, counted, say
from lfr_batch.cli.progress import counting, scan_progress
from lfr_batch.config.load import load_config, override, parse_config
from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import joined, machine_for, open_engine, settle_for
from lfr_batch.errors import UsageError
from lfr_batch.gallery.thresholds import explain
from lfr_batch.oversight.authority import require_authority
from lfr_batch.records import FootageAsset, SegmentOutcome
from lfr_batch.results import searched
from lfr_batch.results.ask import ask
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.rows import row_of
from lfr_batch.results.run_log import EXIT_CODES
from lfr_batch.results.run_state import create_run, load_run, read_plan
from lfr_batch.results.status import FileState, not_whole
from lfr_batch.results.store import Store, open_store
from lfr_batch.scanning.execute import Resumption, RunResult, execute_run
from lfr_batch.scanning.plan import FoundFootage, Order, make_plan

SHOWN = 20
FILES_NAMED = 100
SEARCH_UNLESS_SAID = MappingProxyType({"decide.top_k": 10, "engine.kind": "in_process"})
"""Of a search, for which somebody waits."""


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
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Search footage for the people of a gallery."""
    settings = read_config(
        config,
        overrides,
        pack=pack,
        decide__threshold=threshold,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    job = settings.job
    stated = require_authority(
        case or job.case, authority or job.authority, purpose or job.purpose, operator=operator
    )
    order = Order(
        kind="scan",
        inputs=_inputs(footage or job.footage),
        manifest=_absolute(manifest or job.manifest),
        gallery=_gallery(gallery or job.gallery),
        authority=stated,
        licence_statement=licence or job.licence,
        config=settings,
        home=home(),
    )
    if not order.inputs and not order.manifest:
        raise UsageError("There is nothing to scan: name footage, or give --manifest.")
    result, store, found = _run(order, results_root(out, settings))
    _report(result, store, as_json, found)
    raise _exit(result)


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
    settings = read_config(
        config,
        overrides,
        SEARCH_UNLESS_SAID,
        pack=pack,
        decide__top_k=top,
        decide__threshold=threshold,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    stated = require_authority(case, authority, purpose, operator=operator)
    order = Order(
        kind="search",
        inputs=_inputs(stills),
        manifest=None,
        gallery=_gallery(gallery),
        authority=stated,
        licence_statement=licence,
        config=settings,
        home=home(),
    )
    result, store, _ = _run(order, results_root(out, settings))
    _report_candidates(result, store, as_json)
    searched, not_searched = _searched_stills(result)
    say(_pace(len(searched), len(not_searched), perf_counter() - started))
    raise _exit(result)


def resume(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="As `lfr runs` shows it.")],
    retry_failed: Annotated[
        bool, typer.Option(help="Try segments again, too, whose footage could not be read.")
    ] = False,
    out: OutOption = None,
    config: ConfigOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    as_json: JsonOption = False,
) -> None:
    """Finish a run that was interrupted, and try again what was quarantined.

    Of --config places hold and what it says of the engine; what decides results does not change.
    """
    here = read_config(config, None)
    store = open_store(results_root(out, here), here.s3)
    request = load_run(store, run_id)
    if request.kind == "live":
        raise UsageError(
            f"{run_id} was a live deployment, and its cameras are not there to be looked at again: "
            "start a new one with `lfr live`; `lfr report` still works."
        )
    recorded = parse_config(request.config, f"the request of run {run_id}")
    said = load_config(config).engine if config else EngineConfig()
    now = {name: getattr(said, name) for name in said.model_fields_set}
    there = recorded.model_copy(update={"engine": recorded.engine.model_copy(update=now)})
    changed = override(there, {"engine.kind": engine, "engine.address": address}).engine
    with joined(changed):
        result = _execute(store, run_id, Resumption(changed, retry_failed))
    if request.kind == "search":
        _report_candidates(result, store, as_json)
    else:
        _report(result, store, as_json)
    raise _exit(result)


def _inputs(given: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_absolute(text) or text for text in given)


def _absolute(text: str | None) -> str | None:
    """Local paths as they are from anywhere, so that a run can be resumed from anywhere."""
    if text is None or "://" in text:
        return text
    return os.path.abspath(text)  # noqa: PTH100 - keeps a glob as it is


def _gallery(name: str | None) -> str:
    if not name:
        raise UsageError("Which gallery? Give --gallery NAME; `lfr gallery list` shows them.")
    return name


def _run(order: Order, root: str) -> tuple[RunResult, Store, FoundFootage]:
    """What is refused leaves no run: places, models and a cluster are asked before there is one."""
    store = open_store(root, order.config.s3)
    check_lake(store)
    say(f"case {order.authority.case_ref}, authority {order.authority.authority}")
    with joined(order.config.engine):
        with counting("probing footage", 0) as count:
            plan = make_plan(order, datetime.now(UTC), lambda _: count(), tell_found, settle_for)
        say(explain(plan.choice))
        tell_notes(plan.assets)
        create_run(store, plan.request, plan.assets, plan.segments)
        files = len({asset.uri for asset in plan.assets})
        sizes = f"{counted(files, 'file')}, {counted(len(plan.segments), 'segment')}"
        say(f"run {plan.request.run_id}: {sizes}")
        return _execute(store, plan.request.run_id, Resumption()), store, plan.found


def _execute(store: Store, run_id: str, resumption: Resumption) -> RunResult:
    with scan_progress() as progress:
        return execute_run(
            store,
            run_id,
            open_engine,
            progress.start,
            progress.take,
            resumption,
            find_machine=machine_for,
        )


def _report(
    result: RunResult, store: Store, as_json: bool, found: FoundFootage | None = None
) -> None:
    states = _states(result, store)
    _name_files(states, result.request.run_id)
    if as_json:
        answer_json([{**_summary(result, store, states), **found_counts(found)}])
    else:
        rows = _with_parts(_select(store, result, "sightings_of_run", top=SHOWN), result)
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


def _report_candidates(result: RunResult, store: Store, as_json: bool) -> None:
    _name_files(_states(result, store), result.request.run_id)
    _tell_of_stills(result)
    rows = _select(store, result, "candidates_of_run")
    if as_json:
        answer_json(rows)
    else:
        columns = ["uri", "picture", "face", "rank", "subject_id", "score", "above_threshold"]
        answer_table(rows, columns)
        answer(_closing(result))


def _exit(result: RunResult) -> typer.Exit:
    return typer.Exit(EXIT_CODES[result.status] or 0)


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


def _select(
    store: Store, result: RunResult, query: str, **parameters: object
) -> list[dict[str, Any]]:
    parameters["run_id"] = result.request.run_id
    s3 = parse_config(result.request.config, "the run's request").s3
    rows: list[dict[str, Any]] = ask(open_lake(store.uri, s3), query, parameters).to_pylist()
    return rows


def _name_files(states: Sequence[FileState], run_id: str) -> None:
    """Every file that was not searched whole, and why."""
    for state in states[:FILES_NAMED]:
        say(f"{state.status}: {state.sentence}")
    if len(states) > FILES_NAMED:
        say(f"… and {len(states) - FILES_NAMED} more: `lfr status {run_id} --json` has them all")


def _summary(result: RunResult, store: Store, states: Sequence[FileState]) -> dict[str, Any]:
    progress, files = result.progress, Counter(state.status for state in states)
    return {
        "run_id": result.request.run_id,
        "status": result.status,
        "results": store.uri,
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
    }


def _states(result: RunResult, store: Store) -> list[FileState]:
    plan = read_plan(store, result.request.run_id)
    return list(not_whole(result.assets, plan, result.outcomes))


def _closing(result: RunResult) -> str:
    run_id = result.request.run_id
    shows = (
        f"`lfr report {run_id}` shows the pictures; a person decides."
        if result.sightings
        else f"`lfr report {run_id}` shows what was searched and what was not."
    )
    sightings = counted(result.sightings, "sighting")
    return f"{run_id}: {result.status.replace('_', ' ')}, {sightings}. {shows}"
