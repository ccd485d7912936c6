"""A run's own state under ``_state/run_id=R``: everything needed to resume it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.errors import ResultsTooNew, RunBusy, RunNotFound
from lfr_batch.models.settled import Settled
from lfr_batch.records import FootageAsset, Segment
from lfr_batch.results import layout
from lfr_batch.results.lake_version import check_lake, mark_lake
from lfr_batch.results.parts import iterate_part, write_part
from lfr_batch.results.rows import asset_of, row_of, segment_of
from lfr_batch.results.state_schemas import CATALOGUE, PLAN
from lfr_batch.storage.store import Store

_ANEW = "restore it from a copy or start a new run"

RunKind = Literal["scan", "search", "live"]
ThresholdSource = Literal["derived", "override"]


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
    target_fpir: float | None
    comparisons: int
    """Gallery entries each probe is compared with: the N of the derivation."""
    started_at: AwareDatetime
    home: str
    software_version: str
    settled: Settled | None = None
    """What every 'auto' of ``config`` became; None in runs of before."""


def new_run_id(now: datetime, kind: RunKind) -> str:
    """Like ``20260131-104502-scan-3f2a``: sorts by time, differs within a second."""
    return f"{now:%Y%m%d-%H%M%S}-{kind}-{secrets.token_hex(2)}"


def create_run(
    store: Store,
    request: RunRequest,
    assets: Sequence[FootageAsset],
    segments: Sequence[Segment],
) -> None:
    """Write catalogue, plan and, last, the request: without it there is no run.

    Raises RunBusy if the id is taken, ResultsTooNew, StoreFull, StoreUnreachable.
    """
    run_id = request.run_id
    check_lake(store)
    if not layout.is_run_id(run_id):
        raise ValueError(f"{run_id!r} cannot name a run")
    if store.exists(_request_path(run_id)):
        raise RunBusy(f"run {run_id} exists already: use `lfr resume {run_id}`")
    mark_lake(store)
    catalogue, plan = (
        layout.state(run_id, "catalogue.parquet"),
        layout.state(run_id, "plan.parquet"),
    )
    write_part(store, catalogue, map(row_of, assets), CATALOGUE)
    write_part(store, plan, map(row_of, segments), PLAN)
    store.write_atomic(_request_path(run_id), request.model_dump_json(indent=1).encode())


def load_run(store: Store, run_id: str) -> RunRequest:
    """Raises RunNotFound, naming recent runs, and ResultsTooNew."""
    check_lake(store)
    if not layout.is_run_id(run_id):
        raise not_found(store, run_id)
    try:
        return RunRequest.model_validate_json(store.read(_request_path(run_id)))
    except FileNotFoundError:
        raise not_found(store, run_id) from None
    except ValidationError as error:
        raise ResultsTooNew(
            f"{_request_path(run_id)} in {store.uri} is not as this version writes it: "
            "resume the run with the version that started it"
        ) from error


def read_plan(store: Store, run_id: str) -> tuple[Segment, ...]:
    """Raises ResultsError for a damaged plan."""
    rows = iterate_part(store, layout.state(run_id, "plan.parquet"), _ANEW)
    return tuple(map(segment_of, rows))


def read_catalogue(store: Store, run_id: str) -> tuple[FootageAsset, ...]:
    """Raises ResultsError for a damaged catalogue."""
    rows = iterate_part(store, layout.state(run_id, "catalogue.parquet"), _ANEW)
    return tuple(map(asset_of, rows))


def list_runs(store: Store) -> tuple[str, ...]:
    """Ids of the runs that can be resumed or looked at, newest first."""
    paths = store.list("_state")
    whole = {layout.run_id_of(path) for path in paths if path.endswith("/request.json")}
    return tuple(sorted((r for r in whole if r), reverse=True))


def not_found(store: Store, run_id: str) -> RunNotFound:
    recent = list_runs(store)[:3]
    there = f"recent runs are {', '.join(recent)}" if recent else "there are no runs yet"
    return RunNotFound(f"there is no run {run_id!r} in {store.uri}; {there} (`lfr runs`)")


def _request_path(run_id: str) -> str:
    return layout.state(run_id, "request.json")
