"""From receipts and stitched sightings to the lake: a run becomes visible, whole.

Parts are written where they stay, under names that begin with their holder's epoch. Nobody reads
them until the run has a final row of that epoch and the manifest names them with it: then all of
them at once take the place of what was read before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from lfr_batch.errors import ResultsError
from lfr_batch.records import FootageAsset, Segment, Sighting
from lfr_batch.results import layout, rollup
from lfr_batch.results.hold import Hold, require_hold
from lfr_batch.results.lake import write_views
from lfr_batch.results.ledger import delete_old_ledgers
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import GROUP_ROWS, Filling, group_rows, table_of
from lfr_batch.results.probed import delete_probed
from lfr_batch.results.run_log import DONE, RunEntry, latest_row, record_run
from lfr_batch.results.run_state import RunState
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.shards import delete_shards
from lfr_batch.results.showing import show, shown_epoch

PART_BYTES = 64 << 20
"""Of a part, about, and of the pictures that are in memory as rows; with GROUP_ROWS it bounds the
memory of publishing. What a run leaves is compacted later if it is less."""

ReadEnrolled = Callable[[Collection[str]], Mapping[str, rollup.Enrolled]]
"""Ids of subjects → what the run's snapshot knows of them; nothing of those it does not have."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """By footage id."""

    found: Counter[str]
    """Sightings, after stitching."""
    pieces: Counter[str]
    """What they were stitched of: as many as receipts claim."""
    proposed: frozenset[str]
    """Ids of subjects."""


def nobody_known(subject_ids: Collection[str]) -> Mapping[str, rollup.Enrolled]:  # noqa: ARG001
    """Where there is no snapshot to be asked."""
    return {}


def publish_run(
    hold: Hold,
    state: RunState,
    sightings: Iterable[Sighting],
    entry: RunEntry,
    enrolled: ReadEnrolled = nobody_known,
) -> None:
    """Write the run's parts, then its final row in ``runs``, then remove what is no longer needed.

    ``sightings`` are stitched and come footage by footage; the final row is ``entry`` with the
    totals that follow; of the subjects that were proposed there is a row with what ``enrolled``
    says of them. Doing it again after it was killed
    half-way ends with the same rows. A run that is already complete is only tidied up: its shards
    may be gone. Shards of a run with failures stay, since resuming it needs them.

    Raises RunTakenOver, and ResultsError where the sightings are not those that the receipts claim
    or a part is not there after it was written: then no row says that the run has finished.
    """
    require_hold(hold)
    recorded = latest_row(hold.run)
    if recorded is None or recorded["status"] not in DONE:
        totals = _publish_datasets(hold, state, sightings, enrolled)
        require_hold(hold)
        record_run(hold, state.request, replace(entry, totals=totals))
    else:
        show(hold.run)
        write_views(hold.run.store)
    tidy(hold)


def withdraw(hold: Hold) -> None:
    """What a holder that was overtaken wrote, as far as nobody can need it: pictures of people."""
    epoch = shown_epoch(hold.run)
    if epoch is None or epoch <= hold.epoch:
        return
    for path in _parts(hold):
        if layout.epoch_of(path) == hold.epoch:
            hold.run.store.delete(path)
    if _is_done(hold):
        delete_shards(hold.run, hold.epoch)


def tidy(hold: Hold) -> None:
    """Remove the parts of holders whose place was taken or who never came to their end, and, once
    nothing is left to do, shards. Raises RunTakenOver."""
    # Whoever took the run before its final row was there may need what is removed now.
    require_hold(hold)
    show(hold.run)
    published = shown_epoch(hold.run)
    for path in _parts(hold):
        if layout.epoch_of(path) != published and layout.epoch_of(path) <= hold.epoch:
            hold.run.store.delete(path)
    delete_old_ledgers(hold)
    delete_probed(hold)
    if _is_done(hold):
        delete_shards(hold.run)


def _is_done(hold: Hold) -> bool:
    row = latest_row(hold.run)
    return row is not None and row["status"] in DONE


def _parts(hold: Hold) -> list[str]:
    directories = (hold.run.directory(dataset) for dataset in PUBLISHED)
    return [path for directory in directories for path in hold.run.store.list(directory)]


def _publish_datasets(
    hold: Hold, state: RunState, sightings: Iterable[Sighting], enrolled: ReadEnrolled
) -> dict[str, Any]:
    """The counting columns of the final row."""
    parts = {dataset: _RollingParts(hold, dataset) for dataset in PUBLISHED}
    counts = _write_sightings(parts, state, sightings)
    _write_subjects(parts["subjects"], state, counts.proposed, enrolled)
    totals = _write_receipts(parts, state, counts)
    _require_written(hold, parts.values())
    return totals


def _require_written(hold: Hold, parts: Iterable[_RollingParts]) -> None:
    there = set(_parts(hold))
    lost = [path for each in parts for path in each.written if path not in there]
    if lost:
        raise ResultsError(
            f"{lost[0]} is not in {hold.run.store.uri} although it was written: look whether "
            "somebody else removes files there, then "
            f"`lfr resume {hold.run.run_id}` publishes again"
        )


def _by_asset(state: RunState) -> dict[str, list[Segment]]:
    """Every asset's segments in order of time; assets in their order, also those without any."""
    of_asset: dict[str, list[Segment]] = {asset.footage_id: [] for asset in state.assets}
    for segment in state.plan:
        of_asset[segment.footage_id].append(segment)
    for segments in of_asset.values():
        segments.sort(key=attrgetter("start_ns", "segment_id"))
    return of_asset


def _write_receipts(
    parts: Mapping[str, _RollingParts],
    state: RunState,
    counts: _Counts,
) -> dict[str, Any]:
    """Rows of ``segments``, by file and time, and of ``footage``; a file's at a time.

    What they add up to comes back: the counting columns of a ``runs`` row.
    """
    segments_of, totals = _by_asset(state), rollup.run_totals((), (), 0)
    for asset in state.assets:
        rows = [
            rollup.segment_row(segment, state.outcomes.get(segment.segment_id))
            for segment in segments_of[asset.footage_id]
        ]
        found = counts.found[asset.footage_id]
        _require_all(asset, rows, counts.pieces[asset.footage_id])
        row = rollup.footage_row(asset, rows, found)
        for receipt in rows:
            parts["segments"].add(receipt)
        parts["footage"].add(row)
        totals = rollup.added(totals, rollup.run_totals((row,), rows, found))
    for dataset in ("segments", "footage"):
        parts[dataset].close()
    return totals


def _require_all(asset: FootageAsset, receipts: Sequence[Mapping[str, Any]], pieces: int) -> None:
    """Nothing that a receipt claims may be missing from the rows, nor be there twice."""
    claimed = sum(receipt["sightings"] for receipt in receipts)
    if claimed != pieces:
        raise ResultsError(
            f"{asset.uri}: its receipts claim {claimed} sightings and {pieces} are at hand, so the "
            "run is not published; resume it"
        )


def _write_sightings(
    parts: Mapping[str, _RollingParts],
    state: RunState,
    sightings: Iterable[Sighting],
) -> _Counts:
    """One pass over the sightings, three datasets, and who is in them."""
    by_id = {asset.footage_id: asset for asset in state.assets}
    found, pieces, proposed = Counter[str](), Counter[str](), set[str]()
    for sighting in _ordered(sightings):
        asset = by_id[sighting.footage_id]
        parts["sightings"].add(rollup.sighting_row(sighting, asset, state.request.threshold))
        for row in rollup.candidate_rows(sighting):
            parts["candidates"].add(row)
        parts["best_shots"].add(rollup.best_shot_row(sighting), rollup.picture_bytes(sighting))
        found[sighting.footage_id] += 1
        pieces[sighting.footage_id] += sighting.pieces
        proposed.update(candidate.subject_id for candidate in sighting.candidates)
    for dataset in ("sightings", "candidates", "best_shots"):
        parts[dataset].close()
    return _Counts(found, pieces, frozenset(proposed))


def _write_subjects(
    part: _RollingParts, state: RunState, proposed: Collection[str], enrolled: ReadEnrolled
) -> None:
    """A row of each who was proposed, of nobody else in the gallery."""
    known = enrolled(proposed) if proposed else {}
    for subject_id in sorted(proposed):
        part.add(rollup.subject_row(subject_id, state.request, known.get(subject_id)))
    part.close()


def _ordered(sightings: Iterable[Sighting]) -> Iterable[Sighting]:
    for _, of_one_asset in groupby(sightings, key=lambda s: s.footage_id):
        yield from sorted(of_one_asset, key=lambda s: (s.start_ns, s.sighting_id))


class _RollingParts:
    """Rows of one dataset into parts of bounded size; at least one part, so the view has types."""

    def __init__(self, hold: Hold, dataset: str) -> None:
        self.written: list[str] = []
        self._hold, self._dataset = hold, dataset
        self._schema = part_schema(dataset)
        self._filling = Filling(self._schema, group_rows(dataset), PART_BYTES)
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def add(self, row: dict[str, Any], size: int = 0) -> None:
        if len(self._rows) >= GROUP_ROWS or (self._rows and self._bytes + size > PART_BYTES):
            self._flush()
        self._rows.append({"run_id": self._hold.run.run_id, **row})
        self._bytes += size

    def close(self) -> None:
        self._flush()
        if self._filling.rows or not self.written:
            self._write(self._filling.end())

    def _flush(self) -> None:
        if self._dataset == "best_shots":  # whoever wants one picture reads one group of them
            self._rows.sort(key=itemgetter("sighting_id"))
        data = self._filling.add(table_of(self._rows, self._schema)) if self._rows else None
        if data is not None:
            self._write(data)
        self._rows, self._bytes = [], 0

    def _write(self, data: bytes) -> None:
        run = self._hold.run
        path = layout.part(self._dataset, run.run_id, self._hold.epoch, len(self.written))
        run.store.write_atomic(path, data)
        self.written.append(path)
