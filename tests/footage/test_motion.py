from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.config.schema import MotionConfig
from lfr_batch.footage.motion import (
    MARGIN_CELLS,
    WHOLE_FROM,
    CellRegion,
    MotionDecision,
    MotionState,
    cells_wh,
    gate,
)
from lfr_batch.footage.sampling import SamplerState, sample
from lfr_batch.records import NS_PER_S, ByteArray

from .clips import frames_of, whole, write_clip

CONFIG = MotionConfig()
NO_LINGERING = MotionConfig(linger_s=0.0)
FIFTH = NS_PER_S // 5


def decided(pictures: list[ByteArray], config: MotionConfig = NO_LINGERING) -> list[MotionDecision]:
    """Decisions on luma cells shown five times a second."""
    state, decisions = MotionState(), []
    for i, cells in enumerate(pictures):
        decision, state = gate(state, cells, i * FIFTH, config)
        decisions.append(decision)
    return decisions


def on_clip(path: Path, config: MotionConfig = CONFIG) -> list[tuple[int, MotionDecision, float]]:
    """Time, decision and share of the picture looked at, for five frames a second."""
    state, sampler, decisions = MotionState(), SamplerState(), []
    for frame in frames_of(whole(path)):
        take, sampler = sample(sampler, frame.pts_ns, 5.0)
        if take:
            cells = frame.luma(*cells_wh(frame.size_wh))
            decision, state = gate(state, cells, frame.pts_ns, config)
            decisions.append((frame.pts_ns, decision, looked_at(decision, cells) / cells.size))
    return decisions


def looked_at(decision: MotionDecision, cells: ByteArray) -> int:
    """Number of cells that are looked at."""
    if not decision.analyse:
        return 0
    left, top, right, bottom = decision.region or (0, 0, cells.shape[1], cells.shape[0])
    return (right - left) * (bottom - top)


def flat(value: int) -> ByteArray:
    return np.full((54, 96), value, np.uint8)


def spot(left: int, top: int, side: int = 3, value: int = 200, on: int = 90) -> ByteArray:
    cells = flat(on)
    cells[top : top + side, left : left + side] = value
    return cells


def test_nothing_moves_but_a_frame_is_analysed_in_time() -> None:
    decisions = decided([flat(90)] * 21)
    assert [i for i, decision in enumerate(decisions) if decision.analyse] == [0, 10, 20]
    assert all(decision.region is None for decision in decisions)


def test_slow_change_adds_up() -> None:
    slow = [flat(90 + i) for i in range(9)]
    assert [i for i, decision in enumerate(decided(slow)) if decision.analyse] == [0, 7]


def test_without_the_gate_every_frame_is_analysed() -> None:
    decisions = decided([flat(90), spot(10, 10)] * 5, MotionConfig(enabled=False))
    assert all(decision.analyse and decision.region is None for decision in decisions)


def test_scene_cuts_are_told_from_motion() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(lo, lo + 90, (54, 96), dtype=np.uint8) for lo in (20, 130))
    walker = first.copy()
    walker[10:40, 40:60] = 230
    decisions = decided([first, walker, second, second])
    assert [(decision.analyse, decision.scene_cut) for decision in decisions] == [
        (True, False),
        (True, False),
        (True, True),
        (False, False),
    ]
    assert decisions[1].region is not None
    assert decisions[2].region is None


@pytest.mark.parametrize(
    ("left", "top", "region"),
    [
        (40, 20, (36, 16, 47, 27)),
        (0, 0, (0, 0, 7, 7)),
        (93, 51, (89, 47, 96, 54)),
        (2, 50, (0, 46, 9, 54)),
    ],
    ids=["middle", "top left", "bottom right", "near a corner"],
)
def test_what_changed_is_looked_at_with_a_margin(left: int, top: int, region: CellRegion) -> None:
    before, after = decided([flat(90), spot(left, top)])
    assert (before.analyse, before.region) == (True, None)
    assert (after.analyse, after.changed, after.region) == (True, True, region)


def test_something_that_moves_is_looked_at_where_it_was_and_where_it_is() -> None:
    moved = decided([flat(90), spot(20, 20), spot(30, 20)])[-1]
    assert moved.region == (20 - 4, 20 - 4, 33 + 4, 23 + 4)


changes = st.lists(st.tuples(st.integers(0, 95), st.integers(0, 53)), min_size=1, max_size=12)


@given(changes)
def test_a_region_covers_all_that_changed_and_its_surroundings(
    places: list[tuple[int, int]],
) -> None:
    after = flat(90)
    for across, down in places:
        after[down, across] = 200
    region = decided([flat(90), after])[-1].region
    xs, ys = [across for across, _ in places], [down for _, down in places]
    around = (
        max(0, min(xs) - MARGIN_CELLS),
        max(0, min(ys) - MARGIN_CELLS),
        min(96, max(xs) + 1 + MARGIN_CELLS),
        min(54, max(ys) + 1 + MARGIN_CELLS),
    )
    share = (around[2] - around[0]) * (around[3] - around[1]) / after.size
    assert region == (around if share < WHOLE_FROM else None)


def test_where_most_of_the_picture_changed_all_of_it_is_looked_at() -> None:
    corners = np.maximum(spot(2, 2), spot(90, 48))
    assert decided([flat(90), corners])[-1] == MotionDecision(True, changed=True, region=None)
    assert decided([flat(90), flat(100)])[-1] == MotionDecision(True, changed=True, region=None)


def test_slow_change_adds_up_where_nobody_looked() -> None:
    """On the left it grows lighter, one step at a time; on the right something moves all along."""
    shown = []
    for i in range(9):
        cells = spot(70, 30 + i % 2)
        cells[20:23, 10:13] = 90 + i
        shown.append(cells)
    regions = [decision.region for decision in decided(shown)]
    assert regions[0] is None
    assert all(region is not None and region[0] == 66 for region in regions[1:7])
    assert regions[7] == (6, 16, 77, 38)
    assert regions[8] is not None
    assert regions[8][0] == 66


def test_slow_change_adds_up_again_once_it_was_looked_at() -> None:
    shown = []
    for i in range(9):
        cells = flat(90)
        cells[20:23, 10:13] = 90 + i
        shown.append(cells)
    assert [i for i, decision in enumerate(decided(shown)) if decision.analyse] == [0, 7]


def test_all_of_the_picture_is_looked_at_in_time_however_much_moves_in_it() -> None:
    decisions = decided([spot(20 + i % 2, 20) for i in range(31)])
    assert all(decision.analyse for decision in decisions)
    whole_looks = [i for i, decision in enumerate(decisions) if decision.region is None]
    assert whole_looks == [0, 10, 20, 30]


def test_looks_at_regions_can_be_switched_off() -> None:
    shown = [flat(90), spot(20, 20), spot(20, 20), spot(21, 20)]
    decisions = decided(shown, MotionConfig(regions=False, linger_s=0.0))
    assert [decision.analyse for decision in decisions] == [True, True, False, True]
    assert all(decision.region is None for decision in decisions)


def test_who_comes_to_a_halt_is_looked_at_for_a_while_longer() -> None:
    """Six more looks at where the last thing moved, and at nothing else."""
    walker = [spot(20 + 2 * i, 20) for i in range(4)]
    before = [flat(90)] * 8
    decisions = decided([*before, *walker, *[walker[-1]] * 9], CONFIG)
    assert [decision.region for decision in decisions[8:10]] == [
        (20 - 4, 20 - 4, 23 + 4, 23 + 4),
        (20 - 4, 20 - 4, 25 + 4, 23 + 4),
    ]
    halted = decisions[12:18]
    assert all(decision.analyse and not decision.changed for decision in halted)
    seen = [decision.region for decision in halted if decision.region is not None]
    assert all(region[2] == 29 + 4 for region in seen)
    assert [region[0] for region in seen] == sorted(region[0] for region in seen)
    assert [decision.analyse for decision in decisions[18:20]] == [False, False]


def test_a_scene_that_begins_is_looked_at_for_a_while_even_if_nothing_moves_in_it() -> None:
    decisions = decided([flat(90)] * 9, CONFIG)
    assert [decision.analyse for decision in decisions] == [True] * 7 + [False] * 2
    assert all(decision.region is None for decision in decisions)
    assert [decision.changed for decision in decisions] == [True] + [False] * 8


def test_a_clock_that_began_anew_is_a_reason_to_look_at_all_of_it() -> None:
    _, state = gate(MotionState(), flat(90), 5 * NS_PER_S, CONFIG)
    decision, state = gate(state, spot(20, 20), 0, CONFIG)
    assert (decision.analyse, decision.region, state.whole_ns) == (True, None, 0)


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
    decisions = [decision for _, decision, _ in on_clip(path, NO_LINGERING)]
    assert [decision.analyse for decision in decisions] == [True, False, False, True]
    region = decisions[-1].region
    assert region is not None
    assert region[0] * 20 <= left
    assert region[2] * 20 >= left + 24


def test_of_static_footage_little_is_looked_at(shared_data: Path) -> None:
    decisions = on_clip(shared_data / "footage/known_answer/actor_m.mp4")
    assert sum(share for _, _, share in decisions) < len(decisions) * 0.7


def test_a_face_that_appears_is_never_skipped(shared_data: Path) -> None:
    decisions = on_clip(shared_data / "footage/known_answer/custody_S029.avi")
    appeared_ns = next(pts_ns for pts_ns, decision, _ in decisions if decision.scene_cut)
    assert 0.8 < appeared_ns / NS_PER_S < 1.3


def test_cuts_of_a_real_clip(shared_data: Path) -> None:
    """The wide shot, the pianist, the singer, the audience; once the pianist bends into view."""
    decisions = on_clip(shared_data / "footage/known_answer/stage_clip.mp4")
    cuts = [round(pts_ns / NS_PER_S, 1) for pts_ns, found, _ in decisions if found.scene_cut]
    assert len(cuts) <= 5
    for cut_s in (0.8, 2.7, 7.1):
        assert any(abs(found_s - cut_s) < 0.25 for found_s in cuts)


def test_a_shaking_camera_is_no_scene_cut(shared_data: Path) -> None:
    decisions = on_clip(shared_data / "footage/crowd/marathon.mkv")
    assert not any(decision.scene_cut for _, decision, _ in decisions)
