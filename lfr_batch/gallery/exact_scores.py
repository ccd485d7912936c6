"""Scores that do not depend on who computed them: the batch, the threads, the device. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lfr_batch.records import FloatArray

Rows = NDArray[np.int64]
Doubles = NDArray[np.float64]

PAIRS_AT_ONCE = 256
"""256 KiB of products of 128 numbers: larger arrays are asked of the system anew each time, which
takes longer than the products."""


def exact_scores(left: FloatArray, right: FloatArray) -> FloatArray:
    """Inner products of (…, d) and (…, d), which broadcast, over the last axis.

    Products of float32 are exact in double precision, and a sum does not depend on the others.
    """
    products = left.astype(np.float64) * right.astype(np.float64)
    scores: FloatArray = products.sum(axis=-1).astype(np.float32)
    return scores


class HasRows(Protocol):
    """(n, d) templates of which some can be taken."""

    def __getitem__(self, which: Rows, /) -> FloatArray: ...


def scores_of_pairs(
    vectors: HasRows, rows: Rows, others: HasRows, rows_of_others: Rows
) -> FloatArray:
    """The exact score of ``vectors[rows[i]]`` and ``others[rows_of_others[i]]`` for every i."""
    scores = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        scores[part] = exact_scores(vectors[rows[part]], others[rows_of_others[part]])
    return scores


def rounding_error(dimension: int) -> float:
    """More than two float32 inner products of unit vectors can be off together.

    One is off by at most d·2⁻²⁴ to first order, in whatever order its terms are added (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1); this is twice what two are.
    """
    return float(dimension * 2.0**-22)


@dataclass(frozen=True, slots=True)
class CoarseHits:
    """(q, hits) each, best first. A template that is not among them scores, as computed by whoever
    found them, no more than the last."""

    rows: Rows
    """Those beyond the gallery's end are padding."""
    scores: FloatArray
    error: Doubles
    """The most by which this score, and any below it, misses the exact one."""


@dataclass(frozen=True, slots=True)
class HalfVectors:
    """What is known of vectors that were rounded to float16."""

    length: Doubles
    """Of each vector, or of the longest of many, before."""
    error: Doubles
    """Length of what rounding took from it, or the most it took from any."""


def halve(vectors: FloatArray) -> tuple[NDArray[np.float16], HalfVectors]:
    """(n, d) rounded to float16, and each row's length and error."""
    halves = vectors.astype(np.float16)
    wide = vectors.astype(np.float64)
    lost = np.linalg.norm(wide - halves.astype(np.float64), axis=1)
    return halves, HalfVectors(np.linalg.norm(wide, axis=1), lost)


def half_score_error(
    probes: HalfVectors, templates: HalfVectors, dimension: int, scores: FloatArray
) -> Doubles:
    """The most by which ``scores`` of halves, and scores below them, can miss the exact ones.

    Of probe q and template t with halves q' and t': |q·t - q'·t'| ≤ |q||t - t'| + |q - q'||t'|
    (Cauchy and Schwarz). The sum, in float32 in whatever order, also where tensor cores cut instead
    of rounding, is off by at most d·2⁻²¹|q'||t'|, and its rounding to float16 by 2⁻¹¹ of it. The
    shares of halves are measured, not estimated: some 0.0004 together, where the worst is 0.001.
    """
    longest = templates.length + templates.error
    stored = probes.length * templates.error + probes.error * longest
    summed = dimension * 2.0**-21 * (probes.length + probes.error) * longest
    rounded = 2.0**-11 * np.abs(scores.astype(np.float64)) + 2.0**-23
    return np.asarray(stored + summed + rounded, np.float64)
