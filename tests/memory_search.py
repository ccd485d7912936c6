"""Finds templates in the memory of other processes of this user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from lfr_batch.records import FloatArray

PAGE_BYTES = 4096
PIECE_BYTES = 64 << 20
LEAST_NORM = 1e-3


def most_alike(process: int, templates: FloatArray) -> float:
    """The highest cosine of anything in the writable memory of ``process`` with any of
    ``templates``, (n, d) of unit length, wherever it lies at a multiple of four bytes."""
    return max((_most_alike(piece, templates) for piece in _pieces(process)), default=0.0)


def _pieces(process: int) -> Iterator[bytes]:
    """Private memory, page by page where there is something in it, with seams."""
    for line in Path(f"/proc/{process}/maps").read_text().splitlines():
        place, allowed, *_ = line.split()
        if not allowed.startswith("rw") or "/dev/shm" in line or "[vvar" in line:
            continue
        first, last = (int(end, 16) for end in place.split("-"))
        with suppress(OSError), Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
            for start in range(first, last, PIECE_BYTES):
                memory.seek(start)
                yield memory.read(min(PIECE_BYTES + PAGE_BYTES, last - start))


def _most_alike(piece: bytes, templates: FloatArray) -> float:
    width = templates.shape[1]
    numbers = _in_use(np.frombuffer(piece, np.float32, len(piece) // 4))
    best = 0.0
    for shift in range(min(width, max(0, len(numbers) - width + 1))):
        rows = numbers[shift : shift + (len(numbers) - shift) // width * width].reshape(-1, width)
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        likely = rows[(norms > LEAST_NORM) & (norms < 1 / LEAST_NORM)]
        if len(likely):
            norms = np.linalg.norm(likely, axis=1)
            best = max(best, float(((likely @ templates.T).max(axis=1) / norms).max()))
    return best


def _in_use(numbers: FloatArray) -> FloatArray:
    """Without pages of one value, and what no template has for a number set to 0."""
    whole = len(numbers) // (PAGE_BYTES // 4) * (PAGE_BYTES // 4)
    pages = numbers[:whole].reshape(-1, PAGE_BYTES // 4)
    bits = pages.view(np.uint32)
    used = (bits != bits[:, :1]).any(axis=1)
    used |= np.roll(used, 1) | np.roll(used, -1)
    kept = np.concatenate([pages[used].reshape(-1), numbers[whole:]])
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(kept) <= 1e3, kept, np.float32(0.0))
