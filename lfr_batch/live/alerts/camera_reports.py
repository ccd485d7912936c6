"""What the cameras of a deployment say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lfr_batch.live.deployment.counts import FacesSeen, with_faces
from lfr_batch.live.records import CameraHealth


@dataclass(frozen=True, slots=True)
class CameraReports:
    """By camera."""

    health: Mapping[str, CameraHealth] = field(default_factory=dict)
    """The last report of each."""
    faces: Mapping[str, FacesSeen] = field(default_factory=dict)
    """Over restarts of the cameras and of the router."""


def with_report(reports: CameraReports, health: CameraHealth) -> CameraReports:
    camera = health.camera
    seen = with_faces(reports.faces.get(camera, FacesSeen()), health.faces_seen)
    return CameraReports({**reports.health, camera: health}, {**reports.faces, camera: seen})


def in_order(reports: CameraReports) -> tuple[CameraHealth, ...]:
    """The last reports, in order of the cameras' names."""
    return tuple(reports.health[camera] for camera in sorted(reports.health))
