"""Which frames are looked at: real decoding, real gate."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.config.schema import FootageConfig, MotionConfig, S3Config
from lfr_batch.footage.motion import cells_wh
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.recognition.looks import Look, SegmentCounts
from lfr_batch.recognition.selection import in_pixels, select_looks
from lfr_batch.records import NS_PER_S, FootageEntry
from tests.one_case import Casework
from tests.probing import probe


def looks_at(path: Path, config: FootageConfig) -> tuple[list[Look], SegmentCounts]:
    (segment,) = plan_segments(probe(FootageEntry(str(path)), config, S3Config()), 60.0, "key")
    tally = SegmentCounts()
    return list(select_looks(open_segment(segment, S3Config()), config, tally)), tally


@pytest.mark.parametrize(("fps", "expected"), [(0.0, 225), (5.0, 45), (1.0, 9)])
def test_the_sampling_rate_is_kept(casework: Casework, fps: float, expected: int) -> None:
    config = FootageConfig(sample_fps=fps)
    looks, tally = looks_at(casework.footage / "walk.mp4", config)
    assert tally.frames_decoded == 225
    assert len(looks) == expected


def test_a_scene_at_rest_is_looked_at_now_and_then_only(casework: Casework) -> None:
    config = FootageConfig(motion=MotionConfig(linger_s=0.0))
    looks, tally = looks_at(casework.footage / "empty.mp4", config)
    assert len(looks) == 15
    assert tally.frames_analysed == sum(look.frame is not None for look in looks) == 2


def test_where_something_changed_it_is_looked_at_a_while_longer(casework: Casework) -> None:
    looks, _ = looks_at(casework.footage / "empty.mp4", FootageConfig())
    looked_ns = [look.pts_ns for look in looks if look.frame is not None]
    lingering = [look.pts_ns for look in looks if look.pts_ns <= 1.2 * NS_PER_S]
    assert looked_ns[: len(lingering)] == lingering
    assert len(looked_ns) <= len(lingering) + 1


def test_the_gate_can_be_switched_off(casework: Casework) -> None:
    config = FootageConfig(motion=MotionConfig(enabled=False))
    looks, _ = looks_at(casework.footage / "empty.mp4", config)
    assert all(look.frame is not None for look in looks)


def test_someone_who_walks_in_is_looked_at_at_once(casework: Casework) -> None:
    looks, _ = looks_at(casework.footage / "walk.mp4", FootageConfig())
    walking = [look for look in looks if NS_PER_S <= look.pts_ns < 7 * NS_PER_S]
    assert all(look.frame is not None for look in walking)


def test_only_the_part_that_changed_is_to_be_looked_at(casework: Casework) -> None:
    looks, _ = looks_at(casework.footage / "walk.mp4", FootageConfig())
    walking = [look for look in looks if 1.2 * NS_PER_S <= look.pts_ns < 7 * NS_PER_S]
    parts = [(look.pts_ns, look.region) for look in walking if look.region is not None]
    assert len(parts) > len(walking) / 2
    for pts_ns, (left, top, right, bottom) in parts:
        shown_left = 40 + (pts_ns * 25 // NS_PER_S - 25) * 2
        assert 0 <= left <= shown_left
        assert shown_left + 210 <= right <= 640
        assert 0 <= top <= 80
        assert 290 <= bottom <= 360


def test_all_of_the_picture_is_to_be_looked_at_now_and_then(casework: Casework) -> None:
    looks, _ = looks_at(casework.footage / "walk.mp4", FootageConfig())
    whole_ns = [look.pts_ns for look in looks if look.frame is not None and look.region is None]
    assert whole_ns[0] == 0
    assert all(b - a <= 2.2 * NS_PER_S for a, b in pairwise([*whole_ns, 9 * NS_PER_S]))


def test_regions_can_be_switched_off(casework: Casework) -> None:
    config = FootageConfig(motion=MotionConfig(regions=False))
    looks, _ = looks_at(casework.footage / "walk.mp4", config)
    walking = [look for look in looks if NS_PER_S <= look.pts_ns < 7 * NS_PER_S]
    assert all(look.frame is not None and look.region is None for look in walking)


@given(st.tuples(st.integers(16, 4096), st.integers(16, 4096)), st.data())
def test_regions_in_pixels_hold_their_cells(size: tuple[int, int], data: st.DataObject) -> None:
    grid = cells_wh(size)
    left, top = data.draw(st.integers(0, grid[0] - 1)), data.draw(st.integers(0, grid[1] - 1))
    right = data.draw(st.integers(left + 1, grid[0]))
    bottom = data.draw(st.integers(top + 1, grid[1]))
    region = in_pixels((left, top, right, bottom), grid, size)
    for axis, (first, last) in enumerate(((left, right), (top, bottom))):
        cell_px = Fraction(size[axis], grid[axis])
        assert 0 <= first * cell_px - region[axis] < 1
        assert 0 <= region[axis + 2] - last * cell_px < 1
        assert 0 <= region[axis] < region[axis + 2] <= size[axis]
