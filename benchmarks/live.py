"""Live mode on this machine: from capture to the console, normally loaded and overloaded.

    python -m benchmarks.live [--home lfr-data] [--cameras 2] [--height 720] [--seconds 90]
                                [--overload 4] [--out live.json]

Plays the beginning of the benchmark's street (720p, 25 frames a second; a known person passes every
six seconds) as so many cameras, on Ray, with the console served and a screen logged in to it.
``shown`` is the time from the arrival of the frame that confirmed an alert until the screen had its
event and both pictures; what a browser takes to draw them is not part of it. The stages before it
are the alert's own. The second run multiplies the cameras: latency must stay bounded, every camera
get its share of looks, and frames are dropped and counted. For a machine with a GPU
``--cameras 16 --height 1080 --overload 1``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
from rich.console import Console
from rich.table import Table

from benchmarks.case import GALLERY, prepare_case
from benchmarks.clips import CAMERA, DEFAULT_FOLDER, HD, render_clips
from benchmarks.live_figures import LiveFigures, cells, figures
from benchmarks.machine import describe_machine
from benchmarks.screen import Screen, log_in
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

WIDTH = 170
"""Of the table where no terminal gives one."""
WARM_UP_S = 8.0
VISIT_S = 6.0
"""The street's first known person has passed by then; played again and again."""
STREET_BPS = 3_000_000
"""Of the street as it was coded, in 720p; larger pictures get as many bits a pixel."""


def measure(plan: LivePlan, seconds: float, height_px: int) -> LiveFigures:
    """What a screen is shown in so long, after the time in which everything starts."""
    with open_live_engine(plan) as running, console(plan, running) as screen:
        for _ in screen.alerts(WARM_UP_S):
            pass
        before = running.router.health()
        shown = list(screen.alerts(seconds))
        after = running.router.health()
    return figures(shown, before, after, seconds, height_px)


@contextmanager
def console(plan: LivePlan, running: RunningDeployment) -> Iterator[Screen]:
    """The deployment's console, served, and somebody logged in to it."""
    roster, tokens = roster_for_deployment(plan.router_folder.parent)
    app = create_app(plan.deployment, running, plan.router_folder, roster)
    with serve(app, ConsoleConfig(port=0)) as url:
        yield log_in(url, next(iter(tokens.values())))


@contextmanager
def planned(home: Path, clip: Path, cameras: int, height_px: int, data: Path) -> Iterator[LivePlan]:
    with tempfile.TemporaryDirectory(prefix="lfr-live-") as temporary:
        folder = Path(temporary)
        case = prepare_case(folder, home, data, None)
        visit = excerpt(clip, folder / "visit.mp4", VISIT_S)
        if height_px != HD[1]:
            visit = scaled(visit, folder / "scaled.mp4", height_px)
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


def scaled(clip: Path, into: Path, height_px: int) -> Path:
    """The clip in another size, coded as a camera of that size would."""
    with av.open(str(clip)) as source, av.open(str(into), "w") as target:
        stream = source.streams.video[0]
        coded = target.add_stream("libx264", rate=stream.average_rate)
        width_px = round(height_px * stream.width / stream.height / 2) * 2
        coded.width, coded.height, coded.pix_fmt = width_px, height_px, "yuv420p"
        rate_bps = round(STREET_BPS * (height_px / HD[1]) ** 2)
        coded.options = {**CAMERA, "b": str(rate_bps), "maxrate": str(rate_bps),
                         "bufsize": str(rate_bps)}  # fmt: skip
        for frame in source.decode(stream):
            target.mux(coded.encode(frame.reformat(width_px, height_px)))
        target.mux(coded.encode(None))
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
    rows = [cells(run) for run in runs]
    for name in rows[0]:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row.values())
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure live mode with files as cameras.")
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--clips", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--height", type=int, default=HD[1], help="of the pictures, pixels")
    parser.add_argument("--overload", type=int, default=4, help="times as many cameras; 1: none")
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    cache = asked.home / "cache" / "archives"
    clip = render_clips(asked.clips, cache, ("street",))["street"]
    runs = []
    for cameras in dict.fromkeys((asked.cameras, asked.cameras * asked.overload)):
        with planned(asked.home, clip, cameras, asked.height, asked.data) as plan:
            runs.append(measure(plan, asked.seconds, asked.height))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table_of(runs))
    if asked.out:
        content = {"machine": describe_machine(), "runs": [asdict(run) for run in runs]}
        asked.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
