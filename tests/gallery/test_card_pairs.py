from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_batch.gallery import card_pairs
from lfr_batch.gallery.card_pairs import on_best, on_card
from lfr_batch.gallery.close_pairs import (
    ClosePairs,
    Compare,
    Compared,
    PairLimits,
    find_close_pairs,
    on_processors,
)
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.records import FloatArray
from tests.gallery.cards import LIMIT_BYTES, SMALL

ON_CARD = on_card(LIMIT_BYTES, "cpu", SMALL)


def crowd(n: int, d: int, seed: int) -> FloatArray:
    """Centres with little around them: many pairs near every limit, some of equals."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(60, d))[rng.integers(0, 60, n)]
    rows += rng.choice([0.0, 0.02, 0.8], (n, 1)) * rng.normal(size=(n, d))
    scaled: FloatArray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


@settings(max_examples=15, deadline=None)
@given(
    n=st.sampled_from([2, 63, 64, 65, 300, 1023, 1024, 1025, 1500]),
    d=st.sampled_from([20, 128]),
    new=st.floats(0, 1),
    limits=st.sampled_from([(0.6, 0.98), (0.3, 0.9), (0.9, 0.5)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_same_pairs_as_on_processors(
    n: int, d: int, new: float, limits: tuple[float, float], seed: int
) -> None:
    templates, subjects = crowd(n, d, seed), np.arange(n) // 2
    known = PairLimits(*limits)
    everything = find_close_pairs(templates, subjects, known, None, on_processors)
    fresh = np.random.default_rng(seed).random(n) < new
    before = Compared(np.where(fresh, -1, np.arange(n)), n, everything, known)
    for earlier in (None, before):
        found = find_close_pairs(templates, subjects, known, earlier, ON_CARD)
        assert np.array_equal(found.left, everything.left)
        assert np.array_equal(found.right, everything.right)
        assert np.array_equal(found.scores, everything.scores)


@pytest.mark.parametrize("cosine", [0.6, 0.75, 0.98])
def test_pairs_at_the_limit_are_not_lost_to_rounding(cosine: float) -> None:
    rng = np.random.default_rng(4)
    one = crowd(400, 128, seed=5)
    across = rng.normal(size=one.shape)
    across -= (across * one).sum(axis=1, keepdims=True) * one
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    about = cosine + 1e-5 * rng.normal(size=(len(one), 1))
    other = (about * one + np.sqrt(1 - about**2) * across).astype(np.float32)
    templates = np.concatenate([one, other])
    limits = PairLimits(cosine, 1.0)
    subjects = np.arange(len(templates))
    found = find_close_pairs(templates, subjects, limits, None, ON_CARD)
    expected = find_close_pairs(templates, subjects, limits, None, on_processors)
    assert np.array_equal(found.left, expected.left)
    assert np.array_equal(found.right, expected.right)
    assert 0.2 < (found.right - found.left == 400).sum() / 400 < 0.8


def test_no_room() -> None:
    compare = on_card(1000, "cpu", SMALL)
    with pytest.raises(MemoryError, match="are its share"):
        list(compare(crowd(10, 128, seed=1), 10, 0.6))


class TestOnBest:
    @pytest.fixture
    def lent(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """What the GPU was asked to compare."""
        asked: list[int] = []

        def lend(limit_bytes: int) -> Compare:
            def compare(templates: AnyTemplates, new: int, lowest: float) -> Iterator[ClosePairs]:
                asked.append(new)
                return on_card(limit_bytes, "cpu", SMALL)(templates, new, lowest)

            return compare

        monkeypatch.setattr(card_pairs, "on_card", lend)
        monkeypatch.setattr(card_pairs, "LEAST_ON_GPU", 100 * 300)
        return asked

    @pytest.mark.parametrize(
        ("new", "limit_bytes", "asked"),
        [
            (100, LIMIT_BYTES, [100]),
            (99, LIMIT_BYTES, []),
            (300, 1000, [300]),
        ],
    )
    def test_the_same_pairs_wherever(
        self, lent: list[int], new: int, limit_bytes: int, asked: list[int]
    ) -> None:
        templates = crowd(300, 128, seed=6)
        found = list(on_best(limit_bytes)(templates, new, 0.6))
        assert lent == asked
        assert together(found) == together(on_processors(templates, new, 0.6))


def together(parts: Iterable[ClosePairs]) -> list[tuple[int, int, float]]:
    return sorted(
        pair
        for part in parts
        for pair in zip(part.left.tolist(), part.right.tolist(), part.scores.tolist(), strict=True)
    )
