from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from lfr_batch.gallery import attraction
from lfr_batch.gallery.attraction import (
    Probes,
    attracted,
    outliers,
    sample_rows,
    tail_probabilities,
)
from lfr_batch.gallery.close_pairs import ClosePairs
from lfr_batch.gallery.fit import own_fit, worst_of_each
from lfr_batch.gallery.health import with_pairs
from lfr_batch.records import FloatArray


def unit(rows: NDArray[Any]) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def people(number: int, pictures: int, seed: int = 1) -> tuple[FloatArray, np.ndarray]:
    """Pictures of one subject score about 0.7 against each other, subjects about 0."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(unit(rng.normal(size=(number, 64))), pictures, axis=0)
    own = unit(rng.normal(size=(number * pictures, 64)))
    return unit(centres + 0.65 * own), np.repeat(np.arange(number), pictures)


def plainly(
    templates: FloatArray, subjects: np.ndarray, probes: Probes, threshold: float
) -> list[int]:
    counts = []
    for row, template in enumerate(templates):
        hit = {
            int(owner)
            for probe, owner in zip(probes.templates, probes.owners, strict=True)
            if owner != subjects[row] and template @ probe >= threshold
        }
        counts.append(len(hit))
    return counts


@pytest.mark.parametrize("rows_at_once", [3, 2048])
def test_people_whom_each_picture_brings_up(
    monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr(attraction, "ROWS_AT_ONCE", rows_at_once)
    templates, subjects = people(12, 3)
    probes = Probes(templates, subjects, sampled=False)
    found = attracted(templates, subjects, probes, 0.2)
    counted = found.people_of(subjects, len(templates)).tolist()
    assert counted == plainly(templates, subjects, probes, 0.2)
    assert sum(counted) > 0
    scores = templates @ templates.T
    scores[subjects[:, None] == subjects] = -np.inf
    assert found.best_rows.tolist() == scores.argmax(axis=0).tolist()
    assert found.best_scores == pytest.approx(scores.max(axis=0))


def test_strangers_are_nobodys_own() -> None:
    templates, subjects = people(4, 2)
    strangers = Probes(templates[:2], np.array([8, 9]), sampled=False)
    found = attracted(templates, subjects, strangers, 0.99)
    assert found.rows.tolist() == [0, 1]
    assert strangers.people == 2


def test_a_picture_that_brings_up_strangers_is_told_from_chance() -> None:
    """A template between five subjects, and pairs of subjects that are alike by chance."""
    templates, subjects = people(300, 1, seed=3)
    templates[7] = unit(templates[20:25].sum(axis=0, keepdims=True))[0]
    templates[100] = unit(templates[100:101] + templates[101:102])[0]
    found = attracted(templates, subjects, Probes(templates, subjects, sampled=False), 0.4)
    counts = found.people_of(subjects, len(templates))
    assert counts[7] == 5
    assert counts.sum() > 12
    assert np.flatnonzero(
        outliers(tail_probabilities(counts, subjects, 299, fmr=1e-4))
    ).tolist() == [7]


def test_tails_are_the_binomials() -> None:
    counts, subjects = np.array([0, 1, 3, 20, 2]), np.array([0, 0, 1, 2, 2])
    tails = tail_probabilities(counts, subjects, 50, fmr=0.01)
    others = np.array([25 / 3, 25 / 3, 23 / 4, 4 / 3, 4 / 3]) / 50
    assert tails == pytest.approx(binom.sf(counts - 1, 50, others))
    assert tails[0] == 1.0


def test_a_subjects_own_pictures_are_not_what_is_usual() -> None:
    counts, subjects = np.array([3, 3, 0, 0]), np.array([0, 0, 1, 1])
    found = outliers(tail_probabilities(counts, subjects, 3, fmr=1e-4))
    assert found.tolist() == [True, True, False, False]


def test_where_nobody_else_is_brought_up_the_stated_rate_counts() -> None:
    counts, subjects = np.zeros(100, np.int64), np.arange(100)
    counts[3] = 2
    assert outliers(tail_probabilities(counts, subjects, 99, fmr=1e-5))[3]
    assert not outliers(tail_probabilities(counts, subjects, 99, fmr=1e-2)).any()


def test_holm_is_stricter_the_more_pictures_there_are() -> None:
    assert outliers(np.array([0.02, 0.03])).tolist() == [True, True]
    assert outliers(np.array([0.02, 0.03, 0.9])).tolist() == [False, False, False]
    assert outliers(np.array([0.9, 0.001])).tolist() == [False, True]
    assert outliers(np.full(3, 1.0)).tolist() == [False] * 3


def test_a_large_gallery_is_compared_with_a_sample_that_stays_the_same() -> None:
    rows, sampled = sample_rows(1000, 5000, comparisons=400_000)
    again, _ = sample_rows(1000, 5000, comparisons=400_000)
    assert sampled
    assert len(rows) == len(set(rows.tolist())) == 400
    assert rows.tolist() == again.tolist() == sorted(rows.tolist())
    assert sample_rows(1000, 400, comparisons=400_000)[1] is False


def test_how_a_picture_fits_its_subjects_others() -> None:
    templates, subjects = people(4, 3)
    alone, subjects = np.concatenate([templates, templates[:1]]), np.append(subjects, 4)
    alone[4] = unit(np.random.default_rng(9).normal(size=(1, 64)))[0]  # of subject 1
    fit = own_fit(alone, subjects)
    scores = alone @ alone.T
    assert fit.mean[0] == pytest.approx(scores[0, 1:3].mean(), abs=1e-6)
    assert fit.best[0] == pytest.approx(scores[0, 1:3].max(), abs=1e-6)
    assert np.isnan([fit.mean[-1], fit.best[-1]]).all()
    worst = worst_of_each(fit.mean, subjects)
    assert len(worst) == 4
    assert 4 in worst.tolist()


def test_look_alikes_that_an_enrolment_found_count_without_comparing_again() -> None:
    subjects = np.array([0, 0, 1, 2, 3])
    pairs = ClosePairs(
        np.array([0, 0, 1, 2]), np.array([1, 2, 3, 3]), np.array([0.99, 0.7, 0.6, 0.65], np.float32)
    )
    best = np.array([np.nan, 0.9, np.nan, 0.1, np.nan])
    found, other = with_pairs(best, np.array([-1, 2, -1, 4, -1]), subjects, pairs)
    assert found == pytest.approx([0.7, 0.9, 0.7, 0.65, np.nan], nan_ok=True)
    assert other.tolist() == [2, 2, 0, 2, -1]
