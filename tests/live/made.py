"""Invented deployments, alerts and reviews. Their pictures are bytes that can be searched for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lfr_batch.config.live import LiveConfig
from lfr_batch.live.alerts.router import Router, open_router
from lfr_batch.live.deployment.figures import AlertFigures, CameraFigures, Figures, MinuteFigures
from lfr_batch.live.deployment.folders import deployment_folder, router_folder, save_record
from lfr_batch.live.records import (
    Alert,
    CameraHealth,
    DeploymentRecord,
    GalleryPicture,
    Outcome,
    RankedCandidate,
    Review,
    StageTimes,
    Verdict,
)
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store

DEPLOYMENT = "20260131-100000-live-3f2a"
STARTED = datetime(2026, 1, 31, 10, tzinfo=UTC)
BEST_SHOT, GALLERY_PICTURE = b"\xff\xd8\xff BEST SHOT CANARY ", b"\xff\xd8\xff GALLERY CANARY "
SCENE, FURTHER = b"\xff\xd8\xff SCENE CANARY ", b"\xff\xd8\xff FURTHER CANARY "
NO_SINKS: dict[str, Any] = {}


def an_alert(number: int = 0, **changes: Any) -> Alert:
    """Alert ``number``, of another person than its neighbours', a minute after the one before."""
    moment = STARTED + timedelta(minutes=number)
    alert = Alert(
        alert_id=f"a{number:04d}",
        deployment_id=DEPLOYMENT,
        camera="north",
        captured_at=moment,
        first_seen_at=moment - timedelta(seconds=1),
        raised_at=moment,
        subject_id=f"S{number:03d}",
        image_id=f"S{number:03d}-01",
        score=0.61,
        threshold=0.45,
        margin=0.2,
        quality=0.8,
        detection_score=0.9,
        looks=7,
        box_xyxy=(10.0, 20.5, 60.0, 90.25),
        candidates=(RankedCandidate(1, f"S{number:03d}", 0.61), RankedCandidate(2, "S999", 0.41)),
        best_shot_jpeg=BEST_SHOT * 50 + str(number).encode(),
        gallery_jpeg=GALLERY_PICTURE * 50,
        times=StageTimes(0.01, 0.08, 0.09, 0.0),
    )
    return replace(alert, **changes)


def with_further(alert: Alert, **changes: Any) -> Alert:
    """With a scene, two further shots and two further pictures of the watchlist."""
    made = replace(
        alert,
        heading="left",
        scene_jpeg=SCENE * 50,
        further_shots_jpeg=(FURTHER + b"shot 1", FURTHER + b"shot 2"),
        further_gallery=tuple(
            GalleryPicture(f"{alert.subject_id}-0{n}", FURTHER + b"gallery %d" % n) for n in (2, 3)
        ),
    )
    return replace(made, **changes)


def a_review(
    alert_id: str,
    verdict: Verdict = "match",
    outcome: Outcome | None = None,
    number: int = 0,
    **changes: Any,
) -> Review:
    decided_at = STARTED + timedelta(hours=1, minutes=number)
    review = Review(
        review_id=f"r{number}-{alert_id}",
        deployment_id=DEPLOYMENT,
        alert_id=alert_id,
        reviewer="pc.1234",
        role="operator",
        decided_at=decided_at,
        verdict=verdict,
        reason="spoke to the person",
        outcome=outcome,
    )
    return replace(review, **changes)


def health(camera: str, faces_seen: int) -> CameraHealth:
    return CameraHealth(camera, "live", STARTED, STARTED, faces_seen=faces_seen)


def a_record(started_at: datetime = STARTED, keep_h: float = 744.0) -> DeploymentRecord:
    ends_at = started_at + timedelta(hours=6)
    return DeploymentRecord(
        deployment_id=DEPLOYMENT,
        place="High Street",
        case_ref="OP-1",
        authorising_officer="Supt. A. Example",
        authority="LFR/12",
        purpose="find people wanted on warrant",
        operator="j.doe",
        started_at=started_at,
        ends_at=ends_at,
        cameras=("north", "south"),
        gallery="watchlist",
        snapshot_id="s-1",
        watchlist_size=120,
        pack_id="open@1.0.0",
        threshold=0.45,
        target_fpir=0.0001,
        keep_until=ends_at + timedelta(hours=keep_h),
    )


def a_config(**changes: Any) -> LiveConfig:
    content = {
        "deployment": {
            "name": "high-street",
            "place": "High Street",
            "starts_at": STARTED,
            "ends_at": STARTED + timedelta(hours=6),
            "case": "OP-1",
            "authorising_officer": "Supt. A. Example",
            "authority": "LFR/12",
            "purpose": "find people wanted on warrant",
        },
        "watchlist": {"gallery": "watchlist"},
        "cameras": ({"name": "north", "source": "north.mp4"},),
    }
    return LiveConfig.model_validate({**content, **changes})


def opened(
    home: Path,
    store: Store | None = None,
    record: DeploymentRecord | None = None,
    **changes: Any,
) -> Router:
    """The deployment's router; results go to ``home/results`` unless a store is given."""
    kept = record or a_record()
    save_record(deployment_folder(home, DEPLOYMENT), kept)
    place = store or open_store(home / "results")
    return open_router(router_folder(home, DEPLOYMENT), kept, a_config(**changes), place)


ENDED = STARTED + timedelta(hours=5, minutes=30)
ALERTS = (
    AlertFigures(camera="north", minute=20, verdict="match", outcome="arrested"),
    AlertFigures(camera="north", minute=20, verdict="match", outcome="engaged"),
    AlertFigures(camera="south", minute=75, verdict="no_match", outcome="engaged", alerts=2),
    AlertFigures(camera="south", minute=300),
    AlertFigures(camera="south", minute=301, verdict="cannot_tell", outcome="no_action"),
)


def figures(**changes: Any) -> Figures:
    made = Figures(
        record=a_record(),
        name="high-street",
        window_starts_at=STARTED,
        window_ends_at=STARTED + timedelta(hours=6),
        as_of=ENDED,
        ended_at=ENDED,
        reason="stopped",
        watchlist_gone_at=ENDED,
        cameras=(
            CameraFigures(camera="north", faces_seen=900, frames_received=50, live_s=19_800.0),
            CameraFigures(camera="south", faces_seen=100, frames_received=50, down_s=61.5),
        ),
        alerts=ALERTS,
        minutes=(
            MinuteFigures(camera="north", minute=0, faces_seen=3),
            MinuteFigures(camera="south", minute=1, faces_seen=2),
            MinuteFigures(camera="south", minute=100, down_s=61.5),
        ),
    )
    return made.model_copy(update=changes)
