"""The edge around FAISS: exact inner product over all templates, on the CPU or on one GPU."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np

from lfr_batch.errors import DeviceUnavailable, GalleryDamaged
from lfr_batch.gallery.exact_scores import Rows, exact_scores, rounding_error
from lfr_batch.records import FloatArray

Device = Literal["auto", "cpu", "cuda"]

QUERIES_AT_ONCE = 1024
SPARE = 8
"""Hits fetched beyond those wanted: which of two near-equal images FAISS ranks first depends on
the batch, the threads and the device."""
BLAS_FROM = 512
"""Queries times dimension from which FAISS multiplies matrices: 4 probes of 128 numbers. Its own
128,000 makes batches of 16 to 999 probes two to five times slower (docs/performance.md)."""
BLAS_ROWS = 16_384
"""Templates to a matrix; FAISS' own 1,024 makes threads wait for each other more often."""
GPU_DEEPEST = 2048
"""FAISS returns no more hits than this from a GPU; deeper searches run on the CPU."""
GPU_SCRATCH_BYTES = 256 << 20
WRITE_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Index:
    """An opened index. Searches on one GPU wait for each other; on the CPU they need not."""

    device: Literal["cpu", "cuda"]
    vectors: FloatArray
    """(n, d), mapped from the file."""
    on_cpu: Any
    on_gpu: Any = None
    gpu_resources: Any = None
    gpu_turn: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self.vectors)


def build_index(blocks: Iterable[FloatArray]) -> Any:
    """An exact flat inner-product index of L2-normalised templates, given in blocks of (n, d)."""
    remaining = iter(blocks)
    first = next(remaining)
    index = faiss.IndexFlatIP(first.shape[1])
    for block in chain((first,), remaining):
        index.add(np.ascontiguousarray(block, np.float32))
    return index


def write_index(index: Any, path: Path) -> None:
    """Write ``index`` to ``path``. Raises OSError with the errno that FAISS only spells out."""
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        codes = (code for code in WRITE_ERRNOS if os.strerror(code) in str(error))
        raise OSError(next(codes, errno.EIO), str(error), str(path)) from error


def open_index(path: Path, device: Device = "auto", threads: int | None = None) -> Index:
    """Open a flat index, mapped rather than read, so that workers on a machine share its pages.

    'auto' takes a GPU where this FAISS sees one. ``threads``: see ``use_threads``.

    Raises:
        GalleryDamaged: not a flat inner-product index, or cut short.
        DeviceUnavailable: 'cuda' was asked for and FAISS sees no GPU.
    """
    if threads is not None:
        use_threads(threads)
    faiss.cvar.distance_compute_blas_threshold = BLAS_FROM
    faiss.cvar.distance_compute_blas_database_bs = BLAS_ROWS
    index = _read(path)
    vectors = map_vectors(path, index.ntotal, index.d)
    if not _wants_gpu(device):
        return Index("cpu", vectors, index)
    resources = faiss.StandardGpuResources()
    resources.setTempMemory(GPU_SCRATCH_BYTES)
    on_gpu = faiss.index_cpu_to_gpu(resources, 0, index)
    return Index("cuda", vectors, index, on_gpu, resources)


def use_threads(count: int) -> None:
    """How many threads a search takes that is called from this one; each thread has its own say."""
    faiss.omp_set_num_threads(count)


def map_vectors(path: Path, n: int, d: int) -> FloatArray:
    """The (n, d) vectors of a flat index file: they are its tail (faiss/impl/index_write.cpp).

    Raises ValueError if the file is shorter than that.
    """
    offset = path.stat().st_size - n * d * np.dtype(np.float32).itemsize
    if offset < 0:
        raise ValueError(f"{path} is too short for {n} vectors of {d}")
    return np.memmap(path, dtype="<f4", mode="r", offset=offset, shape=(n, d))


def search(index: Index, queries: FloatArray, k: int) -> tuple[FloatArray, Rows]:
    """The ``min(k, n)`` best images of each query: scores and rows, both (q, k), best first.

    FAISS finds the rows; their scores are then computed again in double precision, because
    FAISS' own depend, in the last bits, on the batch size and the device. Equal scores come in
    row order, also where the last places go to some of many equals: every batch, thread count
    and device gives the same answer. ``queries`` (q, d) are float32, finite and L2-normalised.
    """
    if queries.ndim != 2 or queries.shape[1] != index.vectors.shape[1]:
        raise ValueError(f"queries {queries.shape} do not fit templates {index.vectors.shape}")
    if not np.isfinite(queries).all():
        raise ValueError("a query contains a value that is not finite")
    depth = min(k, len(index))
    scores = np.empty((len(queries), depth), np.float32)
    rows = np.empty((len(queries), depth), np.int64)
    for part in _batches(len(queries)):
        batch = np.ascontiguousarray(queries[part], np.float32)
        found = _search_rows(index, batch, min(depth + SPARE, len(index)))
        for at, (query, hits) in enumerate(zip(batch, found, strict=True), start=part.start):
            scores[at], rows[at] = _best(index, query, hits, depth)
    return scores, rows


def _read(path: Path) -> Any:
    try:
        # IO_FLAG_MMAP reads flat indexes into memory all the same; this one maps them.
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise GalleryDamaged(f"{path} is not a complete index; enrol the gallery again.") from error
    if not isinstance(index, faiss.IndexFlatIP):
        raise GalleryDamaged(f"{path} is not a flat inner-product index; enrol the gallery again.")
    return index


def _wants_gpu(device: Device) -> bool:
    if device == "cpu":
        return False
    seen = hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0
    if device == "cuda" and not seen:
        raise DeviceUnavailable(
            "FAISS sees no GPU here; install the gpu extra on a machine with one, or search on "
            "the CPU, which gives the same answer."
        )
    return bool(seen)


def _batches(queries: int) -> Iterator[slice]:
    for start in range(0, queries, QUERIES_AT_ONCE):
        yield slice(start, min(start + QUERIES_AT_ONCE, queries))


def _search_rows(index: Index, batch: FloatArray, depth: int) -> Rows:
    rows: Rows
    if index.on_gpu is None or depth > GPU_DEEPEST:
        single = len(batch) == 1 and batch.size < BLAS_FROM
        with _threads(1) if single else nullcontext():
            _, rows = index.on_cpu.search(batch, depth)
    else:
        with index.gpu_turn:
            _, rows = index.on_gpu.search(batch, depth)
    return rows


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """FAISS 1.15 shares the templates of a single query among threads, and takes three times as
    long as one thread (1 M templates: 55 instead of 18 ms)."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _best(index: Index, query: FloatArray, hits: Rows, depth: int) -> tuple[FloatArray, Rows]:
    """The best ``depth`` of the gallery, of which FAISS found ``hits``, at least as many.

    An image that FAISS left out scores less than the lowest hit, but for its rounding. Where the
    last place is as close to that, all that may deserve it are fetched and compared.
    """
    scores, rows = _score_exactly(index.vectors, query, hits)
    if depth and len(hits) < len(index):
        doubt = rounding_error(len(query))
        if scores[depth - 1] <= scores[-1] + doubt:
            lowest = float(scores[depth - 1]) - doubt
            _, _, near = index.on_cpu.range_search(query[None], lowest)
            scores, rows = _score_exactly(index.vectors, query, near)
    return scores[:depth], rows[:depth]


def _score_exactly(vectors: FloatArray, query: FloatArray, rows: Rows) -> tuple[FloatArray, Rows]:
    scores = exact_scores(vectors[rows], query)
    order = np.lexsort((rows, -scores))
    return scores[order], rows[order]
