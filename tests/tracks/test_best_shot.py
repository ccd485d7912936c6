from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.records import NS_PER_S, FaceView, FloatArray, Shot
from lfr_batch.tracks.best_shot import (
    QUALITY_STEP,
    blend,
    further_looks,
    fuse,
    keep_best,
    shot_weights,
    split_by_identity,
)

SPACING_NS = NS_PER_S // 2
NOTHING_SEEN = FaceView(
    bgr=np.zeros((4, 4, 3), np.uint8),
    box_xyxy=np.zeros(4, np.float32),
    landmarks_xy=np.zeros((5, 2), np.float32),
    others_xyxy=np.zeros((0, 4), np.float32),
    scale=1.0,
    origin_xy=(0, 0),
)


def shot(at_s: float, quality: float) -> Shot:
    return Shot(
        pts_ns=round(at_s * NS_PER_S),
        box_xyxy=np.zeros(4, np.float32),
        landmarks_xy=np.zeros((5, 2), np.float32),
        detection_score=0.9,
        quality=quality,
        view=NOTHING_SEEN,
    )


def grade(quality: float) -> int:
    """Qualities less than a step apart may count as equal."""
    return round(quality / QUALITY_STEP)


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 1)), max_size=30), st.integers(1, 5))
def test_the_kept_shots_are_few_spaced_and_hold_the_best(
    looks: list[tuple[float, float]], limit: int
) -> None:
    kept: tuple[Shot, ...] = ()
    for at_s, quality in sorted(looks):
        kept = keep_best(kept, shot(at_s, quality), limit, SPACING_NS)
    assert len(kept) <= limit
    assert [grade(s.quality) for s in kept] == sorted(
        (grade(s.quality) for s in kept), reverse=True
    )
    moments = sorted(s.pts_ns for s in kept)
    assert all(b - a >= SPACING_NS for a, b in pairwise(moments))
    if looks:
        assert grade(kept[0].quality) == grade(max(quality for _, quality in looks))


@given(st.lists(st.floats(-0.4, 0.4), min_size=12, max_size=12))
def test_which_shots_are_kept_does_not_hang_on_a_little_noise(noise: list[float]) -> None:
    qualities = [0.3, 0.3, 0.6, 0.6, 0.6, 0.2, 0.2, 0.9, 0.9, 0.5, 0.5, 0.5]
    kept: tuple[Shot, ...] = ()
    for i, (quality, more) in enumerate(zip(qualities, noise, strict=True)):
        kept = keep_best(kept, shot(i / 5, quality + more * QUALITY_STEP), 3, SPACING_NS)
    assert [s.pts_ns / NS_PER_S for s in kept] == [1.4, 0.4, 2.0]


def unit(*numbers: float) -> list[float]:
    return list(np.array(numbers) / np.linalg.norm(numbers))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([unit(1, 0, 0)], [[0]]),
        ([unit(1, 0, 0), unit(1, 0.2, 0)], [[0, 1]]),
        ([unit(1, 0, 0), unit(0, 1, 0), unit(1, 0.1, 0), unit(0.1, 1, 0)], [[0, 2], [1, 3]]),
    ],
    ids=["one", "one person", "two people in turn"],
)
def test_shots_of_two_people_are_not_blended(
    rows: list[list[float]], expected: list[list[int]]
) -> None:
    assert split_by_identity(np.array(rows, np.float32), 0.3) == expected


def test_a_fused_template_has_unit_length_and_leans_to_the_better_shot() -> None:
    rows = np.array([unit(1, 0.3, 0), unit(1, -0.3, 0)], np.float32)
    template = fuse(rows, [0.9, 0.1])
    assert np.linalg.norm(template) == pytest.approx(1)
    assert template @ rows[0] > template @ rows[1]


@pytest.mark.parametrize(
    ("others", "limit", "shown"),
    [
        ([(2.0, 0.3), (4.0, 0.8)], 4, [4.0, 2.0]),
        ([(1.2, 0.8), (2.0, 0.3)], 4, [2.0]),
        ([(2.0, 0.3), (2.2, 0.6), (4.0, 0.5)], 4, [2.2, 4.0]),
        ([(2.0, 0.3), (3.0, 0.6), (4.0, 0.5)], 2, [3.0, 4.0]),
        ([], 4, []),
    ],
    ids=["best first", "as the best", "of two alike the better", "few", "none"],
)
def test_further_looks_are_good_and_of_other_moments(
    others: list[tuple[float, float]], limit: int, shown: list[float]
) -> None:
    found = further_looks(shot(1.0, 0.9), [shot(*each) for each in others], limit, SPACING_NS)
    assert [s.pts_ns / NS_PER_S for s in found] == shown


def alike(first: FloatArray, cosine: float, seed: int) -> FloatArray:
    """A template that scores ``cosine`` against ``first``."""
    other = np.random.default_rng(seed).normal(size=len(first))
    other -= (other @ first) * first
    other /= np.linalg.norm(other)
    return np.asarray(cosine * first + np.sqrt(1 - cosine**2) * other, np.float32)


@pytest.mark.parametrize(
    ("cosine", "weight"), [(0.1, 0.0), (0.2, 0.0), (0.4, 0.25), (0.6, 0.5), (0.9, 0.5)]
)
def test_a_shot_counts_as_far_as_it_agrees_with_the_best(cosine: float, weight: float) -> None:
    first = np.eye(128, dtype=np.float32)[0]
    weights = shot_weights(np.stack([first, alike(first, cosine, 1)]), [0.8, 0.4])
    assert weights[1] / weights[0] == pytest.approx(weight, abs=0.01)


def test_all_others_count_at_most_twice_as_much_as_the_best() -> None:
    first = np.eye(128, dtype=np.float32)[0]
    shots = np.stack([first, *(alike(first, 0.9, seed) for seed in range(5))])
    weights = shot_weights(shots, [0.5] * 6)
    assert weights[1:].sum() == pytest.approx(2 * weights[0])


@pytest.mark.parametrize("profiles", [1, 2, 3])
def test_profiles_take_hardly_anything_away(profiles: int) -> None:
    """The best shot scores .45 with the person's picture, profiles .1; the mean fell to .33."""
    rng = np.random.default_rng(profiles)
    first = np.eye(128, dtype=np.float32)[0]
    enrolled = alike(first, 0.45, 7)
    sides: list[FloatArray] = []
    while len(sides) < profiles:
        side = alike(first, 0.3, int(rng.integers(1 << 30)))
        side = side + (0.1 - side @ enrolled) * enrolled
        sides.append((side / np.linalg.norm(side)).astype(np.float32))
    shots = np.stack([first, *sides])
    qualities = [0.6] + [0.5] * profiles
    assert float(blend(shots, qualities) @ enrolled) > 0.41
    assert float(fuse(shots, qualities) @ enrolled) < 0.38


def test_shots_that_agree_tell_more_together() -> None:
    truth = np.eye(128, dtype=np.float32)[3]
    shots = np.stack([alike(truth, 0.7, seed) for seed in range(4)])
    together = blend(shots, [0.6] * 4)
    assert float(together @ truth) > 0.8
    assert np.linalg.norm(together) == pytest.approx(1, abs=1e-6)
