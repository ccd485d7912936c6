from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.stillness import Group, Stillness
from lfr_batch.recognition.looks import Look, SegmentCounts
from lfr_batch.recognition.selection import select_looks
from lfr_batch.records import NS_PER_S, ByteArray, Segment
from tests.footage.clips import RATE, write_clip

GROUP_NS = 2 * NS_PER_S
QUIET = (1000,) * 49


def group(number: int, rest: tuple[int, ...] = QUIET, first: int = 70_000) -> Group:
    start_ns = number * GROUP_NS
    return Group(start_ns, start_ns + GROUP_NS - NS_PER_S // 25, first, rest)


def watched(stillness: Stillness, seen: Group, changed: bool = False) -> None:
    """The motion gate saw all of a group that was decoded."""
    stillness.saw(seen.start_ns, changed=False)
    stillness.saw(seen.end_ns, changed)


def learnt(*rests: tuple[int, ...]) -> Stillness:
    stillness = Stillness()
    for number, rest in enumerate(rests):
        assert not stillness.skips(group(number, rest))
        watched(stillness, group(number, rest))
    return stillness


WALKER = (1000,) * 20 + (1300,) * 15 + (1000,) * 14
BURST = (1000,) * 20 + (5000,) + (1000,) * 28


@pytest.mark.parametrize(
    ("rest", "first", "skipped"),
    [
        (QUIET, 70_000, True),
        (WALKER, 70_000, False),
        (BURST, 70_000, False),
        ((990,) * 49, 70_000, True),
        (QUIET, 5_000, False),
        ((), 70_000, False),
    ],
    ids=["as still ones", "walker", "one large packet", "smaller", "tells nothing", "alone"],
)
def test_a_group_no_larger_than_still_ones_is_skipped(
    rest: tuple[int, ...], first: int, skipped: bool
) -> None:
    assert learnt(QUIET).skips(group(1, rest, first)) is skipped


def test_nothing_is_skipped_before_a_still_group_was_seen() -> None:
    assert not Stillness().skips(group(0))


def test_groups_with_movement_teach_nothing() -> None:
    stillness = Stillness()
    assert not stillness.skips(group(0))
    watched(stillness, group(0), changed=True)
    assert not stillness.skips(group(1))


def test_movement_since_the_last_still_group_forbids_it() -> None:
    stillness = learnt(QUIET)
    assert stillness.skips(group(1))
    stillness.saw(group(2).start_ns, changed=True)
    assert not stillness.skips(group(2))


def test_a_group_is_decoded_every_half_minute() -> None:
    stillness = learnt(QUIET)
    skipped = [stillness.skips(group(number)) for number in range(1, 19)]
    assert skipped == [True] * 15 + [False] + [True] * 2


def test_the_first_frame_is_no_movement() -> None:
    """It is compared with nothing."""
    stillness = Stillness()
    assert not stillness.skips(group(0))
    stillness.saw(group(0).start_ns, changed=True)
    stillness.saw(group(0).end_ns, changed=False)
    assert stillness.skips(group(1))


def test_a_group_of_which_only_the_end_was_seen_teaches_nothing() -> None:
    """A segment may begin in the middle of one."""
    stillness = Stillness()
    assert not stillness.skips(group(0))
    stillness.saw(group(0).start_ns + NS_PER_S, changed=False)
    stillness.saw(group(0).end_ns, changed=False)
    assert not stillness.skips(group(1))


@pytest.mark.parametrize(("unsampled_s", "learnt"), [(0.2, True), (1.0, False)])
def test_a_group_ends_with_its_last_sample_but_for_a_moment(
    unsampled_s: float, learnt: bool
) -> None:
    """What moves behind it would be learnt as stillness."""
    stillness = Stillness()
    assert not stillness.skips(group(0))
    stillness.saw(group(0).start_ns, changed=False)
    stillness.saw(group(0).end_ns - round(unsampled_s * NS_PER_S), changed=False)
    assert not stillness.skips(group(0))
    stillness.passed(group(0).end_ns)
    assert stillness.skips(group(1)) is learnt


def test_no_group_is_longer_than_may_go_unseen() -> None:
    stillness = learnt(QUIET)
    assert not stillness.skips(replace(group(1), end_ns=group(1).start_ns + 31 * NS_PER_S))


def room(noise: np.random.Generator, spot: int | None) -> ByteArray:
    """A wall with grain; somebody's place on it, or nobody."""
    wall = np.full((360, 640, 3), 110, np.int16)
    wall[:, ::40] = 60
    if spot is not None:
        wall[120:280, spot : spot + 90] = (210, 170, 140)
    grain = noise.integers(-1, 2, wall.shape)
    return (wall + grain).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 s of a still corridor; from 15.3 to 16.5 s somebody crosses it between two keyframes."""
    noise = np.random.default_rng(3)
    moments = [number / RATE for number in range(24 * RATE)]
    frames = [room(noise, int((t - 15.3) * 400) if 15.3 <= t < 16.5 else None) for t in moments]
    gop = {"g": str(2 * RATE), "bf": "0", "sc_threshold": "0", "crf": "24", "preset": "veryfast"}
    path = tmp_path_factory.mktemp("stillness") / "corridor.mp4"
    return write_clip(path, frames, encoder=gop)


def looks_of(path: Path, stillness: Stillness | None) -> tuple[list[Look], int]:
    segment = Segment("s", "f", str(path), "video", 0, None, 24.0)
    config, tally = FootageConfig(), SegmentCounts()
    frames = open_segment(
        segment, S3Config(), Decoding(sample_fps=config.sample_fps, stillness=stillness)
    )
    return list(select_looks(frames, config, tally, stillness)), tally.frames_decoded


def test_a_walker_between_two_keyframes_is_seen_and_the_rest_is_not_decoded(
    corridor: Path,
) -> None:
    whole, all_frames = looks_of(corridor, None)
    sparing, decoded = looks_of(corridor, Stillness())
    assert all_frames == 24 * RATE
    assert decoded < all_frames * 0.6
    assert [look.pts_ns for look in sparing] == [look.pts_ns for look in whole]

    def while_there(looks: list[Look]) -> list[int]:
        during = [look for look in looks if 15.3 <= look.pts_ns / NS_PER_S < 16.5]
        return [look.pts_ns for look in during if look.frame is not None]

    assert len(while_there(whole)) >= 5
    assert while_there(sparing) == while_there(whole)


def test_a_segment_ends_where_it_ends_though_the_next_groups_are_still(corridor: Path) -> None:
    """What lies behind the border is another segment's, held moments too."""
    border_ns = 10 * NS_PER_S
    segment = Segment("s", "f", str(corridor), "video", 0, border_ns, 24.0)
    config, tally, stillness = FootageConfig(), SegmentCounts(), Stillness()
    frames = open_segment(
        segment, S3Config(), Decoding(sample_fps=config.sample_fps, stillness=stillness)
    )
    looks = list(select_looks(frames, config, tally, stillness))
    assert looks[-1].pts_ns == border_ns - NS_PER_S // 5
    assert tally.frames_decoded < border_ns // NS_PER_S * RATE
