"""What a run of live mode came to: latency by stage, and whether every camera got its share. Pure.

Latency is of alerts, from the arrival of the frame that confirmed one until a screen has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.screen import Shown
from lfr_batch.live.records import CameraHealth

STAGES = ("wait_s", "detect_s", "compare_s", "raise_s")
KNOWN = "known"
"""The one person on the watchlist who is in the footage."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    p50: float
    p99: float
    worst: float


@dataclass(frozen=True, slots=True)
class CameraFigures:
    received_fps: float
    looks_per_s: float
    dropped_share: float
    faces_seen: int
    look_ms_p50: float
    look_ms_p99: float
    alerts: int
    wrong_alerts: int
    shown: Spread | None


@dataclass(frozen=True, slots=True)
class LiveFigures:
    cameras: int
    height_px: int
    seconds: float
    alerts: int
    wrong_alerts: int
    """Of anybody but the known person."""
    shown: Spread | None
    stages: dict[str, Spread]
    per_camera: dict[str, CameraFigures]

    @property
    def shown_p99_range(self) -> tuple[float, float] | None:
        """Of the best and the worst served camera, milliseconds; of those that had alerts."""
        found = [each.shown.p99 for each in self.per_camera.values() if each.shown]
        return (min(found), max(found)) if found else None

    @property
    def looks_range(self) -> tuple[float, float]:
        """A second, of the camera that was looked at least, and of the one that was most."""
        found = [each.looks_per_s for each in self.per_camera.values()]
        return min(found), max(found)


def figures(
    shown: Sequence[Shown],
    before: Sequence[CameraHealth],
    after: Sequence[CameraHealth],
    seconds: float,
    height_px: int,
) -> LiveFigures:
    """``before`` and ``after`` are the cameras' health when the time began and ended."""
    looked = {health.camera: health.frames_analysed for health in before}
    alerts = [each.alert for each in shown]
    stages = {name: [alert["times"][name] * 1000 for alert in alerts] for name in STAGES}
    return LiveFigures(
        cameras=len(after),
        height_px=height_px,
        seconds=seconds,
        alerts=len(alerts),
        wrong_alerts=wrong(shown),
        shown=spread([each.latency_ms for each in shown]),
        stages={name: found for name in STAGES if (found := spread(stages[name]))},
        per_camera={
            health.camera: camera_figures(health, looked.get(health.camera, 0), shown, seconds)
            for health in after
        },
    )


def camera_figures(
    health: CameraHealth, looks_before: int, shown: Sequence[Shown], seconds: float
) -> CameraFigures:
    own = [each for each in shown if each.alert["camera"] == health.camera]
    return CameraFigures(
        received_fps=health.received_fps,
        looks_per_s=(health.frames_analysed - looks_before) / seconds,
        dropped_share=health.frames_dropped / max(health.frames_received, 1),
        faces_seen=health.faces_seen,
        look_ms_p50=health.look_ms_p50,
        look_ms_p99=health.look_ms_p99,
        alerts=len(own),
        wrong_alerts=wrong(own),
        shown=spread([each.latency_ms for each in own]),
    )


def wrong(shown: Sequence[Shown]) -> int:
    return sum(each.alert["subject_id"] != KNOWN for each in shown)


def spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    p50, p99 = (float(np.percentile(values, share)) for share in (50, 99))
    return Spread(p50, p99, max(values))


def cells(run: LiveFigures) -> Mapping[str, str]:
    """A row of the table, by the name of its column."""
    cameras = list(run.per_camera.values())
    least, most = run.looks_range
    p99s = run.shown_p99_range
    look_p50 = float(np.mean([camera.look_ms_p50 for camera in cameras]))
    look_p99 = max(camera.look_ms_p99 for camera in cameras)
    stages = {name.removesuffix("_s"): three(run.stages.get(name)) for name in STAGES}
    return {
        "cameras": f"{run.cameras} × {run.height_px}p",
        "alerts": str(run.alerts),
        "wrong": str(run.wrong_alerts),
        "capture → shown": three(run.shown),
        "p99 by camera": f"{p99s[0]:.0f}–{p99s[1]:.0f}" if p99s else "–",
        **stages,
        "looks/s by camera": f"{least:.1f}–{most:.1f}",
        "look": f"{look_p50:.0f} / {look_p99:.0f}",
        "dropped": f"{np.mean([camera.dropped_share for camera in cameras]):.0%}",
    }


def three(values: Spread | None) -> str:
    return "–" if values is None else f"{values.p50:.0f} / {values.p99:.0f} / {values.worst:.0f}"
