"""What a pack has of a run's plan, so that its segments can be searched again; and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lfr_batch.evidence.facts import SightingFacts, plain
from lfr_batch.records import FootageAsset, Segment
from lfr_batch.results.rows import asset_of, row_of, segment_of
from lfr_batch.results.run_state import read_catalogue, read_plan
from lfr_batch.results.stored_run import StoredRun

_LONG = ("keyframes_ns", "entry_bytes")
"""Of an asset: what a segment that is planned does not need."""


@dataclass(frozen=True, slots=True)
class PackedPlan:
    """Segments in which sightings are, in order of the plan, and their assets."""

    assets: tuple[FootageAsset, ...]
    segments: tuple[Segment, ...]


def plan_document(run: StoredRun, sightings: Iterable[SightingFacts]) -> dict[str, Any]:
    """The member ``segments.json``. Raises ResultsError for a damaged plan."""
    plan, wanted = read_plan(run), set[str]()
    for each in sightings:
        wanted |= {segment.segment_id for segment in _of(each, plan)}
    kept = [segment for segment in plan if segment.segment_id in wanted]
    files = {segment.footage_id for segment in kept}
    assets = [asset for asset in read_catalogue(run) if asset.footage_id in files]
    return {
        "assets": [
            {name: plain(value) for name, value in row_of(asset).items() if name not in _LONG}
            for asset in assets
        ],
        "segments": [plain(row_of(segment)) for segment in kept],
    }


def packed_plan(said: Mapping[str, Any]) -> PackedPlan:
    """From ``segments.json``."""
    return PackedPlan(
        tuple(asset_of({**row, "start_utc": _moment(row["start_utc"])}) for row in said["assets"]),
        tuple(map(segment_of, said["segments"])),
    )


def _of(each: SightingFacts, plan: Sequence[Segment]) -> Iterator[Segment]:
    """From the segment in which it begins to that in which it ends."""
    row, begun = each.row, False
    for segment in plan:
        if segment.footage_id != row["footage_id"]:
            continue
        begun = begun or segment.segment_id == row["segment_id"]
        if begun and (segment.segment_id == row["segment_id"] or segment.start_s <= row["end_s"]):
            yield segment


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
