"""A run's plan as it is taken up again: footage that could not be got at is probed anew.

What a bucket refused, or a disk that was not there, says nothing of a file. Its segments join the
plan as if it had been got at from the beginning, under the ids that they would have had.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from lfr_batch.config.schema import Config
from lfr_batch.footage.segments import plan_segments
from lfr_batch.homes.at_hand import home_at, pack_at_hand
from lfr_batch.models.settled import Settled
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.records import FootageAsset, FootageEntry, Segment
from lfr_batch.results.hold import Hold
from lfr_batch.results.run_state import (
    RunRequest,
    load_run,
    planned_by,
    read_catalogue,
    read_plan,
    write_plan,
)
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.plan import result_key
from lfr_batch.scanning.planning import searched_in, without_index
from lfr_batch.scanning.probing import Numbered, OpenProbers, probe_all
from lfr_batch.work.attempts import Tell


@dataclass(frozen=True, slots=True)
class Planned:
    segments: tuple[Segment, ...]
    by: str
    """See ``run_state.planned_by``."""


def as_planned(run: StoredRun) -> Planned:
    by = planned_by(run)
    return Planned(read_plan(run, by), by)


def probed_again(
    hold: Hold, config: Config, planned: Planned, open_probers: OpenProbers, tell: Tell
) -> Planned:
    """The plan with what is found now; the same where nothing is. Raises StoreAway, RunTakenOver,
    PackError."""
    request, assets = load_run(hold.run), read_catalogue(hold.run, planned.by)
    lost = [asset for asset in assets if asset.status == "failed" and asset.retryable]
    if not lost or request.settled is None:
        return planned
    of = f"{len(lost)} of {len(assets)} recordings"
    tell(f"Probed again, since they could not be got at when the run was planned: {of}.")
    found = dict(zip(lost, _probed(lost, request, config, open_probers, tell), strict=True))
    if all(now == (before,) for before, now in found.items()):
        return planned
    key = request.segment_key or _key(request, config, request.settled)
    more = [
        segment
        for now in found.values()
        for asset in now
        for segment in plan_segments(asset, config.footage.segment_s, key)
    ]
    amended = [without_index(now) for asset in assets for now in found.get(asset, (asset,))]
    segments = (*planned.segments, *more)
    write_plan(hold, amended, segments)
    return Planned(segments, hold.epoch)


def _key(request: RunRequest, config: Config, settled: Settled) -> str:
    """Of a run of before, which has it not on record."""
    return result_key(request, _pack_of(request, config), config, settled)


def _pack_of(request: RunRequest, config: Config) -> Pack:
    """As it made the templates of the run's gallery."""
    pack = load_pack(pack_at_hand(home_at(request.home), config.pack, config.s3), config.pack)
    by_id = {each.manifest.pack_id: each for each in pack.derivations()}
    return by_id.get(request.pack_id, pack)


def _probed(
    lost: Sequence[FootageAsset],
    request: RunRequest,
    config: Config,
    open_probers: OpenProbers,
    tell: Tell,
) -> list[tuple[FootageAsset, ...]]:
    """In the order of ``lost``."""
    entries = [Numbered(number, entry_of(asset)) for number, asset in enumerate(lost)]
    with (
        open_probers(config.engine, len(entries), tell) as probers,
        closing(probe_all(probers, entries, config, tell)) as found,
    ):
        held = {each.number: each.assets for each in found}
    return [searched_in(request, held[number]) for number in range(len(lost))]


def entry_of(asset: FootageAsset) -> FootageEntry:
    """What it was probed with, of one that could not be probed. A start that the manifest told is
    forgotten where another place goes before it that told one, too: it would again."""
    told = asset.start_utc if asset.start_source == "manifest" else None
    return FootageEntry(
        asset.uri, asset.camera_id, asset.site, told, asset.rotation_deg, asset.aspect
    )
