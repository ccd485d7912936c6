"""Scores that do not depend on who computed them: the batch, the threads, the device."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfr_batch.records import FloatArray

Rows = NDArray[np.int64]

PAIRS_AT_ONCE = 4096
"""4 MiB of products of 128 numbers: what a core's cache holds."""


def exact_scores(left: FloatArray, right: FloatArray) -> FloatArray:
    """Inner products of (…, d) and (…, d), which broadcast, over the last axis.

    Products of float32 are exact in double precision, and a sum does not depend on the others.
    """
    products = left.astype(np.float64) * right.astype(np.float64)
    scores: FloatArray = products.sum(axis=-1).astype(np.float32)
    return scores


def scores_of_pairs(templates: FloatArray, left: Rows, right: Rows) -> FloatArray:
    """The exact score of ``templates[left[i]]`` and ``templates[right[i]]`` for every i."""
    scores = np.empty(len(left), np.float32)
    for start in range(0, len(left), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        scores[part] = exact_scores(templates[left[part]], templates[right[part]])
    return scores


def rounding_error(dimension: int) -> float:
    """More than two float32 inner products of unit vectors can be off together.

    One is off by at most d·2⁻²⁴ to first order, in whatever order its terms are added (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1); this is twice what two are.
    """
    return float(dimension * 2.0**-22)
