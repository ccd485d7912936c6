"""From what was asked for to a deployment: everything that can be refused is refused here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lfr_batch.casework.authorised import granted
from lfr_batch.casework.case_files import case_files
from lfr_batch.config.live import LiveConfig
from lfr_batch.config.load import config_hash, dump_config
from lfr_batch.config.policy import WatchlistPolicy
from lfr_batch.errors import ConfigError, StoreError, UsageError
from lfr_batch.footage.stream_address import redacted
from lfr_batch.footage.streams import open_stream
from lfr_batch.gallery.derivation import pack_for
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.snapshot_files import read_manifest
from lfr_batch.gallery.store import digests_of, load_snapshot
from lfr_batch.gallery.thresholds import HIGHEST_SCORE, ThresholdChoice
from lfr_batch.live.afterwards.retention_terms import json_lines_path
from lfr_batch.live.alerts.sinks.delivery import Setting
from lfr_batch.live.alerts.sinks.json_lines import require_own_file
from lfr_batch.live.alerts.sinks.table import open_sinks
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.deployment.listed import Listed, look_through, require_allowed
from lfr_batch.live.deployment.plan import LivePlan, SayStep, unsaid
from lfr_batch.live.deployment.volunteers import require_watchlist
from lfr_batch.live.deployment.watchlist import watchlist_home
from lfr_batch.live.deployment.window import Term, require_authority, term_of
from lfr_batch.live.records import DeploymentRecord
from lfr_batch.models.licence import require_permitted_use
from lfr_batch.models.store import load_pack
from lfr_batch.oversight.authority import Authority, is_authorisation_id
from lfr_batch.oversight.authority import require_authority as stated_authority
from lfr_batch.recognition.planned import planned_with
from lfr_batch.recognition.settle import settle_here
from lfr_batch.results import layout
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.run_state import RunRequest, new_run_id
from lfr_batch.results.store import open_store
from lfr_batch.scanning.plan import derive_threshold
from lfr_batch.storage.store import Store
from lfr_batch.version import __version__
from lfr_batch.visible import plain_line
from lfr_batch.work.machine import sized_here


@dataclass(frozen=True, slots=True)
class LiveOrder:
    """What the operator asked for."""

    config: LiveConfig
    home: Path
    results_root: str
    rehearse: bool = False
    aim: bool = False
    """Nobody is looked for until somebody says so on the console."""
    rules: WatchlistPolicy = field(default_factory=WatchlistPolicy)
    """Of the house, for its watchlist."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Ready to begin; nothing of it is on the disk yet."""

    plan: LivePlan
    request: RunRequest
    choice: ThresholdChoice
    term: Term
    snapshot: Snapshot
    """Of the gallery itself, from which the deployment's own copy is made."""
    sinks: tuple[str, ...]
    listed: Listed
    """What was found in its watchlist."""

    @property
    def record(self) -> DeploymentRecord:
        return self.plan.deployment


def make_deployment(order: LiveOrder, now: datetime, at: SayStep = unsaid) -> Deployment:
    """Check everything that can be refused; ``at``: is told what is being checked.

    Raises UsageError (window, authority, watchlist, cameras, sinks, threshold, results root, rules
    of the house), PackError, GalleryError.
    """
    order = _with_places_resolved(order)
    config = order.config
    require_authority(config.deployment)
    files = case_files(order.home, config.s3)
    granted(files, _authority(config), datetime.now(UTC), "a deployment")
    require_own_file(config)
    for camera in config.cameras:
        open_stream(camera)
    at(f"checking model pack {config.pack}")
    pack = load_pack(order.home, config.pack)
    statement = require_permitted_use(pack.manifest, config.deployment.licence, now)
    at(f"checking watchlist {config.watchlist.gallery}")
    snapshot = load_snapshot(order.home, config.watchlist.gallery, config.watchlist.snapshot)
    pack = pack_for(snapshot, pack)
    term = term_of(config, snapshot.enrolled_utc, now, order.rehearse, order.aim)
    listed = look_through(order.home, snapshot, order.rules, term.starts_at, config.seeding)
    require_watchlist(listed.seeding, listed.composition.entries, order.rehearse)
    require_allowed(listed, order.rules)
    choice = derive_threshold(config.as_scan(), pack, snapshot)
    _require_reachable(choice)
    at("checking where alerts are kept")
    with _refusing():
        store = open_store(order.results_root, config.s3)
        check_lake(store)
    record = _record(order, term, snapshot, choice, listed)
    sinks = tuple(open_sinks(Setting(record, config, store)))
    with _refusing():
        _try_out(store, record.deployment_id)
    # One analyst, whose GPU, if there is one, is its own.
    sized = sized_here(config.as_scan(), items=1)
    at("finding out how this machine computes, which takes a while the first time")
    settled = settle_here(order.home, sized, "live")
    plan = LivePlan(
        config=config.model_copy(update={"engine": sized.engine}),
        deployment=record,
        home=order.home,
        watchlist_home=watchlist_home(order.home, record.deployment_id),
        router_folder=router_folder(order.home, record.deployment_id),
        results_root=order.results_root,
        settled=settled,
        planned=planned_with(pack, digests_of(snapshot)),
        watch_from=term.watch_from,
    )
    request = _request(order, plan, snapshot, choice, statement)
    return Deployment(plan, request, choice, term, snapshot, sinks, listed)


def _with_places_resolved(order: LiveOrder) -> LiveOrder:
    """Links are followed once, here: where alerts go, and what retention deletes, is the same place
    however they change."""
    lines = json_lines_path(order.config)
    alerts = order.config.alerts.model_copy(update={"json_lines": str(lines) if lines else None})
    root = order.results_root
    return replace(
        order,
        config=order.config.model_copy(update={"alerts": alerts}),
        results_root=root if "://" in root else str(Path(root).resolve()),
    )


def shown_config(config: LiveConfig) -> dict[str, object]:
    """As it is recorded: addresses without what may be secret in them."""
    cameras = tuple(
        camera.model_copy(update={"source": redacted(camera.source)}) for camera in config.cameras
    )
    webhook = config.alerts.webhook
    if webhook is not None:
        webhook = webhook.model_copy(update={"url": redacted(webhook.url)})
    alerts = config.alerts.model_copy(update={"webhook": webhook})
    return dump_config(config.model_copy(update={"cameras": cameras, "alerts": alerts}))


def _authority(config: LiveConfig) -> Authority:
    asked = config.deployment
    return stated_authority(asked.case, asked.authority, asked.purpose, operator=asked.operator)


def _require_reachable(choice: ThresholdChoice) -> None:
    """A derived threshold that nobody can reach is none."""
    if choice.value >= HIGHEST_SCORE and not choice.overridden:
        raise ConfigError(
            f"No threshold keeps to a target of {choice.target_fpir:g} on a watchlist of "
            f"{choice.comparisons} templates: ask for less with decide.target_fpir, shorten the "
            "watchlist, or give --threshold."
        )


@contextmanager
def _refusing() -> Iterator[None]:
    """Results that cannot be used are the order's mistake."""
    try:
        yield
    except StoreError as error:
        raise UsageError(f"No alert could be kept: {error}.") from error


def _try_out(store: Store, deployment_id: str) -> None:
    store.write_atomic(layout.state(deployment_id, "trial"), b"")
    store.delete(layout.state(deployment_id))


def _record(
    order: LiveOrder, term: Term, snapshot: Snapshot, choice: ThresholdChoice, listed: Listed
) -> DeploymentRecord:
    config, volunteers = order.config, len(listed.seeding.volunteers)
    stated = _authority(config)
    return DeploymentRecord(
        deployment_id=new_run_id(term.starts_at, "live"),
        place=plain_line(config.deployment.place),
        case_ref=stated.case_ref,
        authorising_officer=plain_line(config.deployment.authorising_officer),
        authority=stated.authority,
        purpose=stated.purpose,
        operator=stated.operator,
        started_at=term.starts_at,
        ends_at=term.ends_at,
        cameras=tuple(camera.name for camera in config.cameras),
        gallery=snapshot.name,
        snapshot_id=snapshot.snapshot_id,
        watchlist_size=read_manifest(snapshot.path).subjects - volunteers,
        pack_id=snapshot.pack_id,
        threshold=choice.value,
        score_kind=choice.score,
        target_fpir=None if choice.overridden else choice.target_fpir,
        keep_until=term.ends_at + timedelta(hours=config.retention.period_h),
        rehearsal=order.rehearse,
        volunteers=volunteers,
    )


def _request(
    order: LiveOrder,
    plan: LivePlan,
    snapshot: Snapshot,
    choice: ThresholdChoice,
    statement: str | None,
) -> RunRequest:
    """The deployment as a run; a camera is an input."""
    record, config = plan.deployment, order.config
    return RunRequest(
        run_id=record.deployment_id,
        kind="live",
        inputs=tuple(redacted(camera.source) for camera in config.cameras),
        config=shown_config(config),
        config_hash=config_hash(config),
        case_ref=record.case_ref,
        authority=f"{record.authorising_officer}, {record.authority}",
        authorisation_id=record.authority if is_authorisation_id(record.authority) else None,
        purpose=record.purpose,
        operator=record.operator,
        gallery=record.gallery,
        snapshot_id=record.snapshot_id,
        pack_id=record.pack_id,
        licence_statement=statement,
        threshold=choice.value,
        threshold_source="override" if choice.overridden else "derived",
        threshold_fmr=choice.calibrated_fmr,
        score_kind=choice.score,
        threshold_method=choice.method,
        expected_fpir=choice.expected_fpir,
        target_fpir=None if choice.overridden else choice.target_fpir,
        comparisons=len(snapshot.subject_ids),
        started_at=record.started_at,
        home=str(order.home),
        software_version=__version__,
        settled=plan.settled,
    )
