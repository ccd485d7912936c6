"""A gallery on a GPU: templates in half precision, and the best of them for each probe.

What it finds is coarse, with a bound on its errors: whoever asks computes the scores again from the
templates themselves.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_batch.gallery.card_engine import Call, DeviceArray, Engine, Writable
from lfr_batch.gallery.card_graphs import (
    BLOCK,
    PROBES,
    ROWS,
    SCORES,
    STORED,
    best_graph,
    column_name,
    merge_graph,
    store_graph,
)
from lfr_batch.gallery.card_sizes import (
    COLUMNS,
    LEAST_SCRATCH_BYTES,
    SCRATCH_BYTES,
    SIZES,
    Sizes,
    bytes_needed,
    features_of,
    most_units,
    room_for,
    split_into,
    units_of,
)
from lfr_batch.gallery.exact_scores import CoarseHits, HalfVectors, Rows, half_score_error, halve
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.models.providers import Device
from lfr_batch.records import FloatArray

Half = NDArray[np.float16]

ROUNDED_UP = 1.001
"""Lengths are measured on the device, in float32: far more than that is off by."""


@dataclass(frozen=True, slots=True)
class StoredTemplates:
    """(units·unit, features) float16 on the device, zeros behind the first ``count``."""

    array: DeviceArray
    count: int
    halves: HalfVectors
    sizes: Sizes

    @property
    def units(self) -> int:
        return units_of(self.count, self.sizes)

    @property
    def room(self) -> int:
        """In units."""
        return self.array.shape[0] // self.sizes.unit

    def columns(self, start: int, width: int) -> dict[str, DeviceArray]:
        """From ``start`` on, sixteen times ``width`` templates."""
        return {column_name(c): self.array.rows(start + c * width, width) for c in range(COLUMNS)}


class Card:
    """Searches of all threads take turns.

    ``limit_bytes`` is what it may take of the device. Raises MemoryError where the templates do not
    fit into that or the device has no room, DeviceUnavailable where it cannot be used.
    """

    def __init__(
        self,
        templates: AnyTemplates,
        limit_bytes: int,
        device: Device = "cuda",
        sizes: Sizes = SIZES,
    ) -> None:
        self._sizes = sizes
        self._scratch_bytes = SCRATCH_BYTES
        self._turn = threading.Lock()
        self._searches: dict[tuple[int, int], _FixedSearch] = {}
        self._engine = Engine(device, limit_bytes)
        self._stored = store(self._engine, templates, limit_bytes, sizes)
        self._search(sizes.probes[0], sizes.hits[0])

    def depths(self, wanted: int) -> tuple[int, ...]:
        """Numbers of hits to look for that hold ``wanted``, the fewest first."""
        return self._sizes.hits_from(wanted)

    def find(self, probes: FloatArray, hits: int) -> CoarseHits:
        """The best ``hits``, which are one of ``depths``, of each of (q, d) probes.

        Raises MemoryError where the device has no room to look for as many.
        """
        halves, lengths = halve(probes)
        scores = np.empty((len(probes), hits), np.float32)
        rows = np.empty((len(probes), hits), np.int64)
        with self._turn:
            search = self._search(self._sizes.probes_for(len(probes), hits), hits)
            for start in range(0, len(probes), search.at_once):
                part = slice(start, start + search.at_once)
                scores[part], rows[part] = search.run(halves[part])
        each = HalfVectors(lengths.length[:, None], lengths.error[:, None])
        error = half_score_error(each, self._stored.halves, probes.shape[1], scores)
        return CoarseHits(rows, scores, error)

    def _search(self, probes: int, hits: int) -> _FixedSearch:
        """Opened when first needed; where there is no room, for smaller pieces from then on, and
        at last for one probe at a time."""
        kept = self._searches.get((probes, hits))
        while kept is None:
            try:
                kept = _FixedSearch(self._engine, self._stored, probes, hits, self._scratch_bytes)
            except MemoryError:
                if self._scratch_bytes > LEAST_SCRATCH_BYTES:
                    self._scratch_bytes //= 2
                elif probes > self._sizes.probes[0]:
                    kept = self._search(self._sizes.probes[0], hits)
                else:
                    raise
        self._searches[probes, hits] = kept
        return kept


class _FixedSearch:
    """For so many hits of so many probes. Raises MemoryError."""

    def __init__(
        self,
        engine: Engine,
        stored: StoredTemplates,
        probes: int,
        hits: int,
        scratch_bytes: int,
    ) -> None:
        self.at_once = probes
        sizes, features = stored.sizes, stored.array.shape[1]
        most = most_units(probes, sizes.unit, scratch_bytes)
        pieces = split_into(stored.room, stored.units, most)
        width, templates = pieces.units * sizes.row, pieces.units * sizes.unit
        session = engine.open(best_graph(probes, features, pieces.units, sizes.row, hits))
        self._probes = Writable(engine.device, (probes, features), np.float16)
        shape = pieces.runs, probes, hits
        found = {SCORES: engine.zeros(shape, np.float16), ROWS: engine.zeros(shape, np.int64)}
        self._calls = [
            Call(
                session,
                engine.device,
                {PROBES: self._probes.array, **stored.columns(run * templates, width)},
                {name: array.row(run) for name, array in found.items()},
            )
            for run in range(pieces.runs)
        ]
        merge = engine.open(merge_graph(*shape, templates))
        self._merge = Call(merge, engine.device, found, {})
        # Takes the memory that all further runs use.
        self.run(np.zeros((probes, features), np.float16))

    def run(self, probes: Half) -> tuple[FloatArray, Rows]:
        with self._probes.holding(probes):
            for call in self._calls:
                call()
            scores, rows = self._merge()
        return scores[: len(probes)].astype(np.float32), rows[: len(probes)]


def store(
    engine: Engine, templates: AnyTemplates, limit_bytes: int, sizes: Sizes
) -> StoredTemplates:
    """(n, d) templates onto the device, block by block. Raises MemoryError."""
    count, dimension = templates.shape
    needed = bytes_needed(count, dimension, sizes, SCRATCH_BYTES, LEAST_SCRATCH_BYTES)
    if needed > limit_bytes:
        raise MemoryError(f"it takes {needed >> 20} MiB, and {limit_bytes >> 20} are its share")
    units = room_for(count, sizes, SCRATCH_BYTES)
    array = engine.zeros((units * sizes.unit, features_of(dimension)), np.float16)
    block = np.zeros((sizes.upload_rows, array.shape[1]), np.float32)
    session = engine.open(store_graph(*block.shape))
    length = error = 0.0
    for start in range(0, count, len(block)):
        rows = templates[start : start + len(block)]
        block[: len(rows), :dimension] = rows
        block[len(rows) :] = 0.0
        place = {STORED: array.rows(start, len(block))}
        longest, lost = Call(session, engine.device, {}, place)({BLOCK: block})
        length, error = max(length, longest[0]), max(error, lost[0])
    halves = HalfVectors(np.array(length * ROUNDED_UP), np.array(error * ROUNDED_UP))
    return StoredTemplates(array, count, halves, sizes)
