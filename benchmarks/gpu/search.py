"""Probes against many templates, against reading the templates once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.one_shape import MEMORY, memory, multiplied_s
from benchmarks.rows import Row, figure_of, tried
from benchmarks.synthetic_gallery import DIMENSION, unit_rows
from lfr_batch.gallery.faiss_index import Index, build_index, open_index, search, write_index
from lfr_batch.models.devices import available_cores
from lfr_batch.records import FloatArray

PROBES = (1, 64, 1024)
COMPARED = 64
"""Probes whose rows are compared with the processor's."""
DEPTH = 40
BLOCK = 100_000
AHEAD = 8
SEARCHES, MEASURED_S = 21, 3.0
"""At most, and at most for so long; three at least."""
LEAST = 3
READ_S = 1.0
MULTIPLYING, PART = "multiplying alone", 250_000


def measure(bench: Bench, _: Sequence[Row]) -> Iterator[Row]:
    limits: list[Row] = []
    for row in tried(MEMORY, "", lambda: [memory(bench.device, bench.seconds(READ_S))]):
        limits.append(row)
        yield row
    per_s = figure_of(limits, MEMORY)
    yield from tried(MULTIPLYING, "", partial(multiplying, bench))
    for templates in bench.templates:
        yield from tried(
            "search p50", f"{templates:,} templates", partial(of_size, templates, bench, per_s)
        )


def multiplying(bench: Bench) -> Iterator[Row]:
    """The product of the most probes and all templates, in parts that the card has room for."""
    probes, some = unit_rows(PROBES[-1], seed=1), min(PART, *bench.templates)
    part_s = multiplied_s(
        probes, unit_rows(some, seed=2).T.copy(), bench.device, bench.seconds(READ_S)
    )
    for templates in bench.templates:
        setting = f"{templates:,} templates, {PROBES[-1]:,} probes"
        note = f"as a part of {some:,} takes, scores not read"
        yield Row(MULTIPLYING, setting, round(1000 * part_s * templates / some, 2), "ms", note=note)


def of_size(templates: int, bench: Bench, gb_per_s: float | None) -> Iterator[Row]:
    with TemporaryDirectory(dir=bench.scratch) as folder:
        path = Path(folder) / "index.faiss"
        started_s = perf_counter()
        write_index(build_index(blocks(templates)), path)
        written_s = perf_counter()
        index = open_index(path, bench.device, available_cores())
        opened_s = perf_counter()
        setting = f"{templates:,} templates, on {index.device}"
        note = f"written in {written_s - started_s:.1f} s"
        yield Row("search: opening", setting, round(opened_s - written_s, 2), "s", note=note)
        limit_ms = None if gb_per_s is None else reading_ms(templates, gb_per_s)
        for probes in PROBES:
            yield from tried("search p50", setting, partial(times, index, probes, limit_ms))
        yield from tried("search: same rows", setting, partial(same_rows, index, path))


def reading_ms(templates: int, gb_per_s: float) -> float:
    """Of all templates, once, as float32."""
    return templates * DIMENSION * 4 / gb_per_s / 1e6


def blocks(templates: int) -> Iterator[FloatArray]:
    """Random directions, made by all cores and given in order."""
    starts = range(0, templates, BLOCK)
    with ThreadPoolExecutor(available_cores()) as pool:
        for first in range(0, len(starts), AHEAD):
            some = starts[first : first + AHEAD]
            yield from pool.map(lambda at: unit_rows(min(BLOCK, templates - at), at), some)


def times(index: Index, probes: int, limit_ms: float | None) -> Iterator[Row]:
    queries = unit_rows(probes, seed=len(index) + probes)
    search(index, queries, DEPTH)
    took_ms: list[float] = []
    ends_s = perf_counter() + MEASURED_S
    while len(took_ms) < LEAST or (len(took_ms) < SEARCHES and perf_counter() < ends_s):
        started_s = perf_counter()
        search(index, queries, DEPTH)
        took_ms.append(1000 * (perf_counter() - started_s))
    many = "1 probe" if probes == 1 else f"{probes:,} probes"
    setting = f"{len(index):,} templates, {many}"
    note = f"{DEPTH} hits, on {index.device}, of {len(took_ms)}"
    yield Row("search p50", setting, round(median(took_ms), 3), "ms", limit_ms, note)


def same_rows(index: Index, path: Path) -> Iterator[Row]:
    queries = unit_rows(COMPARED, seed=len(index) + COMPARED)
    scores, rows = search(index, queries, DEPTH)
    on_cpu = open_index(path, "cpu", available_cores())
    cpu_scores, cpu_rows = search(on_cpu, queries, DEPTH)
    same = float((rows == cpu_rows).all(axis=1).sum())
    gap = float(np.abs(scores - cpu_scores).max())
    setting = f"{len(index):,} templates, {COMPARED} probes"
    yield Row(
        "search: same rows", setting, same, "probes", float(COMPARED), f"scores differ by {gap:g}"
    )
