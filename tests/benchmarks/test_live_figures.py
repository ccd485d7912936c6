"""What a run of live mode came to, of alerts and cameras whose figures are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.live import scaled
from benchmarks.live_figures import KNOWN, cells, figures
from benchmarks.screen import Shown
from lfr_batch.live.records import CameraHealth
from tests.footage.clips import write_clip

AT = datetime(2026, 1, 31, tzinfo=UTC)
TIMES = {"wait_s": 0.01, "detect_s": 0.1, "compare_s": 0.05, "raise_s": 0.002}


def health(camera: str, looks: int) -> CameraHealth:
    seen = CameraHealth(camera, "live", AT, AT)
    return replace(seen, frames_received=1000, frames_dropped=900, frames_analysed=looks)


def shown(camera: str, latency_ms: float, subject: str = KNOWN) -> Shown:
    return Shown({"camera": camera, "subject_id": subject, "times": TIMES}, latency_ms)


def test_each_camera_has_its_own_figures_and_the_run_their_range() -> None:
    before = [health("north", 10), health("south", 100)]
    after = [health("north", 40), health("south", 200), health("late", 5)]
    seen = [shown("north", 100.0), shown("north", 300.0), shown("south", 500.0, "obama")]
    run = figures(seen, before, after, seconds=10.0, height_px=720)
    looks = {camera: each.looks_per_s for camera, each in run.per_camera.items()}
    assert looks == {"north": 3.0, "south": 10.0, "late": 0.5}
    assert run.looks_range == (0.5, 10.0)
    assert run.shown_p99_range == pytest.approx((298.0, 500.0))
    assert (run.wrong_alerts, run.per_camera["south"].wrong_alerts) == (1, 1)
    assert run.per_camera["late"].shown is None
    row = cells(run)
    assert row["p99 by camera"] == "298–500"
    assert row["looks/s by camera"] == "0.5–10.0"
    assert (row["compare"], row["cameras"]) == ("50 / 50 / 50", "3 × 720p")


def test_a_run_without_alerts_has_no_latency() -> None:
    run = figures([], [], [health("north", 8)], seconds=4.0, height_px=1080)
    row = cells(run)
    assert (run.shown, run.stages, run.shown_p99_range) == (None, {}, None)
    assert (row["capture → shown"], row["p99 by camera"], row["detect"]) == ("–", "–", "–")


def test_a_clip_in_another_size_has_the_same_frames(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    write_clip(clip, (np.full((72, 128, 3), 10 * n, np.uint8) for n in range(10)))
    with av.open(str(scaled(clip, tmp_path / "larger.mp4", 144))) as larger:
        frames = list(larger.decode(video=0))
        assert {(frame.width, frame.height) for frame in frames} == {(256, 144)}
        assert len(frames) == 10
        assert larger.streams.video[0].average_rate == Fraction(25)
