"""What the benchmark's cameras see."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.machine import describe_machine
from benchmarks.scenes import (
    RATE,
    Crossing,
    CutOut,
    Outline,
    cut_out,
    fill_frame,
    to_and_fro,
    walk_through,
    with_noise,
)
from lfr_batch.records import ByteArray


def grey(level: int, size_wh: tuple[int, int] = (64, 48)) -> ByteArray:
    return np.full((size_wh[1], size_wh[0], 3), level, np.uint8)


def test_a_short_shot_is_played_to_and_fro_without_a_jump() -> None:
    shot = [grey(level) for level in (1, 2, 3)]
    levels = [int(frame[0, 0, 0]) for frame in to_and_fro(shot, 9)]
    assert levels == [1, 2, 3, 2, 1, 2, 3, 2, 1]


@pytest.mark.parametrize(("width", "height"), [(640, 272), (100, 400), (1280, 720)])
def test_a_picture_fills_the_frame(width: int, height: int) -> None:
    filled = fill_frame(grey(80, (width, height)), (320, 192))
    assert filled.shape == (192, 320, 3)
    assert filled.min() == filled.max() == 80


def test_a_person_is_cut_out_and_scaled_to_the_face() -> None:
    outline = Outline("any", 20.0, ((10, 10), (50, 10), (50, 40), (10, 40)))
    person = cut_out(grey(200), outline, face_px=10.0)
    assert person.bgr.shape == (16, 20, 3)
    assert person.alpha[8, 10] == pytest.approx(1.0, abs=0.01)
    assert person.alpha[0, 0] < 0.5


def test_people_come_in_at_one_edge_and_leave_at_the_other() -> None:
    person = CutOut(np.full((20, 10, 3), 250, np.float32), np.ones((20, 10, 1), np.float32))
    crossing = Crossing(None, 1.0, 2.0, 60, leftwards=True)
    frames = list(walk_through((grey(0) for _ in range(3 * RATE)), [crossing], [person]))
    middles = [np.nonzero(frame.max(axis=(0, 2)))[0].mean() for frame in frames if frame.any()]
    assert len(middles) in {RATE - 1, RATE}
    assert middles[0] > 55
    assert middles[-1] < 8
    assert all(a > b for a, b in pairwise(middles))


def test_no_two_frames_of_a_resting_scene_are_alike() -> None:
    noisy = list(with_noise((grey(120) for _ in range(4)), seed=1))
    differences = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(noisy)]
    assert min(differences) > 1
    assert np.mean([frame.mean() for frame in noisy]) == pytest.approx(120, abs=3)


def test_the_machine_is_described() -> None:
    machine = describe_machine()
    assert machine["cores"]
    assert {"av", "openvino", "ray"} <= set(machine["libraries"])  # type: ignore[call-overload]
