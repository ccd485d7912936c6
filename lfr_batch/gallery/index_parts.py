"""Flat indexes searched as one, in the rows of their snapshot. A row that is nobody's is passed
over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.records import FloatArray

NOBODY = -1
SPARE = 8
DEEPEN = 4


@dataclass(frozen=True)
class _Part:
    index: Any
    rows: Rows
    """(m,) row of the snapshot, or NOBODY."""
    live: int


class IndexParts:
    """Has of FAISS' flat index what a search needs. ``rows`` as ``Templates`` has them."""

    def __init__(self, indexes: Sequence[Any], rows: Rows) -> None:
        ends = np.cumsum([index.ntotal for index in indexes])
        of_place = np.full(int(ends[-1]), NOBODY, np.int64)
        of_place[rows] = np.arange(len(rows))
        self.ntotal, self.d = len(rows), indexes[0].d
        self._parts = [
            _Part(index, its, int((its != NOBODY).sum()))
            for index, its in zip(indexes, np.split(of_place, ends[:-1]), strict=True)
        ]

    def search(self, batch: FloatArray, hits: int) -> tuple[FloatArray, Rows]:
        """The best ``hits``, at most ``ntotal``, of each query: scores and rows, (q, hits)."""
        found = [_search(part, batch, min(hits, part.live)) for part in self._parts if part.live]
        scores = np.concatenate([each for each, _ in found], axis=1)
        rows = np.concatenate([each for _, each in found], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :hits]
        return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)

    def range_search(self, query: FloatArray, least: float) -> tuple[Rows, FloatArray, Rows]:
        """Limits, scores and rows of one query, as FAISS gives them."""
        found = [part.index.range_search(query, least) for part in self._parts]
        scores = np.concatenate([each[1] for each in found])
        rows = np.concatenate(
            [part.rows[each[2]] for part, each in zip(self._parts, found, strict=True)]
        )
        live = rows != NOBODY
        return np.array([0, int(live.sum())]), scores[live], rows[live]


def _search(part: _Part, batch: FloatArray, hits: int) -> tuple[FloatArray, Rows]:
    """The best ``hits`` of a part that has as many. Deeper where nobody's rows are among them."""
    depth = hits if part.live == part.index.ntotal else min(hits + SPARE, part.index.ntotal)
    while True:
        scores, places = part.index.search(batch, depth)
        rows = part.rows[places]
        live = rows != NOBODY
        if live.sum(axis=1).min(initial=depth) >= hits:
            break
        depth = min(depth * DEEPEN, part.index.ntotal)
    first = np.argsort(~live, axis=1, kind="stable")[:, :hits]
    return np.take_along_axis(scores, first, 1), np.take_along_axis(rows, first, 1)
