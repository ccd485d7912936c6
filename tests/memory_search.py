"""Finds templates in the memory of other processes of this user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lfr_batch.records import FloatArray

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PAGES_AT_ONCE = 4096
STEP = 4
"""Numbers: the allocator aligns blocks to 16 bytes, and a row of a template is a multiple of it."""
WINDOWS_AT_ONCE = 1 << 18
LEAST_NORM, MOST_NORM = 0.05, 500.0


def most_alike(process: int, templates: FloatArray) -> float:
    """The highest cosine of anything in the writable memory of ``process`` with any of
    ``templates``, (n, d) of unit length, wherever it begins at a multiple of 16 bytes."""
    return max((_most_alike(piece, templates) for piece in _pieces(process)), default=0.0)


def _pieces(process: int) -> Iterator[FloatArray]:
    """Private memory that is there, in stretches of neighbouring pages."""
    for line in Path(f"/proc/{process}/maps").read_text().splitlines():
        place, allowed, *_ = line.split()
        if allowed.startswith("rw") and "/dev/shm" not in line:
            first, last = (int(end, 16) // PAGE_BYTES for end in place.split("-"))
            for start in range(first, last, PAGES_AT_ONCE):
                with suppress(OSError):
                    yield from _present(process, start, min(start + PAGES_AT_ONCE + 1, last))


def _present(process: int, first: int, last: int) -> Iterator[FloatArray]:
    """Bit 63 of a page's entry says that it is in memory, bit 62 that it is swapped out:
    Documentation/admin-guide/mm/pagemap.rst of the kernel."""
    with Path(f"/proc/{process}/pagemap").open("rb", buffering=0) as entries:
        entries.seek(first * 8)
        there = np.frombuffer(entries.read((last - first) * 8), np.uint64) >> np.uint64(62) > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for begin, end in edges.reshape(-1, 2):
            memory.seek((first + int(begin)) * PAGE_BYTES)
            yield np.frombuffer(memory.read(int(end - begin) * PAGE_BYTES), np.float32)


def _most_alike(numbers: FloatArray, templates: FloatArray) -> float:
    width = templates.shape[1]
    if len(numbers) < width:
        return 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        known = np.where(np.abs(numbers) <= MOST_NORM, numbers, np.float32(0.0))
    squares = np.concatenate([[0.0], np.cumsum(known.astype(np.float64) ** 2)])
    norms = np.sqrt(np.maximum(squares[width:] - squares[:-width], 0.0))[::STEP]
    windows = sliding_window_view(known, width)[::STEP]
    likely = np.flatnonzero((norms > LEAST_NORM) & (norms < MOST_NORM))
    best = 0.0
    for start in range(0, len(likely), WINDOWS_AT_ONCE):
        rows = likely[start : start + WINDOWS_AT_ONCE]
        scores = (windows[rows] @ templates.T).max(axis=1) / norms[rows]
        best = max(best, float(scores.max()))
    return best
