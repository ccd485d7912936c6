"""Relative scores: what is taken off, where the order and the threshold come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lfr_batch.gallery.decide import decide
from lfr_batch.gallery.matcher import Matcher, open_matcher
from lfr_batch.gallery.ranking import RankedSubject
from lfr_batch.gallery.relative import LEAST_SUBJECTS, RANKS, level_of, score_needed
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.records import Candidate, FloatArray


def ranked(*scores: float) -> tuple[RankedSubject, ...]:
    return tuple(RankedSubject(f"S{n:02d}", f"i{n:02d}", score) for n, score in enumerate(scores))


def test_half_the_mean_of_ranks_2_to_51_is_taken_off() -> None:
    scores = [0.9, *np.linspace(0.5, 0.1, 50), *[0.05] * 30]
    assert level_of(ranked(*scores)) == pytest.approx(0.5 * 0.3)


def test_neither_the_best_nor_who_comes_behind_rank_51_matters() -> None:
    middle = list(np.linspace(0.4, 0.2, 50))
    assert level_of(ranked(0.9, *middle, 0.1)) == level_of(ranked(0.41, *middle, -0.3))


@pytest.mark.parametrize(("threshold", "above"), [(0.3, [True, False]), (0.1, [True, True])])
def test_candidates_are_held_to_their_relative_scores(threshold: float, above: list[bool]) -> None:
    candidates, margin = decide(ranked(0.5, 0.35), threshold, top_k=5, level=0.15)
    assert [c.above_threshold for c in candidates] == above
    assert [c.score for c in candidates] == [0.5, 0.35]
    assert [c.relative_score for c in candidates] == pytest.approx([0.35, 0.2])
    assert margin == pytest.approx(0.15)
    assert decide(ranked(0.5, 0.35), 0.36, top_k=5, level=0.15) == ((), None)


def test_without_a_level_there_is_no_relative_score() -> None:
    (best, *_), _ = decide(ranked(0.5, 0.35), 0.3, top_k=5)
    assert best.relative_score is None
    assert score_needed(best, 0.3) == 0.3


def test_the_cosine_that_was_to_be_reached_is_the_face_s_own() -> None:
    candidate = Candidate(1, "S1", "i1", 0.5, above_threshold=True, relative_score=0.38)
    assert score_needed(candidate, 0.33) == pytest.approx(0.45)


@pytest.fixture
def snapshot(tmp_path: Path, make_people: Any, publish: Any) -> Any:
    publish(make_people({f"S{n:03d}": 1 + 3 * (n % 2) for n in range(70)}))
    return load_snapshot(tmp_path, "custody")


def by_hand(matcher: Matcher, probe: FloatArray) -> tuple[str, float, float]:
    scores = np.asarray(matcher.snapshot.templates) @ probe
    subjects = np.array(matcher.snapshot.subject_ids)
    best = {name: float(scores[subjects == name].max()) for name in set(subjects)}
    order = sorted(best, key=lambda name: -best[name])
    cohort = [best[name] for name in order[1:51]]
    return order[0], best[order[0]], best[order[0]] - 0.5 * float(np.mean(cohort))


def test_the_matcher_ranks_as_many_people_as_that_takes(snapshot: Any) -> None:
    """Also where people have several pictures, which fill the first hits."""
    matcher = open_matcher(snapshot, "cpu", relative=True)
    assert matcher.ranks(5) == RANKS
    assert matcher.ranks(60) == 60
    probes = np.random.default_rng(1).normal(size=(40, 128))
    units = (probes / np.linalg.norm(probes, axis=1, keepdims=True)).astype(np.float32)
    for probe, (candidates, _) in zip(units, matcher.match(units, -2.0, 3), strict=True):
        subject, score, relative = by_hand(matcher, probe)
        assert candidates[0].subject_id == subject
        assert candidates[0].score == pytest.approx(score, abs=1e-5)
        assert candidates[0].relative_score == pytest.approx(relative, abs=1e-5)


def test_fifty_others_have_to_be_left_when_one_is_taken_out() -> None:
    assert LEAST_SUBJECTS == RANKS + 1 == 52
