"""`lfr scan`, `lfr search` and `lfr resume`: the runs."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Annotated, TypedDict

import typer

from lfr_batch.cli.durations import seconds_of
from lfr_batch.cli.ended import exit_of, pace, report, report_candidates, searched_stills
from lfr_batch.cli.foreseen import show
from lfr_batch.cli.found import tell_found
from lfr_batch.cli.options import (
    AddressOption,
    AllowCpuOption,
    AuthorityOption,
    CaseOption,
    ConfigOption,
    DryRunOption,
    EngineOption,
    EveryOption,
    FpirOption,
    GalleryOption,
    JsonOption,
    LicenceOption,
    NewOnlyOption,
    OperatorOption,
    OutOption,
    PackOption,
    PurposeOption,
    RunArgument,
    RunIdOption,
    SetOption,
    ThresholdOption,
    WatchOption,
    settings_of,
)
from lfr_batch.cli.output import (
    counted,
    say,
)
from lfr_batch.cli.progress import scan_progress
from lfr_batch.cli.standing import tell_sifted
from lfr_batch.cli.stopped import NOT_BEGUN, if_stopped, to_go_on
from lfr_batch.cli.ticks import exit_of_tick, report_tick, report_watched
from lfr_batch.errors import UsageError
from lfr_batch.front import verbs as front
from lfr_batch.front.listeners import RunListener
from lfr_batch.front.settings import Settings
from lfr_batch.gallery.thresholds import explain
from lfr_batch.oversight.authority import (
    Authority,
    is_authorisation_id,
    operator_name,
    require_authority,
)
from lfr_batch.scanning.plan import Order, Prepared


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
    new_only: NewOnlyOption = False,
    watch: WatchOption = False,
    every: EveryOption = None,
    dry_run: DryRunOption = False,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Search footage for the people of a gallery.

    With --json, --watch prints an object a line, one for each look, and no array.
    """
    every_s = _every_s(every, watch=watch)
    settings = settings_of(
        config,
        overrides,
        out,
        pack=pack,
        decide__threshold=threshold and threshold.value,
        decide__score=threshold and threshold.score,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    job = settings.config().job
    stated = _stated(case or job.case, authority or job.authority, purpose or job.purpose, operator)
    what = (footage or job.footage, gallery or job.gallery or "", stated)
    how: _How = {
        "manifest": manifest or job.manifest,
        "licence": licence or job.licence,
        "settings": settings,
    }
    if run_id and (new_only or watch):
        raise UsageError("Runs of --new-only and --watch have ids of their own: no --run-id.")
    if dry_run:
        show(front.foresee(*what, new_only=new_only or watch, **how), as_json)
        raise typer.Exit
    listener = _told(settings)
    if watch:
        said = ""
        for tick in front.watch(*what, every_s=every_s, listener=listener, **how):
            said = report_watched(tick, said, as_json)
    if new_only:
        raise exit_of_tick(report_tick(front.scan_new(*what, listener=listener, **how), as_json))
    run = front.scan(*what, run_id=run_id, listener=listener, **how)
    report(run, as_json)
    raise exit_of(run)


def _stated(
    case: str | None, authority: str | None, purpose: str | None, operator: str | None
) -> Authority:
    """An authorisation has a purpose of its own. Raises AuthorityError."""
    asked = not is_authorisation_id(authority)
    return require_authority(case, authority, purpose, operator=operator, needs_purpose=asked)


class _How(TypedDict):
    manifest: str | None
    licence: str | None
    settings: Settings


def _every_s(every: str | None, *, watch: bool) -> float | None:
    if every is None:
        return None
    if not watch:
        raise UsageError("--every says how often --watch looks: give --watch, too.")
    return seconds_of(every, "--every")


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
        decide__threshold=threshold and threshold.value,
        decide__score=threshold and threshold.score,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    settings.config()  # what is wrong in it is said before anything else
    stated = _stated(case, authority, purpose, operator)
    run = front.search(
        stills, gallery or "", stated, licence=licence, settings=settings, listener=_told(settings)
    )
    report_candidates(run, as_json)
    searched, not_searched = searched_stills(run.result)
    say(pace(len(searched), len(not_searched), perf_counter() - started))
    raise exit_of(run)


def resume(
    run_id: RunArgument,
    retry_failed: Annotated[
        bool, typer.Option(help="Try segments again, too, whose footage could not be read.")
    ] = False,
    authority: Annotated[
        str | None,
        typer.Option(
            help="AUTH-… in place of the authority that the run began with, once that has expired."
        ),
    ] = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    as_json: JsonOption = False,
) -> None:
    """Finish a run that was interrupted, and try again what was quarantined.

    What authorised it is asked again.

    Of --config places hold and what it says of engine and limits, which --set may change, too; what
    decides results does not change.
    """
    settings = settings_of(config, overrides, out, engine__kind=engine, engine__address=address)
    anew = [f"--set={each}" for each in overrides or () if not each.startswith("s3.")]
    anew += [f"--engine={engine}"] if engine else []
    anew += [f"--address={address}"] if address else []
    anew += ["--retry-failed"] if retry_failed else []
    if_stopped(to_go_on(run_id, settings, anew))
    listener = RunListener(searching=scan_progress)
    run = front.resume(
        run_id,
        retry_failed=retry_failed,
        authority=authority,
        operator=operator,
        settings=settings,
        listener=listener,
    )
    if run.result.request.kind == "search":
        report_candidates(run, as_json)
    else:
        report(run, as_json)
    raise exit_of(run)


def _tell_accepted(order: Order) -> None:
    say(f"case {order.authority.case_ref}, authority {order.authority.authority}")


def _tell_asked_before(settings: Settings, run_id: str) -> None:
    if_stopped(to_go_on(run_id, settings))
    say(f"Run {run_id} was asked for before: it goes on from where it stands.")


def _tell_taken_up(settings: Settings, run_id: str) -> None:
    if_stopped(to_go_on(run_id, settings))
    say(f"Run {run_id} of this job was interrupted: it is finished first.")


def _tell_created(settings: Settings, prepared: Prepared) -> None:
    request = prepared.request
    is_another = request.operator != operator_name(None)
    who = [f"--operator={request.operator}"] if is_another else []
    if_stopped(to_go_on(request.run_id, settings, who))
    say(explain(prepared.choice))
    for sentence in prepared.said:
        say(sentence)
    files = counted(len(prepared.found.entries), "file")
    say(f"run {prepared.request.run_id}: {files}")


def _told(settings: Settings) -> RunListener:
    """Also what is said where the command is stopped."""
    if_stopped(NOT_BEGUN)
    return RunListener(
        accepted=_tell_accepted,
        found=tell_found,
        sifted=tell_sifted,
        taken_up=partial(_tell_taken_up, settings),
        not_finished=say,
        created=partial(_tell_created, settings),
        asked_before=partial(_tell_asked_before, settings),
        searching=scan_progress,
    )
