"""Which passes of volunteers can be: known people and cameras, within the deployment, far enough
apart. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from lfr_batch.live.deployment.volunteers import Seeding
from lfr_batch.live.records import DeploymentRecord, VolunteerPass, WatchingBegun


def fault_of(
    volunteer: str, camera: str, at: datetime, seeding: Seeding, record: DeploymentRecord
) -> str | None:
    """Why there can be no such pass; None where there can. ``record``: of ``watched``."""
    if volunteer not in seeding.volunteers:
        return f"{volunteer!r} is no volunteer of this deployment"
    if camera not in record.cameras:
        return f"there is no camera {camera!r}: they are {', '.join(record.cameras)}"
    if not record.started_at <= at <= record.ends_at:
        span = f"{record.started_at:%d %b %Y %H:%M:%S} to {record.ends_at:%d %b %Y %H:%M:%S %Z}"
        return f"{at.isoformat()} is not within the deployment: people are looked for from {span}"
    return None


def watched(
    record: DeploymentRecord, is_aimed: bool, begun: WatchingBegun | None
) -> DeploymentRecord | None:
    """As if it had started when watching began: whoever passes a camera that is aimed cannot be
    recognised. None where watching has not begun."""
    if begun is not None:
        return replace(record, started_at=begun.at)
    return None if is_aimed else record


def same_pass(
    volunteer: str, camera: str, at: datetime, known: Iterable[VolunteerPass], apart_s: float
) -> VolunteerPass | None:
    """A pass that is so near that both could never be recognised: within the cool-down there is no
    second alert."""
    for each in known:
        same = (each.subject_id, each.camera) == (volunteer, camera) and not each.taken_back
        gap_s = abs((each.at - at).total_seconds())
        if same and (gap_s < apart_s or gap_s == 0):
            return each
    return None
