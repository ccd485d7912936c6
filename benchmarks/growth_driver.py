"""One phase of a run's driver, alone in its process, without any footage.

    python -m benchmarks.growth_driver PHASE SEGMENTS FOLDER

Real records go through the real code on a results root in FOLDER; the phases build on each other,
in the order of ``PHASES``. Prints one JSON object: processor seconds, bytes in memory, files.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from time import process_time

from lfr_batch import __version__
from lfr_batch.config.load import dump_config
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.ray_pool import ray_pool
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import Candidate, FootageAsset, Segment, SegmentOutcome, Sighting
from lfr_batch.results.layout import NO_EPOCH
from lfr_batch.results.ledger import open_ledger, pending, read_outcomes
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_state import RunRequest, create_run, read_catalogue, read_plan
from lfr_batch.results.shards import write_shard
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import LEDGER_BLOCK, Means, execute_run
from lfr_batch.storage.store import Store
from lfr_batch.work.attempts import Runner, Tell

RUN_ID = "20260131-104502-scan-3f2a"
SEGMENTS_PER_FILE = 60
PICTURE_BYTES = 15_000

Numbers = dict[str, float]


def plan(store: Store, segments: int) -> Numbers:
    """An hour a file; planned, and written as a run."""
    files = [_asset(number) for number in range(segments // SEGMENTS_PER_FILE)]
    planned = [piece for file in files for piece in plan_segments(file, 60.0, "key")]
    create_run(store, _request(), files, planned)
    return {}


def receipts(store: Store, _segments: int) -> Numbers:
    run = StoredRun(store, RUN_ID)
    waiting = map(_receipt, read_plan(run))
    with lock_run(run) as hold:
        ledger = open_ledger(hold, ())
        while block := list(islice(waiting, LEDGER_BLOCK)):
            ledger.append(block)
    return _files(store, "ledger", f"_state/run_id={RUN_ID}/ledger")


def shards(store: Store, _segments: int) -> Numbers:
    run = StoredRun(store, RUN_ID)
    hits = [segment for segment in read_plan(run) if _is_hit(segment)]
    for segment in hits:
        write_shard(run, NO_EPOCH, segment.segment_id, (_sighting(segment),))
    return {"shards": len(hits)}


def resume(store: Store, _segments: int) -> Numbers:
    """What a resume reads, one after the other; last, what it waits for if nothing is done."""
    run, memory = StoredRun(store, RUN_ID), [rss_bytes()]
    planned = read_plan(run)
    memory.append(rss_bytes())
    outcomes = read_outcomes(run)
    memory.append(rss_bytes())
    files = read_catalogue(run)
    memory.append(rss_bytes())
    waiting = {segment.segment_id: segment for segment in pending(planned, {})}
    memory.append(rss_bytes())
    names = ("plan_bytes", "receipts_bytes", "files_bytes", "waiting_bytes")
    grown = (after - before for before, after in pairwise(memory))
    counts = {"files": len(files), "receipts": len(outcomes), "waiting": len(waiting)}
    return {**dict(zip(names, grown, strict=True)), **counts}


def publish(store: Store, _segments: int) -> Numbers:
    execute_run(StoredRun(store, RUN_ID), Means(_no_engine))
    return _files(store, "lake", "segments", "footage", "sightings", "candidates", "best_shots")


def ray(_store: Store, segments: int) -> Numbers:
    """From handing the items over to the first result, and from then on."""
    files = map(_asset, range(segments // SEGMENTS_PER_FILE))
    items = [piece for file in files for piece in plan_segments(file, 60.0, "key")]
    with ray_pool(EngineConfig(cpus_per_worker=1.0, workers=1)) as run:
        before = process_time(), rss_bytes()
        results = run(open_nothing, None, items)
        next(results)
        first = process_time(), rss_bytes()
        taken = sum(1 for _ in results)
        driven_s = process_time() - first[0]
    return {
        "first_cpu_s": first[0] - before[0],
        "blocks_bytes": first[1] - before[1],
        "drive_cpu_s": driven_s / taken,
    }


PHASES: dict[str, Callable[[Store, int], Numbers]] = {
    "plan": plan,
    "receipts": receipts,
    "shards": shards,
    "resume": resume,
    "publish": publish,
    "ray": ray,
}


def open_nothing(_spec: None) -> Callable[[Segment], int]:
    return lambda segment: segment.start_ns


def rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _no_engine(_config: EngineConfig, _tell: Tell) -> AbstractContextManager[Runner]:
    raise AssertionError("every segment has its receipt")


def _files(store: Store, name: str, *folders: str) -> Numbers:
    sizes = [Path(store.uri, path).stat().st_size for f in folders for path in store.list(f)]
    return {f"{name}_files": len(sizes), f"{name}_bytes": sum(sizes)}


def _asset(number: int) -> FootageAsset:
    camera, day = f"camera-{number % 997:04d}", number % 28 + 1
    return FootageAsset(
        footage_id=f"{number:016x}",
        uri=f"s3://archive/site-{number % 97:03d}/{camera}/2026-01-{day:02d}/{number}.mp4",
        kind="video",
        status="ok",
        camera_id=camera,
        site=f"site-{number % 97:03d}",
        start_utc=datetime(2026, 1, day, tzinfo=UTC),
        start_source="manifest",
        duration_s=60.0 * SEGMENTS_PER_FILE,
        width=1280,
        height=720,
        codec="h264",
        frame_rate=25.0,
        bytes=10**9 + number,
        sha256=f"etag:{number:032x}",
    )


def _receipt(segment: Segment) -> SegmentOutcome:
    chance = int(segment.segment_id[:8], 16)
    return SegmentOutcome(
        segment_id=segment.segment_id,
        footage_id=segment.footage_id,
        start_s=segment.start_s,
        end_s=segment.end_s,
        status="done",
        attempt=1,
        frames_decoded=1500,
        frames_analysed=250 + chance % 50,
        faces_detected=300 + chance % 400,
        faces_rejected=200,
        rejections={"face too small": 100, "turned away": 60, "blurred": 40},
        tracks=chance % 30,
        media_s=60.0,
        decode_s=1.0 + chance % 997 / 1000,
        infer_s=1.0 + chance % 991 / 1000,
        wall_s=2.0 + chance % 983 / 1000,
        sightings=int(_is_hit(segment)),
    )


def _is_hit(segment: Segment) -> bool:
    """One in every file."""
    return segment.start_ns == 0


def _sighting(segment: Segment) -> Sighting:
    box = (100.0, 80.0, 190.0, 200.0)
    return Sighting(
        sighting_id=segment.segment_id,
        footage_id=segment.footage_id,
        segment_id=segment.segment_id,
        start_ns=segment.start_ns,
        end_ns=segment.start_ns + 4 * 10**9,
        first_box_xyxy=box,
        last_box_xyxy=box,
        frames=20,
        best_ns=segment.start_ns + 10**9,
        box_xyxy=box,
        landmarks_xy=(120.0, 110.0, 160.0, 110.0, 140.0, 140.0, 125.0, 165.0, 155.0, 165.0),
        quality=0.7,
        detection_score=0.9,
        margin=0.2,
        candidates=tuple(
            Candidate(rank, f"S{rank:03d}", f"S{rank:03d}-01", 0.7 - rank / 10, rank == 1)
            for rank in range(1, 6)
        ),
        jpeg=os.urandom(PICTURE_BYTES),
    )


def _request() -> RunRequest:
    return RunRequest(
        run_id=RUN_ID,
        kind="scan",
        inputs=("s3://archive/",),
        config=dump_config(Config()),
        config_hash="0",
        case_ref="none",
        authority="none",
        purpose="measurement",
        operator="benchmark",
        gallery="none",
        snapshot_id="none",
        pack_id="none",
        threshold=0.4,
        threshold_source="override",
        target_fpir=None,
        comparisons=1,
        started_at=datetime.now(UTC),
        home=".",
        software_version=__version__,
    )


def main(arguments: Iterable[str]) -> None:
    phase, segments, folder = arguments
    started, base = process_time(), rss_bytes()
    numbers = PHASES[phase](open_store(folder), int(segments))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    always = {"cpu_s": process_time() - started, "base_bytes": base, "peak_bytes": peak}
    print(json.dumps(always | numbers))


if __name__ == "__main__":
    main(sys.argv[1:])
