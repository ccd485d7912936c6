"""Every pair of templates that may score high, found on a GPU: a ``close_pairs.Compare``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.gallery.card import StoredTemplates, store
from lfr_batch.gallery.card_engine import Call, Engine, HostArray
from lfr_batch.gallery.card_graphs import PROBES, close_graph
from lfr_batch.gallery.card_sizes import COLUMNS, SIZES, Sizes
from lfr_batch.gallery.close_pairs import ClosePairs, Compare, on_processors, scoring
from lfr_batch.gallery.exact_scores import Rows, half_score_error
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.models.onnxruntime_open import REFUSALS
from lfr_batch.models.providers import Device

LEAST_ON_GPU = 4 * 10**9
"""Pairs: fewer take the processors no longer than a GPU takes to begin."""


def on_card(limit_bytes: int, device: Device = "cuda", sizes: Sizes = SIZES) -> Compare:
    """Raises MemoryError and DeviceUnavailable, when it begins to compare, as ``Card`` does."""

    def compare(templates: AnyTemplates, new: int, lowest: float) -> Iterator[ClosePairs]:
        engine = Engine(device, limit_bytes)
        stored = store(engine, templates, limit_bytes, sizes)
        height, features = sizes.pair_rows, stored.array.shape[1]
        least = _least(stored, templates.shape[1], lowest)
        session = engine.open(close_graph(height, features, sizes.row, least))
        for top in range(0, new, height):
            for unit in range(top // sizes.unit, stored.units):
                start = unit * sizes.unit
                rows = {PROBES: stored.array.rows(top, height)}
                call = Call(session, device, rows | stored.columns(start, sizes.row), {})
                (places,) = call()
                left, right = _pairs(places, top, start, sizes.row)
                each = (left < new) & (left < right) & (right < stored.count)
                yield scoring(templates, left[each], right[each], lowest)

    return compare


def on_best(limit_bytes: int) -> Compare:
    """On a GPU where there is enough to compare; where that has no room or fails, on the
    processors."""

    def compare(templates: AnyTemplates, new: int, lowest: float) -> Iterator[ClosePairs]:
        try:
            if new * len(templates) >= LEAST_ON_GPU:
                # All of it or nothing: a pair that came twice would be found twice.
                return iter(list(on_card(limit_bytes)(templates, new, lowest)))
        except (MemoryError, DeviceUnavailable, *REFUSALS):
            pass
        return on_processors(templates, new, lowest)

    return compare


def _least(stored: StoredTemplates, dimension: int, lowest: float) -> np.float16:
    """A score on the device from which on the exact one may be ``lowest``."""
    error = half_score_error(stored.halves, stored.halves, dimension, np.ones((), np.float32))
    least = lowest - float(error)
    half = np.float16(least)
    return half if half <= least else np.nextafter(half, np.float16(-np.inf))


def _pairs(places: HostArray, top: int, start: int, width: int) -> tuple[Rows, Rows]:
    """All sixteen templates of each place, of which one at least scores enough."""
    left = np.repeat(places[0] + top, COLUMNS)
    right = start + places[1][:, None] + np.arange(COLUMNS) * width
    return left, right.ravel()
