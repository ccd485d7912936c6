"""Lakes of many runs, of one long run and of many sightings, made by the product's own writers.

Nobody's face is in them: pictures are noise as long as a picture is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from lfr_batch.records import Candidate, FootageAsset, Segment, SegmentOutcome, Sighting
from lfr_batch.results.hold import Hold
from lfr_batch.results.lock import lock_run
from lfr_batch.results.publish import publish_run
from lfr_batch.results.run_log import RunEntry
from lfr_batch.results.run_state import RunRequest, RunState, create_run
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from lfr_batch.version import __version__

BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)
YEAR = timedelta(days=365)
PICTURE_BYTES, THUMBNAIL_BYTES = 13_000, 2_500
SUBJECTS = 5_000
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """Of a lake."""

    runs: int
    files: int
    """Of each run."""
    segments: int
    """Of each file; 0: stills, of one each."""
    sightings: int
    """Of each file."""
    candidates: int = 5
    picture_bytes: int = PICTURE_BYTES


SIZES = {
    "year": Size(runs=2_000, files=4, segments=0, sightings=1, candidates=10),
    "hours": Size(runs=1, files=1_000, segments=60, sightings=4),
    "volume": Size(runs=10, files=100, segments=1, sightings=5_000, picture_bytes=64),
}
"""A year of searches with stills; one run of 1,000 hours; 5 M sightings and 25 M candidates."""


def make_lake(store: Store, size: Size, seed: int = 0) -> None:
    for number in range(size.runs):
        make_run(store, size, number, seed)


def make_run(store: Store, size: Size, number: int, seed: int = 0) -> str:
    """Publish one run, as a scan does whose segments have all been searched. Its id."""
    started = BEGIN + YEAR * number / size.runs
    kind = "scan" if size.segments else "search"
    run_id = f"{started:%Y%m%d-%H%M%S}-{kind}-{number:04x}"
    request = _request(run_id, kind, started)
    assets = tuple(_assets(size, number))
    plan = tuple(segment for asset in assets for segment in _segments(asset, size))
    outcomes = {each.segment_id: _outcome(each, size) for each in plan}
    create_run(store, request, assets, plan)
    with lock_run(StoredRun(store, run_id)) as hold:
        _publish(hold, RunState(request, assets, plan, outcomes), size, seed + number)
    return run_id


def _publish(hold: Hold, state: RunState, size: Size, seed: int) -> None:
    sightings = _sightings(state, size, np.random.default_rng(seed))
    done = state.request.started_at + timedelta(minutes=5)
    publish_run(hold, state, sightings, RunEntry("complete", at=done))


def _request(run_id: str, kind: str, started: datetime) -> RunRequest:
    said = {
        "run_id": run_id,
        "kind": kind,
        "inputs": ("archive/",),
        "config": {"decide": {"target_fpir": 0.01}},
        "config_hash": "benchmark",
        "case_ref": f"OP-{started:%m}",
        "authority": "benchmark",
        "purpose": "measurement",
        "operator": "benchmark",
        "gallery": "custody",
        "snapshot_id": "0123456789ab",
        "pack_id": "open",
        "threshold": 0.4,
        "threshold_source": "derived",
        "target_fpir": 0.01,
        "comparisons": SUBJECTS,
        "started_at": started,
        "home": "lfr-data",
        "software_version": __version__,
    }
    return RunRequest.model_validate(said)


def _assets(size: Size, run: int) -> Iterator[FootageAsset]:
    for number in range(size.files):
        name = f"{run:05d}-{number:05d}"
        if size.segments:
            start = BEGIN + timedelta(hours=number)
            yield FootageAsset(
                f"f-{name}",
                f"archive/cam{number % 20:02d}/{name}.mp4",
                "video",
                "ok",
                camera_id=f"CAM-{number % 20:02d}",
                site=f"Site {number % 5}",
                start_utc=start,
                start_source="manifest",
                duration_s=60.0 * size.segments,
                width=1920,
                height=1080,
                content_id=name,
            )
        else:
            yield FootageAsset(
                f"f-{name}", f"stills/{name}.jpg", "still", "ok", width=800, content_id=name
            )


def _segments(asset: FootageAsset, size: Size) -> Iterator[Segment]:
    for number in range(max(size.segments, 1)):
        start_ns = number * 60 * SECOND_NS
        yield Segment(
            segment_id=f"s-{asset.footage_id}-{number:04d}",
            footage_id=asset.footage_id,
            uri=asset.uri,
            kind=asset.kind,
            start_ns=start_ns,
            end_ns=start_ns + 60 * SECOND_NS if size.segments else None,
            duration_s=asset.duration_s,
        )


def _outcome(segment: Segment, size: Size) -> SegmentOutcome:
    """Sightings are all of a file's first segment."""
    found = size.sightings if segment.start_ns == 0 else 0
    return SegmentOutcome(
        segment.segment_id,
        segment.footage_id,
        segment.start_s,
        segment.end_s or 0.0,
        "done",
        1,
        frames_decoded=300,
        frames_analysed=300,
        faces_detected=40,
        faces_rejected=10,
        rejections={"too small": 7, "blurred": 3},
        sightings=found,
        media_s=60.0 if size.segments else 0.0,
        wall_s=2.0,
    )


def _sightings(state: RunState, size: Size, rng: np.random.Generator) -> Iterator[Sighting]:
    for asset in state.assets:
        first = f"s-{asset.footage_id}-0000"
        for number in range(size.sightings):
            yield _sighting(asset, first, number, size, rng)


def _sighting(
    asset: FootageAsset, segment_id: str, number: int, size: Size, rng: np.random.Generator
) -> Sighting:
    start_ns = int(number * 10 * SECOND_NS // max(size.sightings, 1))
    scores = np.sort(rng.uniform(0.35, 0.8, size.candidates))[::-1]
    first = int(rng.integers(SUBJECTS))
    return Sighting(
        sighting_id=rng.bytes(8).hex(),
        footage_id=asset.footage_id,
        segment_id=segment_id,
        start_ns=start_ns,
        end_ns=start_ns + SECOND_NS,
        first_box_xyxy=(10.0, 10.0, 90.0, 90.0),
        last_box_xyxy=(10.0, 10.0, 90.0, 90.0),
        frames=12,
        best_ns=start_ns,
        box_xyxy=(10.0, 10.0, 90.0, 90.0),
        landmarks_xy=(30.0, 40.0, 70.0, 40.0, 50.0, 60.0, 35.0, 75.0, 65.0, 75.0),
        quality=0.8,
        detection_score=0.9,
        margin=0.1,
        candidates=tuple(
            Candidate(rank, f"S{(first + rank) % SUBJECTS:05d}", f"i{rank}", float(s), s >= 0.4)
            for rank, s in enumerate(scores, 1)
        ),
        jpeg=rng.bytes(size.picture_bytes),
        picture=None if size.segments else 1,
        thumbnail=rng.bytes(min(THUMBNAIL_BYTES, size.picture_bytes)),
    )
