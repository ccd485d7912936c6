"""Templates of a snapshot that lie in several files, in the order of its rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.records import FloatArray


class Templates:
    """(n, d) float32, taken from where they lie when they are asked for: nothing is held.

    ``parts`` are (m, d) each; ``rows`` (n,) says which row of the parts, laid end to end, each is.
    """

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(self, parts: Sequence[FloatArray], rows: Rows) -> None:
        self._parts, self._rows = tuple(parts), rows
        self._starts = np.cumsum([0, *map(len, parts)])

    @property
    def shape(self) -> tuple[int, int]:
        return len(self._rows), int(self._parts[0].shape[1])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, which: slice | NDArray[Any]) -> FloatArray:
        places = self._rows[which]
        found = np.empty((len(places), self.shape[1]), np.float32)
        for part, start in zip(self._parts, self._starts, strict=False):
            inside = np.flatnonzero((places >= start) & (places < start + len(part)))
            if len(inside):
                found[inside] = part[places[inside] - start]
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        return self[:]

    def with_more(self, more: FloatArray) -> Templates:
        """``more`` (m, d) behind them."""
        behind = int(self._starts[-1]) + np.arange(len(more))
        return Templates([*self._parts, more], np.concatenate([self._rows, behind]))

    def take(self, order: Rows) -> Templates:
        """The same in another order, or some of them."""
        return Templates(self._parts, self._rows[order])


AnyTemplates = FloatArray | Templates


def in_order(templates: AnyTemplates, order: Rows) -> AnyTemplates:
    """Row i is row ``order[i]`` of ``templates``; a copy only of what is in memory."""
    return templates.take(order) if isinstance(templates, Templates) else templates[order]


def with_more(templates: AnyTemplates, more: FloatArray) -> Templates:
    """``more`` (m, d) behind them; nothing is copied."""
    if not isinstance(templates, Templates):
        templates = Templates([templates], np.arange(len(templates)))
    return templates.with_more(more)
