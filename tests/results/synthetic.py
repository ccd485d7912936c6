"""A small invented archive: two cameras, a still, a damaged and an unreadable file, drawn faces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

import cv2
import numpy as np

from lfr_batch.models.settled import Settled
from lfr_batch.records import (
    Candidate,
    FootageAsset,
    FurtherShot,
    Segment,
    SegmentOutcome,
    Sighting,
)
from lfr_batch.results.layout import NO_EPOCH
from lfr_batch.results.run_state import RunRequest, create_run
from lfr_batch.results.shards import write_shard
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import append_outcomes

STARTED = datetime(2026, 1, 31, 10, 45, 2, tzinfo=UTC)
FINISHED = datetime(2026, 1, 31, 10, 52, 40, tzinfo=UTC)
RUN_ID = "20260131-104502-scan-3f2a"
LEFT_RUN_ID = "20260130-080000-scan-0001"


@dataclass(frozen=True)
class Archive:
    assets: tuple[FootageAsset, ...]
    segments: tuple[Segment, ...]
    outcomes: dict[str, SegmentOutcome]
    sightings: tuple[Sighting, ...]


SETTLED = Settled(
    device="cpu",
    backend="openvino",
    precisions={"detector.onnx": "bf16", "embedder.onnx": "f32"},
    looks="parts",
    decode="cpu",
    scaling="processor",
    libraries=("openvino 2026.4.1", "av 18.1.0"),
    hardware=("avx512_bf16",),
)


def request(run_id: str = RUN_ID, **changes: object) -> RunRequest:
    values = {
        "run_id": run_id,
        "kind": "scan",
        "inputs": ("archive/",),
        "config": {"pack": "open", "decide": {"target_fpir": 0.01, "threshold": None}},
        "config_hash": "c0ffee",
        "case_ref": "OP-LANTERN 12/26",
        "authority": "Insp. A. Example, AUTH-778",
        "purpose": "Identify people at the depot on 30 January",
        "operator": "j.doe",
        "gallery": "custody",
        "snapshot_id": "s-0007",
        "pack_id": "open@1.0.0",
        "threshold": 0.431,
        "threshold_source": "derived",
        "threshold_fmr": 9.1e-5,
        "target_fpir": 0.01,
        "comparisons": 110,
        "started_at": STARTED,
        "home": "lfr-data",
        "software_version": "0.1.0",
        "settled": SETTLED,
    }
    return RunRequest.model_validate({**values, **changes})


@cache
def draw_face(seed: int, side: int = 168) -> bytes:
    """A drawn face as JPEG; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    picture = np.full((side, side, 3), rng.integers(60, 140, 3), np.uint8)
    skin = tuple(int(v) for v in rng.integers(120, 230, 3))
    hair = tuple(int(v) for v in rng.integers(10, 90, 3))
    c, unit = side // 2, side // 8
    cv2.ellipse(picture, (c, c - unit // 2), (3 * unit, 3 * unit), 0, 0, 360, hair, -1)
    cv2.ellipse(picture, (c, c + unit // 2), (2 * unit + 8, 3 * unit), 0, 0, 360, skin, -1)
    for x in (c - unit, c + unit):
        cv2.circle(picture, (x, c), unit // 3, (250, 250, 250), -1)
        cv2.circle(picture, (x, c), unit // 6, (40, 30, 20), -1)
    cv2.line(picture, (c, c), (c - 4, c + unit), (60, 60, 90), 2)
    cv2.ellipse(picture, (c, c + 2 * unit), (unit, unit // 3), 0, 0, 180, (40, 40, 150), 3)
    ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert ok
    return data.tobytes()


def assets() -> tuple[FootageAsset, ...]:
    gate = FootageAsset(
        "f-gate",
        "archive/depot gate <north>.mp4",
        "video",
        "ok",
        camera_id="CAM-1",
        site="Depot, north gate",
        start_utc=datetime(2026, 1, 30, 22, 0, tzinfo=UTC),
        start_source="manifest",
        duration_s=180.0,
        width=1280,
        height=720,
        codec="h264",
        frame_rate=25.0,
        bytes=20_000_000,
        sha256="ab" * 32,
        keyframes_ns=(0, 60_000_000_000, 120_000_000_000),
    )
    yard = replace(
        gate, footage_id="f-yard", uri="archive/yard.avi", camera_id="CAM-2", site="Depot, yard"
    )
    phone = replace(
        gate,
        footage_id="f-phone",
        uri="archive/phone.mov",
        camera_id=None,
        site=None,
        start_utc=None,
        start_source=None,
        rotation_deg=90,
        duration_s=60.0,
    )
    still = FootageAsset("f-still", "archive/still.jpg", "still", "ok", width=800, height=600)
    broken = FootageAsset(
        "f-broken", "archive/broken.mp4", "video", "failed", error="no video stream in it", bytes=0
    )
    return (gate, yard, phone, still, broken)


def segments() -> tuple[Segment, ...]:
    found = []
    for asset in assets():
        if asset.status == "failed":
            continue
        starts = range(0, int(asset.duration_s or 1), 60)
        for start in starts:
            found.append(
                Segment(
                    segment_id=f"{asset.footage_id}-{start:04d}",
                    footage_id=asset.footage_id,
                    uri=asset.uri,
                    kind=asset.kind,
                    start_ns=start * 1_000_000_000,
                    end_ns=(start + 60) * 1_000_000_000 if asset.duration_s else None,
                    duration_s=asset.duration_s,
                )
            )
    return tuple(found)


def sighting(
    segment: Segment, subject: str, score: float, start_s: float, end_s: float, seed: int
) -> Sighting:
    others = [Candidate(r, f"S{900 + r}", f"S{900 + r}-01", 0.39 - r / 50, False) for r in (2, 3)]
    first = Candidate(1, subject, f"{subject}-01", score, True)
    start_ns, end_ns = round(start_s * 1e9), round(end_s * 1e9)
    return Sighting(
        sighting_id=f"{segment.segment_id}-{subject}-{start_ns // 1_000_000}",
        footage_id=segment.footage_id,
        segment_id=segment.segment_id,
        start_ns=start_ns,
        end_ns=end_ns,
        first_box_xyxy=(100.25, 80.5, 190.0, 200.0),
        last_box_xyxy=(110.0, 82.0, 201.0, 203.0),
        frames=max(1, round((end_s - start_s) * 5)),
        best_ns=(start_ns + end_ns) // 2,
        box_xyxy=(105.0, 81.0, 195.0, 202.0),
        landmarks_xy=tuple(float(v) for v in (120, 120, 170, 121, 146, 150, 126, 172, 165, 173)),
        quality=0.71,
        detection_score=0.93,
        margin=score - others[0].score,
        candidates=(first, *others),
        jpeg=draw_face(seed),
        further=further_shots(start_ns, end_ns, seed),
    )


def further_shots(start_ns: int, end_ns: int, seed: int) -> tuple[FurtherShot, ...]:
    """Two, of the first and the last moment; none in a still."""
    moments = (start_ns, end_ns) if end_ns > start_ns else ()
    return tuple(
        FurtherShot(pts_ns, 0.6 - n / 10, (100.25, 80.5, 190.0, 200.0), draw_face(100 * n + seed))
        for n, pts_ns in enumerate(moments, start=1)
    )


def archive() -> Archive:
    plan = segments()
    by_id = {segment.segment_id: segment for segment in plan}
    sightings = (
        sighting(by_id["f-gate-0000"], "S029", 0.7812, 12.2, 20.4, 1),
        sighting(by_id["f-gate-0060"], "S014", 0.5123, 70.0, 71.6, 2),
        sighting(by_id["f-yard-0000"], "S029", 0.6640, 33.0, 52.8, 3),
        sighting(by_id["f-still-0000"], "S014", 0.4477, 0.0, 0.0, 4),
    )
    outcomes = {segment.segment_id: outcome(segment, sightings) for segment in plan}
    outcomes["f-yard-0060"] = replace(
        outcomes["f-yard-0060"], status="quarantined", error="its worker was killed twice"
    )
    outcomes["f-yard-0120"] = replace(
        outcomes["f-yard-0120"], status="failed", media_s=0.0, error="cut off after 121.4 s"
    )
    return Archive(assets(), plan, outcomes, sightings)


def outcome(segment: Segment, sightings: Sequence[Sighting]) -> SegmentOutcome:
    return SegmentOutcome(
        segment_id=segment.segment_id,
        footage_id=segment.footage_id,
        start_s=segment.start_s,
        end_s=segment.end_s,
        status="done",
        attempt=segment.attempt,
        frames_decoded=1500,
        frames_analysed=300,
        faces_detected=40,
        faces_rejected=9,
        rejections={"small": 6, "blurred": 3},
        tracks=3,
        sightings=sum(s.segment_id == segment.segment_id for s in sightings),
        media_s=segment.end_s - segment.start_s,
        decode_s=0.5,
        infer_s=2.0,
        wall_s=2.6,
    )


def agreeing(
    outcomes: Mapping[str, SegmentOutcome], sightings: Sequence[Sighting]
) -> dict[str, SegmentOutcome]:
    """The receipts, claiming these sightings."""
    found = Counter(sighting.segment_id for sighting in sightings)
    return {name: replace(each, sightings=found[name]) for name, each in outcomes.items()}


def searched_run(store: Store, run_id: str = RUN_ID) -> tuple[RunRequest, Archive]:
    """A run as the engine leaves it before publishing: plan, shards and ledger."""
    asked, made = request(run_id), archive()
    create_run(store, asked, made.assets, made.segments)
    write_shards(store, run_id)
    append_outcomes(store, run_id, list(made.outcomes.values()))
    return asked, made


def write_shards(store: Store, run_id: str) -> None:
    made = archive()
    for segment in made.segments:
        of_segment = [s for s in made.sightings if s.segment_id == segment.segment_id]
        write_shard(StoredRun(store, run_id), NO_EPOCH, segment.segment_id, of_segment)
