"""A small deployment for tests: the casework's people are the watchlist, its clips the cameras."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from lfr_batch.config.live import CameraConfig, DeploymentConfig, LiveConfig, WatchlistConfig
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.records import Alert, DeploymentRecord
from lfr_batch.live.router_protocol import AlertRouter
from lfr_batch.pipeline.live_plan import LivePlan
from tests.casework import Casework

THRESHOLD = 0.45


def live_config(casework: Casework, cameras: dict[str, str], **settings: Any) -> LiveConfig:
    """``cameras``: name to the name of a clip of the casework, played in a loop."""
    now = datetime.now(UTC)
    return LiveConfig(
        deployment=DeploymentConfig(
            name="test",
            place="A test street",
            starts_at=now - timedelta(minutes=1),
            ends_at=now + timedelta(hours=1),
            case="CASE-1",
            authorising_officer="Supt. Test",
            authority="ref 1",
            purpose="testing",
        ),
        watchlist=WatchlistConfig(gallery="people"),
        cameras=tuple(
            CameraConfig(name=name, source=str(casework.footage / clip), loop=True)
            for name, clip in cameras.items()
        ),
        **settings,
    )


def live_plan(casework: Casework, config: LiveConfig, folder: Path) -> LivePlan:
    snapshot = load_snapshot(casework.home, "people")
    now = datetime.now(UTC)
    deployment = DeploymentRecord(
        deployment_id="20260101-000000-live-test",
        place=config.deployment.place,
        case_ref="CASE-1",
        authorising_officer="Supt. Test",
        authority="ref 1",
        purpose="testing",
        operator="tester",
        started_at=now,
        ends_at=config.deployment.ends_at,
        cameras=tuple(camera.name for camera in config.cameras),
        gallery="people",
        snapshot_id=snapshot.snapshot_id,
        watchlist_size=len(set(snapshot.subject_ids)),
        pack_id=snapshot.pack_id,
        threshold=THRESHOLD,
        target_fpir=None,
        keep_until=now + timedelta(days=1),
    )
    return LivePlan(
        config=config,
        deployment=deployment,
        home=casework.home,
        watchlist_home=casework.home,
        router_folder=folder / "router",
        results_root=str(folder / "results"),
    )


def wait_for(what: Callable[[], Any], timeout_s: float = 40.0) -> Any:
    """The first true answer; fails if none comes in time."""
    until_s = monotonic() + timeout_s
    while monotonic() < until_s:
        answer = what()
        if answer:
            return answer
        sleep(0.1)
    raise AssertionError(f"nothing came within {timeout_s} s")


def first_alert(router: AlertRouter) -> Alert:
    alerts: tuple[Alert, ...] = wait_for(router.alerts)
    return alerts[0]
