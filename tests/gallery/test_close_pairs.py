from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_batch.gallery import close_pairs
from lfr_batch.gallery.close_pairs import (
    ClosePairs,
    Compared,
    PairLimits,
    find_close_pairs,
    on_processors,
)
from lfr_batch.gallery.exact_scores import Rows, exact_scores
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.records import FloatArray

LIMITS = PairLimits(0.6, 0.98)


def crowd(n: int, seed: int, centres: int = 12) -> FloatArray:
    """Few centres with little around them, some exactly twice: many pairs near every limit."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(centres, 16))[rng.integers(0, centres, n)]
    rows += rng.choice([0.0, 0.02, 0.3], (n, 1)) * rng.normal(size=(n, 16))
    scaled: FloatArray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def every_pair(templates: FloatArray, subjects: Rows, limits: PairLimits) -> list[tuple[int, int]]:
    found = []
    for left in range(len(templates)):
        for right in range(left + 1, len(templates)):
            score = exact_scores(templates[left], templates[right])
            others = subjects[left] != subjects[right] and score >= limits.duplicate_score
            if others or score >= limits.same_picture_score:
                found.append((left, right))
    return found


def as_list(pairs: ClosePairs) -> list[tuple[int, int]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 40])
@pytest.mark.parametrize("limits", [LIMITS, PairLimits(0.9, 0.5), PairLimits(-1.0, -1.0)])
def test_finds_every_pair_once(n: int, limits: PairLimits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close_pairs, "BLOCK", 8)
    templates, subjects = crowd(n, seed=n), np.arange(n) // 3
    pairs = find_close_pairs(templates, subjects, limits, None, on_processors)
    assert as_list(pairs) == every_pair(templates, subjects, limits)
    scores = [exact_scores(templates[a], templates[b]) for a, b in as_list(pairs)]
    assert pairs.scores.tolist() == scores


def test_scores_at_the_limit_count_on_every_machine() -> None:
    """The exact score decides, not what a matrix product makes of it."""
    templates = crowd(30, seed=1)
    subjects = np.arange(30)
    for left, right in ((0, 1), (4, 9), (20, 29)):
        score = float(exact_scores(templates[left], templates[right]))
        for limit, found in ((score, True), (float(np.nextafter(np.float32(score), 2)), False)):
            limits = PairLimits(limit, 1.0)
            pairs = find_close_pairs(templates, subjects, limits, None, on_processors)
            assert ((left, right) in as_list(pairs)) is found


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 40),
    kept=st.floats(0, 1),
    changed=st.floats(0, 0.5),
    before=st.sampled_from([(0.6, 0.98), (0.5, 0.98), (0.6, 0.9), (0.7, 0.98), (0.6, 0.99)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_same_as_without_an_earlier_comparison(
    n: int, kept: float, changed: float, before: tuple[float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    old, new = crowd(40, seed), crowd(n, seed)
    stays = np.flatnonzero(rng.random(40) < kept)[:n]
    rows = np.full(n, -1)
    rows[np.sort(rng.permutation(n)[: len(stays)])] = stays
    there = rows >= 0
    new[there] = old[rows[there]]
    anew = there & (rng.random(n) < changed)
    new[anew] = new[anew][:, ::-1]
    rows[anew] = -1
    limits = PairLimits(*before)
    old_pairs = find_close_pairs(old, np.arange(40) // 2, limits, None, on_processors)
    subjects = np.where(rows >= 0, rows // 2, rng.integers(0, 20, n))
    earlier = Compared(rows, 40, old_pairs, limits)
    with_it = find_close_pairs(new, subjects, LIMITS, earlier, on_processors)
    without = find_close_pairs(new, subjects, LIMITS, None, on_processors)
    assert as_list(with_it) == as_list(without)
    assert np.array_equal(with_it.scores, without.scores)


def test_only_new_templates_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close_pairs, "BLOCK", 8)
    templates = crowd(100, seed=3)
    compared: set[tuple[int, ...]] = set()

    def watched(reordered: AnyTemplates, new: int, lowest: float) -> Iterator[ClosePairs]:
        assert new == 3
        assert np.array_equal(reordered[:3], templates[[10, 50, 99]])
        for pairs in on_processors(reordered, new, -1.0):
            compared.update(as_list(pairs))
            yield pairs

    rows = np.arange(100)
    rows[[10, 50, 99]] = -1
    earlier = Compared(rows, 100, ClosePairs(), LIMITS)
    find_close_pairs(templates, np.arange(100), LIMITS, earlier, watched)
    assert compared == {(a, b) for a in range(3) for b in range(a + 1, 100)}
