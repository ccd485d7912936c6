"""Exact inner product over all templates: the edge around FAISS, and a GPU where there is one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import faiss
import numpy as np

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable, GalleryDamaged
from lfr_batch.gallery.exact_scores import (
    CoarseHits,
    Doubles,
    Rows,
    rounding_error,
    scores_of_pairs,
)
from lfr_batch.gallery.index_parts import IndexParts
from lfr_batch.gallery.templates import AnyTemplates, Templates
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.records import BoolArray, FloatArray

if TYPE_CHECKING:
    from lfr_batch.gallery.card import Card

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
LEAST_ON_GPU = 20_000
"""Templates: fewer take the processors no longer than the GPU takes to begin."""
MEMORY_SHARE = 0.25
"""Of a worker's share of a GPU, for its gallery."""
WRITE_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Index:
    """An opened index, for any number of threads."""

    vectors: AnyTemplates
    """(n, d), mapped from the files."""
    on_cpu: Any
    """FAISS' own, or ``IndexParts``."""
    card: Card | None = None
    note: str = ""
    """Why a GPU that is here is not used."""

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        return "cpu" if self.card is None else "cuda"

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


def open_index(
    path: Path, device: Device = "auto", threads: int | None = None, gpu_share: float = 1.0
) -> Index:
    """``open_indexes`` of one file whose rows are in order."""
    return open_indexes([path], None, device, threads, gpu_share)


def open_indexes(
    paths: Sequence[Path],
    rows: Rows | None,
    device: Device = "auto",
    threads: int | None = None,
    gpu_share: float = 1.0,
) -> Index:
    """Open flat indexes, mapped rather than read, so that workers on a machine share their pages.

    ``rows`` say which of theirs are searched, and in which order they are counted, see
    ``Templates``; None: all of one file, in its order.

    'auto' takes a GPU that onnxruntime can use, if the templates fit into this worker's share of
    it; few templates are searched by the processors on any machine. ``threads``: see
    ``use_threads``.

    Raises:
        GalleryDamaged: not a flat inner-product index, or cut short.
        DeviceUnavailable: 'cuda' was asked for and there is none, or it has no room.
    """
    if threads is not None:
        use_threads(threads)
    faiss.cvar.distance_compute_blas_threshold = BLAS_FROM
    faiss.cvar.distance_compute_blas_database_bs = BLAS_ROWS
    index, vectors = _opened(paths, rows)
    if not wants_gpu(device) or len(vectors) < LEAST_ON_GPU:
        return Index(vectors, index)
    from lfr_batch.gallery.card import Card  # noqa: PLC0415 - slow import

    try:
        return Index(vectors, index, Card(vectors, gallery_bytes(cuda.memory_bytes(), gpu_share)))
    except (MemoryError, DeviceUnavailable) as error:
        note = _not_on_gpu(len(vectors), error)
        if device == "cuda":
            raise DeviceUnavailable(note) from error
        return Index(vectors, index, note=note)


def _opened(paths: Sequence[Path], rows: Rows | None) -> tuple[Any, AnyTemplates]:
    indexes = [_read(path) for path in paths]
    mapped = [
        map_vectors(path, index.ntotal, index.d) for path, index in zip(paths, indexes, strict=True)
    ]
    if rows is None:
        return indexes[0], mapped[0]
    return IndexParts(indexes, rows), Templates(mapped, rows)


def gallery_bytes(total_bytes: int, gpu_share: float) -> int:
    """Of a GPU's memory, for the gallery of a worker that has such a share of the GPU."""
    return int(total_bytes * min(gpu_share, 1.0) * MEMORY_SHARE)


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

    FAISS or a GPU finds the rows; their scores are then computed again in double precision, since
    those of FAISS depend, in the last bits, on the batch size and the threads, and the GPU's are
    coarse. Equal scores come in row order, also where the last places go to some of many equals:
    every batch, thread count and device gives the same answer. ``queries`` (q, d) are float32,
    finite and L2-normalised.

    Raises DeviceUnavailable where a device computed what it cannot have.
    """
    if queries.ndim != 2 or queries.shape[1] != index.vectors.shape[1]:
        raise ValueError(f"queries {queries.shape} do not fit templates {index.vectors.shape}")
    if not np.isfinite(queries).all():
        raise ValueError("a query contains a value that is not finite")
    depth = min(k, len(index))
    scores = np.empty((len(queries), depth), np.float32)
    rows = np.empty((len(queries), depth), np.int64)
    for part in _batches(len(queries) if depth else 0):
        scores[part], rows[part] = _search(
            index, np.ascontiguousarray(queries[part], np.float32), depth
        )
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


def wants_gpu(device: Device) -> bool:
    """Raises DeviceUnavailable where there must be one and is none."""
    if device == "cpu":
        return False
    seen = cuda_is_usable()
    if device == "cuda" and not seen:
        raise DeviceUnavailable(
            "onnxruntime sees no GPU here; install the gpu extra on a machine with one, or search "
            "on the CPU, which gives the same answer."
        )
    return seen


def _not_on_gpu(templates: int, error: Exception) -> str:
    if isinstance(error, DeviceUnavailable):
        return str(error)
    return (
        f"The GPU has no room for a gallery of {templates:,} templates ({error}): give workers a "
        "larger share of it (engine.gpus_per_worker), or set inference.device to cpu, which gives "
        "the same answer."
    )


def _batches(queries: int) -> Iterator[slice]:
    for start in range(0, queries, QUERIES_AT_ONCE):
        yield slice(start, min(start + QUERIES_AT_ONCE, queries))


def _search(index: Index, batch: FloatArray, depth: int) -> tuple[FloatArray, Rows]:
    """Deeper and deeper, for those whose last places are not sure."""
    scores = np.empty((len(batch), depth), np.float32)
    rows = np.empty((len(batch), depth), np.int64)
    unsure = np.arange(len(batch))
    for find in _finders(index, depth):
        hits = find(batch[unsure])
        its_scores, its_rows = _rank(index.vectors, batch[unsure], hits)
        scores[unsure], rows[unsure] = its_scores[:, :depth], its_rows[:, :depth]
        everything = (hits.rows < len(index)).sum(axis=1) == len(index)
        # Whatever was left out scores no more than the lowest hit, but for the errors.
        highest = hits.scores[:, -1] + hits.error[:, -1]
        unsure = unsure[~(everything | (scores[unsure, -1] > highest))]
        if not len(unsure):
            return scores, rows
    for query in unsure:
        scores[query], rows[query] = _all_near(index, batch[query], scores[query, -1], depth)
    return scores, rows


def _finders(index: Index, depth: int) -> Iterator[Callable[[FloatArray], CoarseHits]]:
    """Each finds more than the one before: SPARE hits more than are wanted, at least."""
    card, wanted = index.card, depth + SPARE
    if card is not None and card.depths(wanted):
        for hits in card.depths(wanted):
            yield partial(_find_on_card, index, card, hits=hits)
    else:
        yield partial(_find_on_cpu, index, hits=min(wanted, len(index)))


def _find_on_card(index: Index, card: Card, batch: FloatArray, hits: int) -> CoarseHits:
    try:
        return card.find(batch, hits)
    except MemoryError:
        return _find_on_cpu(index, batch, min(hits, len(index)))


def _find_on_cpu(index: Index, batch: FloatArray, hits: int) -> CoarseHits:
    single = len(batch) == 1 and batch.size < BLAS_FROM
    with _threads(1) if single else nullcontext():
        scores, rows = index.on_cpu.search(batch, hits)
    return CoarseHits(rows, scores, np.full(scores.shape, rounding_error(batch.shape[1])))


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


def _rank(vectors: AnyTemplates, batch: FloatArray, hits: CoarseHits) -> tuple[FloatArray, Rows]:
    """The hits by their exact scores, padding behind them with a score of -inf."""
    real = hits.rows < len(vectors)
    rows = np.where(real, hits.rows, 0).ravel()
    queries = np.repeat(np.arange(len(batch)), hits.rows.shape[1])
    scores = scores_of_pairs(vectors, rows, batch, queries).reshape(hits.rows.shape)
    _require_sound(np.abs(scores - hits.scores), hits.error, real)
    scores[~real] = -np.inf
    order = np.lexsort((hits.rows, -scores))
    return np.take_along_axis(scores, order, 1), np.take_along_axis(hits.rows, order, 1)


def _require_sound(off: FloatArray, error: Doubles, real: BoolArray) -> None:
    if (real & (off > error)).any():
        raise DeviceUnavailable(
            f"A search gave scores that are off by {np.nanmax(off[real]):.2g}, more than its "
            "arithmetic allows: set inference.device to cpu, and have the GPU and its driver "
            "looked at."
        )


def _all_near(
    index: Index, query: FloatArray, lowest: np.float32, depth: int
) -> tuple[FloatArray, Rows]:
    """The best of all that FAISS finds to score about ``lowest`` or more."""
    least = float(lowest) - rounding_error(len(query))
    _, _, near = index.on_cpu.range_search(query[None], least)
    scores = scores_of_pairs(index.vectors, near, query[None], np.zeros_like(near))
    order = np.lexsort((near, -scores))[:depth]
    return scores[order], near[order]
