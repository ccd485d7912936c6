"""A pack's segments searched again, and what differs from what was packed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfr_batch.config.load import parse_config
from lfr_batch.config.schema import Config
from lfr_batch.errors import GalleryError, LfrError, PackError
from lfr_batch.evidence.facts import plain
from lfr_batch.evidence.footage_now import footage_now
from lfr_batch.evidence.opened_pack import OpenedPack
from lfr_batch.gallery.derivation import pack_for
from lfr_batch.gallery.store import digests_of, load_snapshot
from lfr_batch.homes.at_hand import Home, pack_at_hand, snapshot_at_hand
from lfr_batch.models.planned import differing
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.planned import planned_with
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.records import Segment, Sighting
from lfr_batch.results.answers import rows_of
from lfr_batch.results.parts import table_of
from lfr_batch.results.rollup import candidate_rows, sighting_row
from lfr_batch.results.schemas import CANDIDATES, SIGHTINGS
from lfr_batch.scanning.worker import open_searcher
from lfr_batch.software import software
from lfr_batch.tracks.patience import patient
from lfr_batch.tracks.stitch import stitch
from lfr_batch.work.limits import Limits
from lfr_batch.work.machine import item_limits


@dataclass(frozen=True, slots=True)
class AgainSpec:
    """All that a worker needs to search segments again; picklable."""

    search: SearchSpec

    @property
    def config(self) -> Config:
        return self.search.config

    @property
    def limits(self) -> Limits:
        settled = self.search.settled
        return item_limits(self.config, settled.device if settled else "cpu")

    def media_s(self, segment: Segment) -> float:
        return max(0.0, segment.end_s - segment.start_s)


@dataclass(frozen=True, slots=True)
class SearchedAgain:
    """Of one segment."""

    sightings: tuple[Sighting, ...]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A value that is another now."""

    sighting_id: str
    column: str
    packed: object
    now: object

    def __str__(self) -> str:
        return f"{self.sighting_id} {self.column}: packed {self.packed}, now {self.now}"


def open_again(spec: AgainSpec) -> Callable[[Segment], SearchedAgain]:
    """Load models and gallery. Raises as ``open_searcher``."""
    searched = open_searcher(spec.search, spec.config.engine.threads, 1)

    def process(segment: Segment) -> SearchedAgain:
        try:
            with searched.lend() as search:
                result = searched(segment, search)
        except LfrError as error:
            return SearchedAgain((), str(error))
        return SearchedAgain(result.sightings, result.outcome.error)

    return process


def faults(pack: OpenedPack, home: Home, config: Config) -> Iterator[str]:
    """What is not as the run was planned with: then it cannot be repeated. A sentence each."""
    planned = pack.request.planned
    if planned is not None and planned.software != software():
        yield (
            f"The run was made with lfr-batch {planned.software}, and this is {software()}, whose "
            "results may differ: install that one to repeat it"
        )
    yield from _other_models(pack, home, config)
    for each in footage_now(pack.footage, config.s3):
        if each.why is not None:
            yield f"{each.why}: put it back as it was to repeat the search"


def _other_models(pack: OpenedPack, home: Home, config: Config) -> Iterator[str]:
    request, planned = pack.request, pack.request.planned
    try:
        folder = snapshot_at_hand(home, request.gallery, request.snapshot_id, config.s3)
        snapshot = load_snapshot(folder, request.gallery, request.snapshot_id)
    except GalleryError as error:
        yield f"The gallery's snapshot cannot be searched: {error}"
        return
    try:
        models = load_pack(pack_at_hand(home, config.pack, config.s3), config.pack)
        here = planned_with(pack_for(snapshot, models), digests_of(snapshot))
    except (PackError, GalleryError) as error:
        yield f"The models cannot be used: {error}"
        return
    if planned is None:
        return
    for what, then, now in (
        (f"Model pack {request.pack_id!r}", planned.models, here.models),
        (f"Snapshot {request.snapshot_id} of gallery {request.gallery!r}", planned.gallery,
         here.gallery),
    ):  # fmt: skip
        others = differing(then, now)
        if others:
            yield f"{what} is not what the run was made with ({', '.join(others)}): put that back"


def differences(pack: OpenedPack, found: Iterable[Sighting]) -> list[RowDifference]:
    """Between the packed rows and those of what was found now, as results would have them."""
    now = _rows_now(pack, found)
    told: list[RowDifference] = []
    for packed in pack.sightings:
        row = packed["sighting"]
        there = now.get(row["sighting_id"])
        if there is None:
            told.append(RowDifference(row["sighting_id"], "sighting", "found", "not found"))
            continue
        told += _differing(row["sighting_id"], "", row, there[0])
        told += _candidates(row["sighting_id"], packed["candidates"], there[1])
    return told


def _rows_now(
    pack: OpenedPack, found: Iterable[Sighting]
) -> dict[str, tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """The row of each sighting and those of its candidates, by its id."""
    run_id, threshold = pack.request.run_id, pack.request.threshold
    rows = {}
    for sighting, asset in _stitched(pack, found):
        own = [{"run_id": run_id, **sighting_row(sighting, asset, threshold)}]
        theirs = [{"run_id": run_id, **row} for row in candidate_rows(sighting)]
        (row,) = _as_results(own, SIGHTINGS)
        rows[sighting.sighting_id] = row, _as_results(theirs, CANDIDATES)
    return rows


def _stitched(pack: OpenedPack, found: Iterable[Sighting]) -> Iterator[tuple[Sighting, Any]]:
    pieces, run_id = list(found), pack.request.run_id
    config = parse_config(pack.request.config, f"the request of run {run_id}")
    for asset in pack.plan.assets:
        own = [piece for piece in pieces if piece.footage_id == asset.footage_id]
        limits = patient(config.track, asset.frame_rate, config.footage.sample_fps, asset.views)
        for sighting in stitch(own, limits, config.decide.top_k):
            yield sighting, asset


def _as_results(rows: Sequence[Mapping[str, Any]], schema: Any) -> list[Mapping[str, Any]]:
    """As they come out of the lake, and of a pack's JSON."""
    whole: list[Mapping[str, Any]] = json.loads(json.dumps(plain(rows_of(table_of(rows, schema)))))
    return whole


def _candidates(
    sighting_id: str, packed: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> Iterator[RowDifference]:
    if len(packed) != len(now):
        yield RowDifference(sighting_id, "candidates", len(packed), len(now))
    for before, after in zip(packed, now, strict=False):
        yield from _differing(sighting_id, f"candidate {before['rank']} ", before, after)


def _differing(
    sighting_id: str, of: str, packed: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[RowDifference]:
    for column in packed:
        if column in now and packed[column] != now[column]:
            yield RowDifference(sighting_id, f"{of}{column}", packed[column], now[column])
