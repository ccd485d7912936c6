"""From what was asked for to a run that may begin: which files, which threshold, which arithmetic.

No file is probed yet: what can be refused is refused before there is a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from lfr_batch.config.load import config_hash, dump_config
from lfr_batch.config.schema import Config
from lfr_batch.footage.manifest import FootageManifest, match, read_manifest
from lfr_batch.footage.places import ObjectState
from lfr_batch.footage.sources import list_footage, source_of
from lfr_batch.gallery.derivation import pack_for
from lfr_batch.gallery.deriving import derive
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import digests_of, load_snapshot
from lfr_batch.gallery.thresholds import ThresholdChoice
from lfr_batch.gallery.warned import warning_of
from lfr_batch.homes.at_hand import Home, pack_at_hand, snapshot_at_hand
from lfr_batch.models.licence import require_permitted_use
from lfr_batch.models.settled import Settled
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.oversight.authority import Authority
from lfr_batch.recognition.planned import planned_with
from lfr_batch.recognition.settle import Settle, agree_here, settled_hash
from lfr_batch.records import FootageEntry
from lfr_batch.results.run_state import RunRequest, new_run_id
from lfr_batch.scanning.only_videos import require_stills
from lfr_batch.version import __version__

NAMED = 1000
"""A request is read again and again: it names no more than these, and says how many there are."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator asked for."""

    kind: Literal["scan", "search"]
    inputs: tuple[str, ...]
    manifest: str | None
    gallery: str
    authority: Authority
    licence_statement: str | None
    config: Config
    home: Home
    run_id: str | None = None
    """None: a new one is made up."""
    new_only: bool = False
    """Footage is left out that an earlier run of the case has searched with all of this."""
    standing: str | None = None
    """The standing job of which it is a tick."""


@dataclass(frozen=True, slots=True)
class RunBasis:
    """What faces are found and compared with, and from which score they count."""

    pack: Pack
    statement: str | None
    """Of the pack's licence, where it needs one."""
    snapshot: Snapshot
    choice: ThresholdChoice


@dataclass(frozen=True, slots=True)
class FoundFootage:
    """What the inputs and the manifest mean, before anything is probed."""

    entries: tuple[FootageEntry, ...]
    said: tuple[str, ...]
    """Sentences for the operator."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What in the named folders is no footage, by what it is."""
    gaps: tuple[str, ...] = ()
    """As ``FootageListing.gaps``."""
    strays: tuple[str, ...] = ()
    """Rows of the manifest that are about none of the inputs."""
    unlisted: tuple[str, ...] = ()
    """Footage that no row of the manifest is about."""
    states: Mapping[str, ObjectState] = field(default_factory=dict)
    """As ``places.Found``."""
    searched_before: Mapping[str, int] | None = None
    """Files that are not among the entries, since an earlier run searched them: how many, by that
    run; None: none was to be left out."""

    def account(self) -> dict[str, Any]:
        """What a run's request says of it."""
        rows = {"row of the manifest that matches no footage": len(self.strays)}
        return {
            "left_out": {**self.left_out, **(rows if self.strays else {})},
            "gaps": _first(self.gaps),
            "unmatched_rows": _first(self.strays),
            "searched_before": self.searched_before and _most(self.searched_before),
        }

    def without_entries(self) -> FoundFootage:
        """For whoever keeps it when the run has them on record: they may be a million."""
        return replace(self, entries=(), states={})


def _most(counts: Mapping[str, int]) -> Mapping[str, int]:
    """By the runs that searched most of them; the others together."""
    runs = sorted(counts, key=lambda run: (-counts[run], run))
    more = sum(counts[run] for run in runs[NAMED:])
    named = {run: counts[run] for run in runs[:NAMED]}
    return {**named, f"{len(runs) - NAMED} more runs": more} if more else named


def _first(said: tuple[str, ...]) -> tuple[str, ...]:
    more = len(said) - NAMED
    return (*said[:NAMED], f"… and {more} more") if more > 0 else said


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that may begin."""

    request: RunRequest
    choice: ThresholdChoice
    found: FoundFootage
    said: tuple[str, ...] = ()
    """For the operator: what is to be said of the gallery, and a sentence about each machine that
    will not search."""


Sift = Callable[[FoundFootage, RunRequest], FoundFootage]
"""Given what was found and the request of the run: with the entries alone that are to be searched,
and an account of the others."""


def prepare_run(
    order: Order,
    now: datetime,
    on_found: Callable[[FoundFootage], None] = lambda _: None,
    settle: Settle = agree_here,
    sift: Sift | None = None,
) -> Prepared:
    """Check everything that can be refused before a file is probed, and list the footage.

    ``settle`` says what the workers will compute with. Raises UsageError, PackError, GalleryError,
    StoreError, EngineError.
    """
    basis = basis_of(order)
    found = find_footage(order)
    on_found(found)
    if order.kind == "search":
        require_stills(found.entries, order.config.s3)
    agreed = settle(order.home, order.config, order.kind)
    begun = request_of(order, now, basis, agreed.settled)
    found = sift(found, begun) if sift else found
    warning = warning_of(basis.snapshot, now.date())
    begun = begun.model_copy(update={**found.account(), "gallery_warning": warning})
    return Prepared(begun, basis.choice, found, (*filter(None, [warning]), *agreed.said))


def basis_of(order: Order, gallery_home: Home | None = None) -> RunBasis:
    """``gallery_home``: where the gallery is; None: with the models. Raises PackError,
    GalleryError, LicenceRefused, UsageError."""
    s3 = order.config.s3
    pack = load_pack(pack_at_hand(order.home, order.config.pack, s3), order.config.pack)
    statement = require_permitted_use(pack.manifest, order.licence_statement)
    there = snapshot_at_hand(gallery_home or order.home, order.gallery, None, s3)
    snapshot = load_snapshot(there, order.gallery)
    pack = pack_for(snapshot, pack)
    choice = derive_threshold(order.config, pack, snapshot)
    return RunBasis(pack, statement, snapshot, choice)


def request_of(order: Order, now: datetime, basis: RunBasis, settled: Settled) -> RunRequest:
    """What a run is asked for with, but for the footage."""
    request, pack = _request(order, now, basis, settled), basis.pack
    keys = {
        "segment_key": result_key(request, pack, order.config, settled),
        "search_key": search_key(request, pack, order.config, settled),
    }
    return request.model_copy(update=keys)


def derive_threshold(config: Config, pack: Pack, snapshot: Snapshot) -> ThresholdChoice:
    return derive(config.decide, pack.manifest, snapshot)


def find_footage(order: Order) -> FoundFootage:
    """The inputs with what the manifest says of them, or the manifest's own rows.

    There may be none where only what is new is asked for.

    Raises UsageError, also for a row at a place of another kind where the rows are the footage.
    """
    config = order.config
    manifest = FootageManifest()
    if order.manifest:
        manifest = read_manifest(order.manifest, config.footage.time_zone)
    if not order.inputs:
        named = (
            replace(row, uri=source_of(row.uri, config.s3).stored()) for row in manifest.entries
        )
        return FoundFootage(tuple(named), manifest.said)
    listing = list_footage(order.inputs, config.s3, may_be_empty=order.new_only)
    said = (*manifest.said, *listing.said)
    found = FoundFootage(
        listing.entries, said, listing.left_out, listing.gaps, states=listing.states
    )
    if not order.manifest:
        return found
    matched = match(listing.entries, manifest)
    return replace(found, entries=matched.entries, strays=matched.strays, unlisted=matched.unlisted)


def result_key(request: RunRequest, pack: Pack, config: Config, settled: Settled) -> str:
    """All that decides a segment's result, and nothing else; the segment ids follow from it."""
    decisive = (
        __version__,
        settled_hash(config, settled),
        pack.manifest.identity,
        *(pack.manifest.files[file] for file in pack.manifest.models),
        request.snapshot_id,
        repr(request.threshold),
        repr(request.lone_threshold),
        *(("relative",) if request.score_kind == "relative" else ()),
    )
    return hashlib.sha256("\n".join(decisive).encode()).hexdigest()[:16]


def search_key(request: RunRequest, pack: Pack, config: Config, settled: Settled) -> str:
    """The same but for what computes: on another processor or GPU rows may differ in their last
    digits, which is no reason to search an archive again."""
    return result_key(request, pack, config, replace(settled, hardware=()))


def _request(order: Order, now: datetime, basis: RunBasis, settled: Settled) -> RunRequest:
    choice = basis.choice
    return RunRequest(
        run_id=order.run_id or new_run_id(now, order.kind),
        kind=order.kind,
        inputs=order.inputs,
        manifest=order.manifest,
        config=dump_config(order.config),
        config_hash=config_hash(order.config),
        case_ref=order.authority.case_ref,
        authority=order.authority.authority,
        authorisation_id=order.authority.authorisation_id,
        purpose=order.authority.purpose,
        operator=order.authority.operator,
        gallery=order.gallery,
        snapshot_id=basis.snapshot.snapshot_id,
        pack_id=basis.pack.manifest.pack_id,
        licence_statement=basis.statement,
        threshold=choice.value,
        lone_threshold=choice.lone,
        score_kind=choice.score,
        threshold_method=choice.method,
        expected_fpir=choice.expected_fpir,
        threshold_source="override" if choice.overridden else "derived",
        threshold_fmr=choice.calibrated_fmr,
        target_fpir=None if choice.overridden else choice.target_fpir,
        comparisons=len(basis.snapshot.subject_ids),
        started_at=now,
        home=str(order.home),
        software_version=__version__,
        settled=settled,
        planned=planned_with(basis.pack, digests_of(basis.snapshot)),
        new_only=order.new_only,
        standing=order.standing,
    )
