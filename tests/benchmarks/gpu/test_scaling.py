"""Frames scaled by the benchmark are those that the product scales."""

from __future__ import annotations

from pathlib import Path

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.scaling import measure
from tests.footage.clips import write_clip


def test_frames_are_scaled_and_compared(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 10)
    bench = Bench(tmp_path, tmp_path, "open", "cpu", {"street": clip}, None, (), quick=True)
    scaled, gate = measure(bench, [])
    assert isinstance(scaled.figure, float)
    assert scaled.figure > 0
    assert float(scaled.note.split()[-3]) < 1.0
    assert isinstance(gate.figure, float)
    assert gate.figure > 0


def test_without_a_clip_there_is_nothing_to_scale(tmp_path: Path) -> None:
    assert not list(measure(Bench(tmp_path, tmp_path, "open", "cpu", {}, None, ()), []))
