"""Which passes of volunteers can be: known people and cameras, within the deployment, far enough
apart. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lfr_batch.live.deployment.volunteers import Seeding
from lfr_batch.live.records import DeploymentRecord, VolunteerPass


def fault_of(
    volunteer: str,
    camera: str,
    at: datetime,
    seeding: Seeding,
    record: DeploymentRecord,
    watched_from: datetime | None = None,
) -> str | None:
    """Why there can be no such pass; None where there can. ``watched_from``: of a deployment that
    was aimed first, when watching began."""
    if volunteer not in seeding.volunteers:
        return f"{volunteer!r} is no volunteer of this deployment"
    if camera not in record.cameras:
        return f"there is no camera {camera!r}: they are {', '.join(record.cameras)}"
    if not record.started_at <= at <= record.ends_at:
        span = f"{record.started_at:%d %b %Y %H:%M:%S} to {record.ends_at:%d %b %Y %H:%M:%S %Z}"
        return f"{at.isoformat()} is not within the deployment, which was {span}"
    if watched_from is not None and at < watched_from:
        began = f"{watched_from:%H:%M:%S %Z}"
        return f"{at.isoformat()} is before {began}, when watching began: nobody was looked for"
    return None


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
