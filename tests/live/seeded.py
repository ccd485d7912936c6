"""An invented deployment with volunteers, and their passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lfr_batch.live.alerts.passes import KeptPasses
from lfr_batch.live.deployment.folders import deployment_folder, router_folder
from lfr_batch.live.deployment.recognition_rate import Recognition
from lfr_batch.live.deployment.volunteers import Seeding
from lfr_batch.live.deployment.volunteers_file import save_seeding
from lfr_batch.live.records import VolunteerPass
from lfr_batch.storage.folders import make_own_folder
from tests.live.made import DEPLOYMENT, STARTED

SEEDING = Seeding(
    gallery="watchlist",
    within_s=30.0,
    cool_down_s=10.0,
    groups=("sex",),
    volunteers={"S000": {"sex": "F"}, "S001": {"sex": "M"}, "S002": {"sex": "not stated"}},
)


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


def a_pass(
    seconds: float, subject_id: str = "S000", camera: str = "north", **changes: Any
) -> VolunteerPass:
    """So many seconds after the start."""
    made = VolunteerPass(
        pass_id=f"p-{subject_id}-{camera}-{seconds:g}".replace(".", "_"),
        deployment_id=DEPLOYMENT,
        subject_id=subject_id,
        camera=camera,
        at=after(seconds),
        entered_by="pc.1234",
        entered_at=after(seconds),
    )
    return replace(made, **changes)


def seen(seconds: float, subject_id: str = "S000", camera: str = "north") -> Recognition:
    return Recognition(subject_id, camera, after(seconds))


def seed(home: Path, seeding: Seeding = SEEDING) -> None:
    """Before its router is opened for the first time."""
    folder = deployment_folder(home, DEPLOYMENT)
    make_own_folder(folder)
    save_seeding(folder, seeding)


def kept_passes(home: Path) -> KeptPasses:
    return KeptPasses(router_folder(home, DEPLOYMENT), DEPLOYMENT)
