from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.gallery.decide import decide
from lfr_batch.gallery.ranking import RankedSubject, rank_subjects
from lfr_batch.records import Candidate

SUBJECTS = ("B", "A", "B", "C", "A")
IMAGES = ("b0", "a0", "b1", "c0", "a1")


def test_a_subject_scores_its_best_image() -> None:
    scores = np.array([0.5, 0.875, 0.75, 0.125, 0.25], np.float32)
    assert rank_subjects(scores, np.arange(5), SUBJECTS, IMAGES) == (
        RankedSubject("A", "a0", 0.875),
        RankedSubject("B", "b1", 0.75),
        RankedSubject("C", "c0", 0.125),
    )


def test_ties_go_by_subject_then_image() -> None:
    scores = np.full(4, 0.5, np.float32)
    ranked = rank_subjects(scores, np.array([4, 3, 2, 1]), SUBJECTS, IMAGES)
    assert [(r.subject_id, r.image_id) for r in ranked] == [("A", "a0"), ("B", "b1"), ("C", "c0")]


@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=5, max_size=5),
    st.permutations(range(5)),
)
def test_the_order_of_the_hits_does_not_matter(values: list[float], order: list[int]) -> None:
    scores, rows, shuffled = np.array(values, np.float32), np.arange(5), np.array(order)
    straight = rank_subjects(scores, rows, SUBJECTS, IMAGES)
    assert rank_subjects(scores[shuffled], rows[shuffled], SUBJECTS, IMAGES) == straight
    assert [r.score for r in straight] == sorted((r.score for r in straight), reverse=True)


RANKED = [RankedSubject("A", "a", 0.9), RankedSubject("B", "b", 0.5), RankedSubject("C", "c", 0.1)]


@pytest.mark.parametrize(
    ("threshold", "top_k", "expected"),
    [
        (0.4, 2, [("A", True), ("B", True)]),
        (0.6, 3, [("A", True), ("B", False), ("C", False)]),
        (0.9, 1, [("A", True)]),
    ],
)
def test_decide(threshold: float, top_k: int, expected: list[tuple[str, bool]]) -> None:
    candidates, margin = decide(RANKED, threshold, top_k)
    assert [(c.subject_id, c.above_threshold) for c in candidates] == expected
    assert [c.rank for c in candidates] == list(range(1, len(expected) + 1))
    assert margin == pytest.approx(0.4)


def test_nobody_is_proposed_below_the_threshold() -> None:
    assert decide(RANKED, 0.91, 5) == ((), None)
    assert decide([], -1.0, 5) == ((), None)


def test_a_gallery_of_one_has_no_margin() -> None:
    assert decide(RANKED[:1], 0.5, 5) == ((Candidate(1, "A", "a", 0.9, True),), None)
