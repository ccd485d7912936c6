"""A small deployment for tests: the casework's people are the watchlist, its clips the cameras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from lfr_batch.config.live import CameraConfig, DeploymentConfig, LiveConfig, WatchlistConfig
from lfr_batch.config.schema import DecideConfig
from lfr_batch.live.alerts.protocol import AlertRouter
from lfr_batch.live.deployment.order import LiveOrder, make_deployment
from lfr_batch.live.deployment.plan import LivePlan
from lfr_batch.live.records import Alert
from tests.one_case import Casework
from tests.patience import PATIENCE_S

THRESHOLD = 0.45
FOR_EVER_H = 100 * 365 * 24.0
"""The casework's gallery was enrolled at the beginning of 2026."""


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
            operator="tester",
        ),
        watchlist=WatchlistConfig(gallery="people"),
        cameras=tuple(
            CameraConfig(name=name, source=str(casework.footage / clip), loop=True)
            for name, clip in cameras.items()
        ),
        **settings,
    )


def live_plan(casework: Casework, config: LiveConfig, folder: Path) -> LivePlan:
    """As a rehearsal makes it, but on the gallery itself instead of a copy of it."""
    own = {
        "decide": DecideConfig(threshold=THRESHOLD),
        "watchlist": WatchlistConfig(gallery="people", max_age_h=FOR_EVER_H),
    }
    order = LiveOrder(
        config.model_copy(update=own), casework.home, str(folder / "results"), rehearse=True
    )
    plan = make_deployment(order, datetime.now(UTC)).plan
    return replace(plan, watchlist_home=casework.home, router_folder=folder / "router")


def wait_for(what: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
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
