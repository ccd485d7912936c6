"""From receipts and stitched sightings to the lake: a run becomes visible, whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import pyarrow as pa

from lfr_batch.records import FootageAsset, Segment, SegmentOutcome, Sighting
from lfr_batch.results import layout, rollup
from lfr_batch.results.lake import write_views
from lfr_batch.results.parts import write_part
from lfr_batch.results.run_log import DONE, RunStatus, latest_row, record_run
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.schemas import DATASETS, part_schema
from lfr_batch.results.shards import delete_shards
from lfr_batch.results.store import Store

PART_ROWS = 20_000
PART_BYTES = 64 << 20
"""Pictures in one part, at most; with PART_ROWS it bounds the memory of publishing."""

_IN_ORDER_OF_APPEARANCE = ("footage", "segments", "best_shots", "candidates", "sightings")
"""A sighting that can be seen has its candidates and its picture."""


def publish_run(
    store: Store,
    request: RunRequest,
    assets: Sequence[FootageAsset],
    plan: Iterable[Segment],
    outcomes: Mapping[str, SegmentOutcome],
    sightings: Iterable[Sighting],
    status: RunStatus,
    error: str | None = None,
    finished_at: datetime | None = None,
) -> None:
    """Make the run's rows visible, then its final row in ``runs``, then remove its shards.

    ``sightings`` are stitched and come footage by footage. Doing it twice, or again after it was
    killed half-way, leaves the same datasets. A run that is already complete is only tidied up:
    its shards may be gone. Shards of a run with failures stay, since resuming it needs them.
    """
    recorded = latest_row(store, request.run_id)
    if recorded is None or recorded["status"] not in DONE:
        totals = _publish_datasets(store, request, assets, plan, outcomes, sightings)
        record_run(store, request, status, totals=totals, error=error, at=finished_at)
        recorded = {"status": status}
    write_views(store)
    store.delete(_staging(request.run_id))
    if recorded["status"] in DONE:
        delete_shards(store, request.run_id)


def _publish_datasets(
    store: Store,
    request: RunRequest,
    assets: Sequence[FootageAsset],
    plan: Iterable[Segment],
    outcomes: Mapping[str, SegmentOutcome],
    sightings: Iterable[Sighting],
) -> dict[str, Any]:
    run_id = request.run_id
    store.delete(_staging(run_id))
    per_asset = _stage_sightings(store, request, assets, sightings)
    totals = _stage_receipts(store, run_id, assets, _by_asset(assets, plan), outcomes, per_asset)
    for dataset in _IN_ORDER_OF_APPEARANCE:
        source = f"{_staging(run_id)}/{dataset}"
        store.replace_directory(source, layout.run_directory(dataset, run_id))
    return totals


def _by_asset(assets: Sequence[FootageAsset], plan: Iterable[Segment]) -> dict[str, list[Segment]]:
    """Every asset's segments in order of time; assets in their order, also those without any."""
    of_asset: dict[str, list[Segment]] = {asset.footage_id: [] for asset in assets}
    for segment in plan:
        of_asset[segment.footage_id].append(segment)
    for segments in of_asset.values():
        segments.sort(key=attrgetter("start_ns", "segment_id"))
    return of_asset


def _stage_receipts(
    store: Store,
    run_id: str,
    assets: Sequence[FootageAsset],
    segments_of: Mapping[str, Sequence[Segment]],
    outcomes: Mapping[str, SegmentOutcome],
    sightings: Counter[str],
) -> dict[str, Any]:
    """Rows of ``segments``, by file and time, and of ``footage``; a file's at a time.

    What they add up to comes back: the counting columns of a ``runs`` row.
    """
    segments, footage = (_RollingParts(store, run_id, name) for name in ("segments", "footage"))
    totals = rollup.run_totals((), (), 0)
    for asset in assets:
        found = sightings[asset.footage_id]
        rows = [
            rollup.segment_row(segment, outcomes.get(segment.segment_id))
            for segment in segments_of[asset.footage_id]
        ]
        row = rollup.footage_row(asset, rows, found)
        for receipt in rows:
            segments.add(receipt)
        footage.add(row)
        totals = rollup.added(totals, rollup.run_totals((row,), rows, found))
    segments.close()
    footage.close()
    return totals


def _stage_sightings(
    store: Store,
    request: RunRequest,
    assets: Sequence[FootageAsset],
    sightings: Iterable[Sighting],
) -> Counter[str]:
    """One pass over the sightings, three datasets; the number of sightings of each asset."""
    by_id, counts = {asset.footage_id: asset for asset in assets}, Counter[str]()
    parts = {
        dataset: _RollingParts(store, request.run_id, dataset)
        for dataset in ("sightings", "candidates", "best_shots")
    }
    for sighting in _ordered(sightings):
        asset = by_id[sighting.footage_id]
        parts["sightings"].add(rollup.sighting_row(sighting, asset, request.threshold))
        for row in rollup.candidate_rows(sighting):
            parts["candidates"].add(row)
        parts["best_shots"].add(rollup.best_shot_row(sighting), len(sighting.jpeg))
        counts[sighting.footage_id] += 1
    for writer in parts.values():
        writer.close()
    return counts


def _ordered(sightings: Iterable[Sighting]) -> Iterable[Sighting]:
    for _, of_one_asset in groupby(sightings, key=lambda s: s.footage_id):
        yield from sorted(of_one_asset, key=lambda s: (s.start_ns, s.sighting_id))


def _staging(run_id: str) -> str:
    return layout.state(run_id, "publish")


class _RollingParts:
    """Rows of one dataset into parts of bounded size; at least one part, so the view has types."""

    def __init__(self, store: Store, run_id: str, dataset: str) -> None:
        self._store = store
        self._directory = f"{_staging(run_id)}/{dataset}"
        self._schema: pa.Schema = part_schema(DATASETS[dataset])
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._written = 0

    def add(self, row: dict[str, Any], size: int = 0) -> None:
        if len(self._rows) >= PART_ROWS or (self._rows and self._bytes + size > PART_BYTES):
            self._flush()
        self._rows.append(row)
        self._bytes += size

    def close(self) -> None:
        if self._rows or not self._written:
            self._flush()

    def _flush(self) -> None:
        path = layout.part(self._directory, self._written)
        write_part(self._store, path, self._rows, self._schema)
        self._written += 1
        self._rows, self._bytes = [], 0
