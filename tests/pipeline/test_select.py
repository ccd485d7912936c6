"""Which frames are looked at: real decoding, real gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.config.schema import Config, FootageConfig, MotionConfig, S3Config
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.pipeline.looks import Look, Tally, batches
from lfr_batch.pipeline.select import select_looks
from lfr_batch.records import NS_PER_S, FootageEntry
from tests.casework import Casework


def looks_at(path: Path, config: FootageConfig) -> tuple[list[Look], Tally]:
    (segment,) = plan_segments(probe(FootageEntry(str(path)), config, S3Config()), 60.0, "key")
    tally = Tally()
    return list(select_looks(open_segment(segment, S3Config(), 1), config, tally)), tally


@pytest.mark.parametrize(("fps", "expected"), [(0.0, 225), (5.0, 45), (1.0, 9)])
def test_the_sampling_rate_is_kept(casework: Casework, fps: float, expected: int) -> None:
    config = FootageConfig(sample_fps=fps)
    looks, tally = looks_at(casework.footage / "walk.mp4", config)
    assert tally.frames_decoded == 225
    assert len(looks) == expected


def test_a_scene_at_rest_is_looked_at_now_and_then_only(casework: Casework) -> None:
    looks, tally = looks_at(casework.footage / "empty.mp4", FootageConfig())
    assert len(looks) == 15
    assert tally.frames_analysed == sum(look.frame is not None for look in looks) == 2


def test_the_gate_can_be_switched_off(casework: Casework) -> None:
    config = FootageConfig(motion=MotionConfig(enabled=False))
    looks, _ = looks_at(casework.footage / "empty.mp4", config)
    assert all(look.frame is not None for look in looks)


def test_someone_who_walks_in_is_looked_at_at_once(casework: Casework) -> None:
    looks, _ = looks_at(casework.footage / "walk.mp4", FootageConfig())
    walking = [look for look in looks if NS_PER_S <= look.pts_ns < 7 * NS_PER_S]
    assert all(look.frame is not None for look in walking)


def test_batches_hold_one_picture_size_and_lose_nothing(casework: Casework) -> None:
    small, _ = looks_at(casework.footage / "empty.mp4", FootageConfig())
    other = [Look(look.pts_ns, None) for look in small[:3]]
    mixed = [*small, *other, *small]
    groups = list(batches(mixed, Config().detect.batch))
    assert [look for group in groups for look in group] == mixed
    assert all(
        len({look.frame.size_wh for look in group if look.frame is not None}) <= 1
        and sum(look.frame is not None for look in group) <= Config().detect.batch
        for group in groups
    )
