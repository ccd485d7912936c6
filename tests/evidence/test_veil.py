"""Who is hidden between, before and after findings, and when the own face is shown."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.config.schema import TrackConfig
from lfr_batch.evidence.followed import FacePath, Frames, face_paths, held
from lfr_batch.evidence.veil import FILL, OwnScores, Veil, own_path, veiled, veils
from lfr_batch.records import FaceBatch, FloatArray

FRAME_NS = 40_000_000
FRAMES = Frames([number * FRAME_NS for number in range(100)])
CUT_AT_50 = Frames(FRAMES.moments_ns, frozenset({50}))
SCORES = OwnScores({}, same=0.4, other=0.2)
NOBODY = np.zeros((0, 4), np.float32)


def box(left: float, top: float = 100, side: float = 40) -> FloatArray:
    return np.array([left, top, left + side, top + side], np.float32)


def path(numbers: range, *, left: float = 100, step: float = 0, sure: bool = True) -> FacePath:
    return FacePath({n: box(left + step * (n - numbers[0])) for n in numbers}, sure)


def batch(*boxes: FloatArray, score: float = 0.9) -> FaceBatch:
    n = len(boxes)
    rows = np.stack(boxes) if boxes else NOBODY
    return FaceBatch(rows, np.zeros((n, 5, 2), np.float32), np.full(n, score, np.float32))


def holds(outer: FloatArray, inner: FloatArray) -> bool:
    return bool((outer[:2] <= inner[:2]).all() and (outer[2:] >= inner[2:]).all())


def test_a_face_is_followed_from_frame_to_frame_and_over_a_gap() -> None:
    found = [batch(box(100 + 2 * n), box(400)) if n not in {5, 6} else batch() for n in range(12)]
    paths = face_paths(found, Frames(FRAMES.moments_ns[:12]), TrackConfig(), 0.5)
    assert [list(each.boxes) for each in paths] == [[0, 1, 2, 3, 4, 7, 8, 9, 10, 11]] * 2
    assert all(each.sure for each in paths)


def test_no_path_leads_through_a_cut() -> None:
    found = [batch(box(100))] * 100
    assert [each.span for each in face_paths(found, CUT_AT_50, TrackConfig(), 0.5)] == [
        (0, 49),
        (50, 99),
    ]


def test_what_never_scores_enough_is_not_sure() -> None:
    found = [batch(box(100), score=0.3)] * 5
    [only] = face_paths(found, Frames(FRAMES.moments_ns[:5]), TrackConfig(), 0.5)
    assert not only.sure


def test_between_two_findings_a_face_is_held_where_it_went() -> None:
    seen = FacePath({10: box(100), 20: box(200)}, sure=True)
    between = {each.frame: each for each in held(seen, FRAMES) if each.between}
    assert sorted(between) == list(range(11, 20))
    for number, each in between.items():
        assert holds(each.box_xyxy, box(100 + 10 * (number - 10)))


@pytest.mark.parametrize(
    ("sure", "frames", "first", "last"),
    [
        (True, FRAMES, 15, 74),
        (False, FRAMES, 35, 54),
        (True, CUT_AT_50, 15, 54),
    ],
)
def test_before_the_first_and_after_the_last_it_is_held_for_a_while(
    sure: bool, frames: Frames, first: int, last: int
) -> None:
    numbers = [each.frame for each in held(path(range(40, 50), sure=sure), frames)]
    assert (numbers[0], numbers[-1]) == (first, last)
    assert len(numbers) == last - first + 1 - 10


def test_who_walks_on_is_held_where_they_go() -> None:
    """Three pixels a frame, half a second behind the last finding."""
    after = {each.frame: each.box_xyxy for each in held(path(range(10, 30), step=3), FRAMES)}
    assert holds(after[41], box(100 + 3 * 31))
    assert holds(after[41], box(100 + 3 * 19))


def test_the_own_path_is_the_one_at_the_box() -> None:
    paths = [path(range(50), left=300), path(range(50), left=104), path(range(20), left=100)]
    assert own_path(paths, 30, box(100)) is paths[1]
    assert own_path(paths, 60, box(100)) is None
    assert own_path(paths, 30, box(600)) is None


def shown_in(cosines: dict[int, float], *others: FacePath) -> list[int]:
    own = path(range(20))
    scores = OwnScores(cosines, SCORES.same, SCORES.other)
    made = veils([own, *others], own, scores, Frames(FRAMES.moments_ns[:20]))
    return [number for number, veil in enumerate(made) if veil.own_xyxy is not None]


SURE = dict.fromkeys(range(20), 0.9)
EARLIER, LATER = list(range(8)), list(range(8, 20))


@pytest.mark.parametrize(
    ("cosines", "shown"),
    [
        (SURE, EARLIER + LATER),
        ({**SURE, **dict.fromkeys(LATER, 0.3)}, EARLIER + LATER),
        ({**SURE, **dict.fromkeys(LATER, 0.1)}, EARLIER),
        ({**SURE, 8: 0.1, **dict.fromkeys(LATER[1:], 0.3)}, EARLIER),
        (dict.fromkeys(range(20), 0.3), []),
        ({}, []),
    ],
    ids=["itself", "turned away", "somebody else", "after somebody else", "in doubt", "unknown"],
)
def test_the_own_face_is_shown_where_it_is_itself(
    cosines: dict[int, float], shown: list[int]
) -> None:
    assert shown_in(cosines) == shown


def test_it_is_hidden_where_somebody_is_before_it_and_until_it_is_known_again() -> None:
    passing = path(range(5, 9), left=115)
    known = {**SURE, **dict.fromkeys(range(9, 12), 0.3)}
    assert shown_in(SURE, passing) == [*range(5), *range(9, 20)]
    assert shown_in(known, passing) == [*range(5), *range(9, 20)]
    assert shown_in({**known, **dict.fromkeys(range(12, 20), 0.3)}, passing) == list(range(5))


def test_who_is_not_found_hides_a_face_in_doubt_and_none_that_is_itself() -> None:
    """Somebody found before and after, and not while the own face is seen in their place."""
    behind = FacePath({0: box(300), 4: box(100), 12: box(100), 19: box(300)}, sure=True)
    doubted = {**SURE, 7: 0.3, 8: 0.3}
    assert shown_in(SURE, behind) == [n for n in range(20) if n not in {4, 12}]
    assert shown_in(doubted, behind) == [n for n in range(20) if n not in {4, 7, 8, 12}]


def test_every_doubt_is_counted_in_its_frame() -> None:
    gap = FacePath({0: box(300), 1: box(300), 4: box(300)}, sure=True)
    faint = FacePath({19: box(500)}, sure=False)
    own = path(range(20))
    scores = OwnScores({**SURE, 10: 0.1}, SCORES.same, SCORES.other)
    made = veils([own, gap, faint], own, scores, Frames(FRAMES.moments_ns[:20]))
    assert [sorted(made[n].doubts) for n in (0, 2, 4, 10)] == [
        [],
        ["held"],
        [],
        ["held", "own hidden"],
    ]
    assert made[19].doubts == {"held", "uncertain"}


def test_of_what_is_hidden_nothing_is_left_and_the_own_face_stays() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    other, own = box(60), box(250)
    near = np.array([270, 100, 310, 140], np.float32)
    done = veiled(picture, Veil(np.stack([other, near]), near[None], own, frozenset()))
    head = done[78:154, 44:116]
    assert (head == FILL).all()
    assert (done[105:135, 252:268] == picture[105:135, 252:268]).all()
    assert (done[100:140, 270:310] == FILL).all()
    assert (done[200:] == picture[200:]).all()
    assert (picture != FILL).any(axis=2).mean() > 0.9
