"""A run's own state under ``_state/run_id=R``: everything needed to resume it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.errors import ResultsTooNew, RunBusy, RunNotFound, UsageError
from lfr_batch.gallery.relative import ScoreKind
from lfr_batch.gallery.thresholds import Method
from lfr_batch.models.planned import PlannedWith
from lfr_batch.models.settled import Settled
from lfr_batch.records import FootageAsset, FootageEntry, Segment, SegmentOutcome
from lfr_batch.results import layout
from lfr_batch.results.hold import Hold, require_hold
from lfr_batch.results.lake_version import check_lake, lake_version
from lfr_batch.results.marking import mark_lake
from lfr_batch.results.parts import iterate_part, write_part
from lfr_batch.results.rows import asset_of, entry_of, row_of, segment_of
from lfr_batch.results.state_schemas import CATALOGUE, LISTED, PLAN
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store

_REQUEST, _CATALOGUE, _PLAN = "request.json", "catalogue.parquet", "plan.parquet"
_LISTED, _PLANNED, _PROBED, _NOTICES = "listed", "planned", "probed", "notices"
_OTHERWISE = (
    "if there should be, LFR_RESULTS, LFR_HOME or the command's option name another results root"
)
NO_RUNS = f"there are no runs yet; {_OTHERWISE}"
NO_LAKE = f"there are no results at all there, not even an empty lake; {_OTHERWISE}"
_ANEW = "restore it from a copy or start a new run"

RunKind = Literal["scan", "search", "live", "evaluation"]
WITHOUT_FOOTAGE: Mapping[RunKind, str] = MappingProxyType(
    {"live": "a live deployment", "evaluation": "an evaluation"}
)
"""Runs of these kinds are planned by nobody and taken up by nobody; in words."""
ThresholdSource = Literal["derived", "override"]


class RunListing(BaseModel):
    """What the inputs named when the run began."""

    model_config = ConfigDict(frozen=True)

    by: str
    """The holder that listed it."""
    files: int


class LogLine(BaseModel):
    """The line of an audit log that says that the run began."""

    model_config = ConfigDict(frozen=True)

    n: int
    sha256: str
    key: str
    """Fingerprint of the log's first key."""


class RunRequest(BaseModel):
    """What was asked for, by whom and with what: written once, when the run is created."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    kind: RunKind
    inputs: tuple[str, ...]
    manifest: str | None = None
    config: dict[str, Any]
    config_hash: str
    case_ref: str
    authority: str
    authorisation_id: str | None = None
    """None: ``authority`` is a text; and in runs of before."""
    purpose: str
    operator: str
    gallery: str
    snapshot_id: str
    pack_id: str
    licence_statement: str | None = None
    threshold: float
    lone_threshold: float | None = None
    """For a face that could be seen once only; None: the same."""
    threshold_source: ThresholdSource
    threshold_fmr: float | None = None
    """False match rate of one comparison at the threshold; None where not calibrated."""
    score_kind: ScoreKind = "cosine"
    """Which score the thresholds are of."""
    threshold_method: Method = "pack"
    expected_fpir: tuple[float, float] | None = None
    """95 % interval; None where it was not estimated, and in runs of before."""
    target_fpir: float | None
    comparisons: int
    """Gallery entries each probe is compared with: the N of the derivation."""
    started_at: AwareDatetime
    home: str
    software_version: str
    settled: Settled | None = None
    """What every 'auto' of ``config`` became; None in runs of before."""
    planned: PlannedWith | None = None
    """Code, models and gallery by their digests; None in runs of before."""
    left_out: Mapping[str, int] | None = None
    """What lay in the named folders and is no footage, by what it is; None in runs of before."""
    gaps: tuple[str, ...] | None = None
    """What of the inputs could not be seen, or held no footage, a sentence each: it was not
    searched. None in runs of before."""
    unmatched_rows: tuple[str, ...] | None = None
    """Rows of the manifest that match none of the footage; None in runs of before."""
    segment_key: str | None = None
    """Of all that decides a segment's result: ids of segments follow from it; None in runs of
    before."""
    search_key: str | None = None
    """As ``segment_key``, but for the processor or GPU; None in runs of before."""
    new_only: bool = False
    """Whether footage is left out that an earlier run of the case had searched."""
    searched_before: Mapping[str, int] | None = None
    """How many of the files that were listed, by that run; None: none was to be left out."""
    standing: str | None = None
    """The standing job of which this run is one tick; None: of none."""
    log_line: LogLine | None = None
    """None where the home's audit log could not be written to, and in runs of before."""
    gallery_warning: str | None = None
    """What was said of the gallery before the run, of children in it; None: nothing."""
    listing: RunListing | None = None
    """None where the plan was there before the run: of a deployment, or in runs of before."""


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as far as it is: what was asked for, what there is, how it was cut, what was done."""

    request: RunRequest
    assets: tuple[FootageAsset, ...]
    plan: tuple[Segment, ...]
    outcomes: Mapping[str, SegmentOutcome]
    """The receipt of each segment that has one, by its id (``ledger.read_outcomes``)."""


def new_run_id(now: datetime, kind: RunKind) -> str:
    """Like ``20260131-104502-scan-3f2a``: sorts by time, differs within a second."""
    return f"{now:%Y%m%d-%H%M%S}-{kind}-{secrets.token_hex(2)}"


def create_run(
    store: Store,
    request: RunRequest,
    assets: Sequence[FootageAsset],
    segments: Sequence[Segment],
) -> None:
    """A run whose plan is known: catalogue, plan and, last, the request. Without it there is none.

    Raises RunBusy if the id is taken, ResultsTooNew, StoreFull, StoreUnreachable.
    """
    run = StoredRun(store, request.run_id)
    check_lake(store)
    if not layout.is_run_id(run.run_id):
        raise ValueError(f"{run.run_id!r} cannot name a run")
    _require_new(run)
    mark_lake(store)
    write_part(store, run.state(_CATALOGUE), map(row_of, assets), CATALOGUE)
    write_part(store, run.state(_PLAN), map(row_of, segments), PLAN)
    _write_request(run, request)


def begin_run(hold: Hold, request: RunRequest, entries: Sequence[FootageEntry]) -> RunRequest:
    """A run that is yet to be planned: what its inputs named and, last, the request as it is then.

    Raises RunBusy if the id is taken, RunTakenOver, ResultsTooNew, StoreFull, StoreUnreachable.
    """
    run = hold.run
    check_lake(run.store)
    _require_new(run)
    mark_lake(run.store)
    listing = RunListing(by=hold.epoch, files=len(entries))
    write_part(run.store, _listed(run, listing), map(row_of, entries), LISTED)
    begun = request.model_copy(update={"listing": listing})
    require_hold(hold)
    _write_request(run, begun)
    return begun


def _write_request(run: StoredRun, request: RunRequest) -> None:
    """One that arrives late does not take the place of another's, where a bucket honours
    conditions; on a disk none does."""
    path, data = run.state(_REQUEST), request.model_dump_json(indent=1).encode()
    if not isinstance(run.store, S3Store):
        run.store.write_atomic(path, data)
    elif not run.store.write_new(path, data) and run.store.read(path) != data:
        raise _exists_already(run)


def reauthorise(hold: Hold, authority: str, authorisation_id: str | None) -> RunRequest:
    """A run that goes on by another authority than the one that it began with. Raises
    StoreError, RunTakenOver."""
    said = {"authority": authority, "authorisation_id": authorisation_id}
    request = load_run(hold.run).model_copy(update=said)
    require_hold(hold)
    path = hold.run.state(_REQUEST)
    hold.run.store.write_atomic(path, request.model_dump_json(indent=1).encode())
    return request


def load_run(run: StoredRun) -> RunRequest:
    """Raises RunNotFound, naming recent runs, and ResultsTooNew."""
    check_lake(run.store)
    if not layout.is_run_id(run.run_id):
        raise not_found(run)
    try:
        return RunRequest.model_validate_json(run.store.read(run.state(_REQUEST)))
    except FileNotFoundError:
        raise not_found(run) from None
    except ValidationError as error:
        raise ResultsTooNew(
            f"{run.state(_REQUEST)} in {run.store.uri} is not as this version writes it: "
            "resume the run with the version that started it"
        ) from error


def has_begun(run: StoredRun) -> bool:
    return run.store.exists(run.state(_REQUEST))


def _require_new(run: StoredRun) -> None:
    if has_begun(run):
        raise _exists_already(run)


def _exists_already(run: StoredRun) -> RunBusy:
    return RunBusy(f"run {run.run_id} exists already: use `lfr resume {run.run_id}`")


def read_listing(run: StoredRun, listing: RunListing) -> Iterator[FootageEntry]:
    """In the order of their numbers, from 0. Raises ResultsError for a damaged one."""
    return map(entry_of, iterate_part(run.store, _listed(run, listing), _ANEW))


def _listed(run: StoredRun, listing: RunListing) -> str:
    return run.state(_LISTED, f"{listing.by}.parquet")


def write_plan(hold: Hold, assets: Iterable[FootageAsset], segments: Iterable[Segment]) -> None:
    """Catalogue and plan, for this holder and those that follow, in place of any before.

    They lie under names of the holder, like all that is written more than once: what a holder that
    was overtaken still writes, or what arrives late, takes nothing back. Raises RunTakenOver.
    """
    require_hold(hold)
    run = hold.run
    write_part(run.store, _place(run, _PLAN, hold.epoch), map(row_of, segments), PLAN)
    write_part(run.store, _place(run, _CATALOGUE, hold.epoch), map(row_of, assets), CATALOGUE)


def is_planned(run: StoredRun, request: RunRequest) -> bool:
    return request.listing is None or planned_by(run) != layout.NO_EPOCH


def planned_by(run: StoredRun) -> str:
    """The holder whose catalogue and plan count; '' for those that the run was created with, and
    where there are none yet."""
    paths = run.store.list(run.state(_PLANNED))
    whole = [path.split("/")[-2] for path in paths if path.endswith(f"/{_CATALOGUE}")]
    return max(whole, default=layout.NO_EPOCH)


def read_plan(run: StoredRun, planned: str | None = None) -> tuple[Segment, ...]:
    """``planned``: as ``planned_by`` says, if it was asked. Raises ResultsError for a damaged
    plan."""
    epoch = planned_by(run) if planned is None else planned
    rows = iterate_part(run.store, _place(run, _PLAN, epoch), _ANEW)
    return tuple(map(segment_of, rows))


def read_catalogue(run: StoredRun, planned: str | None = None) -> tuple[FootageAsset, ...]:
    """As ``read_plan``."""
    epoch = planned_by(run) if planned is None else planned
    rows = iterate_part(run.store, _place(run, _CATALOGUE, epoch), _ANEW)
    return tuple(map(asset_of, rows))


def _place(run: StoredRun, name: str, epoch: str) -> str:
    return run.state(_PLANNED, epoch, name) if epoch else run.state(name)


def delete_request(run: StoredRun) -> None:
    """Without it there is no such run; what is left of its state can go."""
    run.store.delete(run.state(_REQUEST))


def drop_footage(run: StoredRun, uri: str) -> None:
    """Take a file out of catalogue, plan, request and receipts, with what was listed, probed and
    told of the run, and the plans of holders that were overtaken."""
    planned = planned_by(run)
    for path in run.store.list(run.state(_PLANNED)):
        if planned and path.split("/")[-2] != planned:
            run.store.delete(path)
    for epoch in {planned, layout.NO_EPOCH}:
        _rewrite(run, _place(run, _CATALOGUE, epoch), uri, CATALOGUE)
        _rewrite(run, _place(run, _PLAN, epoch), uri, PLAN)
    for folder in (_LISTED, _PROBED, _NOTICES):
        run.store.delete(run.state(folder))
    if has_begun(run):
        said = _without_uri(load_run(run), uri)
        run.store.write_atomic(run.state(_REQUEST), said.model_dump_json(indent=1).encode())


def _without_uri(request: RunRequest, uri: str) -> RunRequest:
    def others(sentences: Sequence[str] | None) -> tuple[str, ...] | None:
        return None if sentences is None else tuple(s for s in sentences if uri not in s)

    inputs = tuple("(forgotten)" if each == uri else each for each in request.inputs)
    more = {name: others(getattr(request, name)) for name in ("gaps", "unmatched_rows")}
    return request.model_copy(update={"inputs": inputs, **more})


def _rewrite(run: StoredRun, path: str, uri: str, schema: pa.Schema) -> None:
    if not run.store.exists(path):
        return
    rows = [row for row in iterate_part(run.store, path, _ANEW) if row["uri"] != uri]
    blank = dict.fromkeys(schema.names)
    kept = [{**blank, **{n: v for n, v in row.items() if n in blank}} for row in rows]
    write_part(run.store, path, kept, schema)


def require_open(run: StoredRun) -> None:
    """Raises UsageError for a run that something was taken out of."""
    if run.store.exists(run.state(layout.FORGOTTEN)):
        raise UsageError(
            f"Something was taken out of run {run.run_id} by `lfr forget`, and it would come back: "
            "start a new run in its place."
        )


def list_runs(store: Store, most: int | None = None) -> tuple[str, ...]:
    """Ids of the runs that can be resumed or looked at, newest first; ``most`` of them."""
    ids = (layout.run_id_of(f"_state/{name}") for name in store.folders("_state"))
    newest = sorted((run_id for run_id in ids if run_id), reverse=True)
    whole = (each for each in newest if store.exists(layout.state(each, _REQUEST)))
    return tuple(islice(whole, most))


def no_runs(store: Store) -> str:
    """Of a root without runs: whether it ever had any, or is no place of results."""
    return NO_RUNS if lake_version(store) else NO_LAKE


def not_found(run: StoredRun) -> RunNotFound:
    recent = list_runs(run.store, 3)
    there = f"recent runs are {', '.join(recent)} (`lfr runs`)" if recent else no_runs(run.store)
    return RunNotFound(f"there is no run {run.run_id!r} in {run.store.uri}; {there}")
