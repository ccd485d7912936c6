"""Pairs of enrolled templates that score high: all of them, or those that a change brings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_batch.gallery.exact_scores import Rows, rounding_error, scores_of_pairs
from lfr_batch.gallery.templates import AnyTemplates, in_order
from lfr_batch.records import FloatArray

BLOCK = 1024
"""Rows compared at once: 4 MiB of scores, whatever the size of the gallery."""


@dataclass(frozen=True, slots=True)
class PairLimits:
    """From which score on a pair is kept."""

    duplicate_score: float
    """Images of two subjects."""
    same_picture_score: float
    """Any two images."""

    @property
    def lowest(self) -> float:
        return min(self.duplicate_score, self.same_picture_score)

    def include(self, other: PairLimits) -> bool:
        """Whether every pair that ``other`` keeps is kept by these, too."""
        across = self.lowest <= other.lowest
        return across and self.same_picture_score <= other.same_picture_score


@dataclass(frozen=True, slots=True)
class ClosePairs:
    """Every pair that the limits keep, once: rows of templates sorted by subject, then image."""

    left: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    right: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    """Behind ``left``, pair for pair."""
    scores: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    """Exact, see ``exact_scores``."""

    def __len__(self) -> int:
        return len(self.left)

    def take(self, which: NDArray[Any]) -> ClosePairs:
        return ClosePairs(self.left[which], self.right[which], self.scores[which])


Compare = Callable[[AnyTemplates, int, float], Iterator[ClosePairs]]
"""(templates, new, lowest): the pairs of rows that score at least ``lowest``, in parts. Each comes
once, its left row before its right one and among the first ``new``."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What an earlier comparison of other templates knows of these."""

    rows: Rows
    """(n,) the row that each template had then; -1: it was not there, or was another."""
    templates: int
    """How many there were."""
    pairs: ClosePairs
    limits: PairLimits


def find_close_pairs(
    templates: AnyTemplates,
    subjects: Rows,
    limits: PairLimits,
    before: Compared | None,
    compare: Compare,
) -> ClosePairs:
    """The pairs that ``limits`` keep, of (n, d) unit templates and the number of each's subject.

    The same with and without ``before``, which saves comparing what has been compared with itself.
    """
    if before is None or not before.limits.include(limits):
        before = Compared(np.full(len(templates), -1), 0, ClosePairs(), limits)
    found = [_kept(_known(before), subjects, limits)]
    order = np.argsort(before.rows >= 0, kind="stable")
    reordered = in_order(templates, order)
    for part in compare(reordered, int((before.rows < 0).sum()), limits.lowest):
        left, right = order[part.left], order[part.right]
        pairs = ClosePairs(np.minimum(left, right), np.maximum(left, right), part.scores)
        found.append(_kept(pairs, subjects, limits))
    return _sorted(found)


def scoring(templates: AnyTemplates, left: Rows, right: Rows, lowest: float) -> ClosePairs:
    """Those of the pairs whose exact score is at least ``lowest``."""
    pairs = ClosePairs(left, right, scores_of_pairs(templates, left, templates, right))
    return pairs.take(pairs.scores >= lowest)


def on_processors(templates: AnyTemplates, new: int, lowest: float) -> Iterator[ClosePairs]:
    """A ``Compare`` with the processors' matrix product."""
    least = np.float32(lowest - rounding_error(templates.shape[1]))
    for top in range(0, new, BLOCK):
        rows = templates[top : min(top + BLOCK, new)]
        for side in range(top, len(templates), BLOCK):
            scores = rows @ templates[side : side + BLOCK].T
            if top == side:
                scores[np.tril_indices_from(scores)] = -np.inf
            # Most blocks hold no close pair, and the maximum is found in a fifth of the time.
            if scores.max() >= least:
                left, right = np.nonzero(scores >= least)
                yield scoring(templates, left + top, right + side, lowest)


def _known(before: Compared) -> ClosePairs:
    """The earlier pairs whose templates are both still there, in today's rows."""
    now = np.full(before.templates, -1)
    there = np.flatnonzero(before.rows >= 0)
    now[before.rows[there]] = there
    left, right = now[before.pairs.left], now[before.pairs.right]
    both = (left >= 0) & (right >= 0)
    return ClosePairs(left[both], right[both], before.pairs.scores[both])


def _kept(pairs: ClosePairs, subjects: Rows, limits: PairLimits) -> ClosePairs:
    others = subjects[pairs.left] != subjects[pairs.right]
    pictures = pairs.scores >= limits.same_picture_score
    return pairs.take(pictures | (others & (pairs.scores >= limits.duplicate_score)))


def _sorted(found: list[ClosePairs]) -> ClosePairs:
    left = np.concatenate([pairs.left for pairs in found])
    right = np.concatenate([pairs.right for pairs in found])
    scores = np.concatenate([pairs.scores for pairs in found])
    order = np.lexsort((right, left))
    return ClosePairs(left[order], right[order], scores[order])
