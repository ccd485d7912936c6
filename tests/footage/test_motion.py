from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import MotionConfig, S3Config
from lfr_batch.footage.motion import MotionState, cells_wh, gate
from lfr_batch.footage.pyav import open_frames
from lfr_batch.footage.sampling import SamplerState, sample
from lfr_batch.records import NS_PER_S, ByteArray

from .clips import whole, write_clip

CONFIG = MotionConfig()
FIFTH = NS_PER_S // 5


def decisions(pictures: list[ByteArray], config: MotionConfig = CONFIG) -> list[tuple[bool, bool]]:
    """(analyse, scene cut) for luma cells shown five times a second."""
    state, decided = MotionState(), []
    for i, cells in enumerate(pictures):
        decision, state = gate(state, cells, i * FIFTH, config)
        decided.append((decision.analyse, decision.scene_cut))
    return decided


def on_clip(path: Path) -> list[tuple[int, bool, bool]]:
    """(pts_ns, analyse, scene cut) for five frames a second."""
    state, sampler, decided = MotionState(), SamplerState(), []
    for frame in open_frames(whole(path), S3Config()):
        take, sampler = sample(sampler, frame.pts_ns, 5.0)
        if take:
            cells = frame.luma(*cells_wh(frame.size_wh))
            decision, state = gate(state, cells, frame.pts_ns, CONFIG)
            decided.append((frame.pts_ns, decision.analyse, decision.scene_cut))
    return decided


def flat(value: int) -> ByteArray:
    return np.full((54, 96), value, np.uint8)


def test_nothing_moves_but_a_frame_is_analysed_in_time() -> None:
    analysed = [analyse for analyse, _ in decisions([flat(90)] * 21)]
    assert [i for i, analyse in enumerate(analysed) if analyse] == [0, 10, 20]


def test_slow_change_adds_up() -> None:
    slow = [flat(90 + i) for i in range(9)]
    assert [i for i, (analyse, _) in enumerate(decisions(slow)) if analyse] == [0, 7]


def test_without_the_gate_every_frame_is_analysed() -> None:
    assert all(a for a, _ in decisions([flat(90)] * 9, MotionConfig(enabled=False)))


def test_scene_cuts_are_told_from_motion() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(lo, lo + 90, (54, 96), dtype=np.uint8) for lo in (20, 130))
    walker = first.copy()
    walker[10:40, 40:60] = 230
    assert decisions([first, walker, second, second]) == [
        (True, False),
        (True, False),
        (True, True),
        (False, False),
    ]


def noisy_scene(seed: int) -> ByteArray:
    """A 1080p picture with structure and camera noise."""
    scene = np.random.default_rng(7).integers(40, 180, (68, 120), dtype=np.uint8)
    big = cv2.resize(scene, (1920, 1080), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    noise = np.random.default_rng(seed).normal(0, 4, big.shape)
    grey = np.clip(big + noise, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, 2)


@pytest.mark.parametrize("left", [400, 409, 413])
def test_a_24_px_face_in_a_1080p_frame_is_noticed_and_noise_is_not(
    tmp_path: Path, left: int
) -> None:
    still, shown = [noisy_scene(i) for i in range(3)], noisy_scene(9)
    spot = shown[507:531, left : left + 24]
    contrast = 45 if spot.mean() < 110 else -45
    cv2.ellipse(
        shown, (left + 12, 519), (11, 12), 0, 0, 360, (float(spot.mean() + contrast),) * 3, -1
    )
    shots = [picture for picture in (*still, shown) for _ in range(5)]
    path = write_clip(tmp_path / "a.mp4", shots, encoder={"crf": "26", "preset": "ultrafast"})
    assert [analyse for _, analyse, _ in on_clip(path)] == [True, False, False, True]


def test_static_footage_is_skipped(shared_data: Path) -> None:
    decided = on_clip(shared_data / "footage/known_answer/actor_m.mp4")
    assert sum(analyse for _, analyse, _ in decided) < len(decided) * 0.7


def test_a_face_that_appears_is_never_skipped(shared_data: Path) -> None:
    decided = on_clip(shared_data / "footage/known_answer/custody_S029.avi")
    appeared = next(i for i, (_, _, cut) in enumerate(decided) if cut)
    assert 0.8 < decided[appeared][0] / NS_PER_S < 1.3


def test_cuts_of_a_real_clip(shared_data: Path) -> None:
    """The wide shot, the pianist, the singer, the audience; once the pianist bends into view."""
    decided = on_clip(shared_data / "footage/known_answer/stage_clip.mp4")
    cuts = [round(pts_ns / NS_PER_S, 1) for pts_ns, _, cut in decided if cut]
    assert len(cuts) <= 5
    for cut_s in (0.8, 2.7, 7.1):
        assert any(abs(found_s - cut_s) < 0.25 for found_s in cuts)


def test_a_shaking_camera_is_no_scene_cut(shared_data: Path) -> None:
    decided = on_clip(shared_data / "footage/crowd/marathon.mkv")
    assert not any(cut for _, _, cut in decided)
