"""Live mode on this machine: from capture to the console, normally loaded and overloaded.

    python -m benchmarks.live [--home lfr-data] [--seconds 90] [--overload 4] [--out live.json]

Plays the beginning of the benchmark's street (720p, 25 frames a second; a known person passes every
six seconds) as so many cameras, on Ray, with the console served and a screen logged in to it.
``shown`` is the time from the arrival of the frame that confirmed an alert until the screen had its
event and both pictures; what a browser takes to draw them is not part of it. The stages before it
are the alert's own. The second run multiplies the cameras: latency must stay bounded, frames are
dropped and counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.case import GALLERY, prepare_case
from benchmarks.clips import DEFAULT_FOLDER, render_clips
from benchmarks.machine import describe_machine
from benchmarks.screen import Screen, Shown, log_in
from lfr_batch.config.live import (
    CameraConfig,
    ConsoleConfig,
    DeploymentConfig,
    LiveConfig,
    WatchConfig,
    WatchlistConfig,
)
from lfr_batch.console.app import create_app
from lfr_batch.console.roster import roster_for_deployment
from lfr_batch.console.serve import serve
from lfr_batch.engine.live.table import open_live_engine
from lfr_batch.live.deployment.order import LiveOrder, make_deployment
from lfr_batch.live.deployment.plan import LivePlan, RunningDeployment
from lfr_batch.live.records import CameraHealth

WIDTH = 150
"""Of the table where no terminal gives one."""
WARM_UP_S = 8.0
VISIT_S = 6.0
"""The street's first known person has passed by then; played again and again."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    p50: float
    p99: float
    worst: float


@dataclass(frozen=True, slots=True)
class CameraFigures:
    received_fps: float
    analysed_fps: float
    dropped_share: float
    faces_seen: int
    look_ms_p50: float
    look_ms_p99: float


@dataclass(frozen=True, slots=True)
class LiveFigures:
    cameras: int
    seconds: float
    alerts: int
    wrong_alerts: int
    """Of anybody but the known person."""
    shown: Spread | None
    stages: dict[str, Spread]
    per_camera: dict[str, CameraFigures]


def measure(plan: LivePlan, seconds: float) -> LiveFigures:
    """What a screen is shown in so long, after the time in which everything starts."""
    with open_live_engine(plan) as running, console(plan, running) as screen:
        for _ in screen.alerts(WARM_UP_S):
            pass
        shown = list(screen.alerts(seconds))
        healths = running.router.health()
    return figures(shown, healths, seconds)


@contextmanager
def console(plan: LivePlan, running: RunningDeployment) -> Iterator[Screen]:
    """The deployment's console, served, and somebody logged in to it."""
    roster, tokens = roster_for_deployment(plan.router_folder.parent)
    app = create_app(plan.deployment, running, plan.router_folder, roster)
    with serve(app, ConsoleConfig(port=0)) as url:
        yield log_in(url, next(iter(tokens.values())))


def figures(shown: Sequence[Shown], healths: Sequence[CameraHealth], seconds: float) -> LiveFigures:
    alerts = [each.alert for each in shown]
    stages = {
        name: spread([alert["times"][name] * 1000 for alert in alerts])
        for name in ("wait_s", "detect_s", "compare_s", "raise_s")
        if alerts
    }
    return LiveFigures(
        cameras=len(healths),
        seconds=seconds,
        alerts=len(alerts),
        wrong_alerts=sum(alert["subject_id"] != "known" for alert in alerts),
        shown=spread([each.latency_ms for each in shown]) if shown else None,
        stages=stages,
        per_camera={health.camera: camera_figures(health) for health in healths},
    )


def spread(values: Sequence[float]) -> Spread:
    p50, p99 = (float(np.percentile(values, share)) for share in (50, 99))
    return Spread(p50, p99, max(values))


def camera_figures(health: CameraHealth) -> CameraFigures:
    return CameraFigures(
        received_fps=health.received_fps,
        analysed_fps=health.analysed_fps,
        dropped_share=health.frames_dropped / max(health.frames_received, 1),
        faces_seen=health.faces_seen,
        look_ms_p50=health.look_ms_p50,
        look_ms_p99=health.look_ms_p99,
    )


@contextmanager
def planned(home: Path, clip: Path, cameras: int, data: Path) -> Iterator[LivePlan]:
    with tempfile.TemporaryDirectory(prefix="lfr-live-") as temporary:
        folder = Path(temporary)
        case = prepare_case(folder, home, data, None)
        visit = excerpt(clip, folder / "visit.mp4", VISIT_S)
        order = LiveOrder(live_config(visit, cameras), case.home, str(folder / "results"), True)
        plan = make_deployment(order, datetime.now(UTC)).plan
        yield replace(plan, watchlist_home=case.home, router_folder=folder / "router")


def excerpt(clip: Path, into: Path, seconds: float) -> Path:
    """The first so many seconds of a clip, as they are coded."""
    with av.open(str(clip)) as source, av.open(str(into), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        end = seconds / (stream.time_base or 1)
        for packet in source.demux(stream):
            if packet.pts is not None and packet.pts < end:
                packet.stream = copy
                target.mux(packet)
    return into


def live_config(clip: Path, cameras: int) -> LiveConfig:
    now = datetime.now(UTC)
    return LiveConfig(
        deployment=DeploymentConfig(
            name="benchmark",
            place="a rendered street",
            starts_at=now - timedelta(minutes=1),
            ends_at=now + timedelta(hours=1),
            case="BENCHMARK",
            authorising_officer="nobody",
            authority="none needed",
            purpose="measuring latency",
            operator="benchmark",
        ),
        watchlist=WatchlistConfig(gallery=GALLERY),
        cameras=tuple(
            CameraConfig(name=f"camera{number}", source=str(clip), loop=True)
            for number in range(cameras)
        ),
        watch=WatchConfig(cool_down_s=1.0),
    )


def table_of(runs: Sequence[LiveFigures]) -> Table:
    table = Table(title="Live, milliseconds (p50 / p99 / worst)")
    columns = ("cameras", "alerts", "wrong", "capture → shown", "wait", "detect", "compare",
               "raise", "looks/s and camera", "look", "dropped")  # fmt: skip
    for name in columns:
        table.add_column(name, justify="right")
    for run in runs:
        table.add_row(*_cells(run))
    return table


def _cells(run: LiveFigures) -> list[str]:
    def both(values: Spread | None) -> str:
        return (
            "–" if values is None else f"{values.p50:.0f} / {values.p99:.0f} / {values.worst:.0f}"
        )

    cameras = list(run.per_camera.values())
    stages = [run.stages.get(name) for name in ("wait_s", "detect_s", "compare_s", "raise_s")]
    look_p50 = float(np.mean([camera.look_ms_p50 for camera in cameras]))
    look_p99 = max(camera.look_ms_p99 for camera in cameras)
    return [
        str(run.cameras),
        str(run.alerts),
        str(run.wrong_alerts),
        both(run.shown),
        *(both(stage) for stage in stages),
        f"{np.mean([camera.analysed_fps for camera in cameras]):.1f}",
        f"{look_p50:.0f} / {look_p99:.0f}",
        f"{np.mean([camera.dropped_share for camera in cameras]):.0%}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure live mode with files as cameras.")
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--clips", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--overload", type=int, default=4, help="times as many cameras; 1: none")
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    cache = asked.home / "cache" / "archives"
    clip = render_clips(asked.clips, cache, ("street",))["street"]
    runs = []
    for cameras in dict.fromkeys((asked.cameras, asked.cameras * asked.overload)):
        with planned(asked.home, clip, cameras, asked.data) as plan:
            runs.append(measure(plan, asked.seconds))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table_of(runs))
    if asked.out:
        content = {"machine": describe_machine(), "runs": [asdict(run) for run in runs]}
        asked.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
