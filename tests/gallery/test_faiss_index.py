from __future__ import annotations

import errno
import re
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable, GalleryDamaged
from lfr_batch.gallery import faiss_index
from lfr_batch.gallery.card import Card
from lfr_batch.gallery.exact_scores import Rows, rounding_error
from lfr_batch.gallery.faiss_index import (
    QUERIES_AT_ONCE,
    Device,
    Index,
    build_index,
    open_index,
    search,
    write_index,
)
from lfr_batch.records import FloatArray
from tests.gallery.cards import EVERYWHERE, Where, open_on, small_card


def unit_rows(n: int, d: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    scaled: FloatArray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


@pytest.fixture(scope="module")
def templates() -> FloatArray:
    return unit_rows(3000, 128, seed=1)


@pytest.fixture(scope="module")
def path(templates: FloatArray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "index.faiss"
    write_index(build_index([templates]), path)
    return path


@pytest.fixture(scope="module")
def index(path: Path) -> Index:
    return open_index(path, "cpu", threads=2)


def test_vectors_are_those_that_were_indexed(index: Index, templates: FloatArray) -> None:
    assert len(index) == 3000
    assert isinstance(index.vectors, np.memmap)
    assert np.array_equal(index.vectors, templates)
    assert np.array_equal(index.on_cpu.reconstruct_n(0, 3000), templates)


def test_the_index_is_mapped_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.faiss"
    write_index(build_index([unit_rows(100_000, 128, seed=2)]), path)
    before = _anonymous_kib()
    index = open_index(path, "cpu")
    search(index, unit_rows(1, 128, seed=3), 5)
    assert _anonymous_kib() - before < 20_000, "50 MB of templates were copied into memory"


def _anonymous_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def test_search_is_exact(index: Index, templates: FloatArray) -> None:
    queries = unit_rows(40, 128, seed=4)
    scores, rows = search(index, queries, 17)
    expected = queries.astype(np.float64) @ templates.T.astype(np.float64)
    assert np.array_equal(rows, np.argsort(-expected, axis=1)[:, :17])
    assert np.allclose(scores, np.take_along_axis(expected, rows, axis=1), atol=1e-7)


def test_the_answer_does_not_depend_on_the_batch(index: Index) -> None:
    queries = unit_rows(QUERIES_AT_ONCE + 3, 128, seed=5)
    scores, rows = search(index, queries, 5)
    for some in (slice(0, 1), slice(7, 30), slice(QUERIES_AT_ONCE - 1, None)):
        part_scores, part_rows = search(index, queries[some], 5)
        assert np.array_equal(part_scores, scores[some])
        assert np.array_equal(part_rows, rows[some])


def test_asking_for_more_than_there_is(index: Index) -> None:
    scores, rows = search(index, unit_rows(2, 128, seed=6), 9999)
    assert scores.shape == rows.shape == (2, 3000)
    assert np.array_equal(np.sort(rows, axis=1)[0], np.arange(3000))


def test_no_queries(index: Index) -> None:
    scores, rows = search(index, np.zeros((0, 128), np.float32), 5)
    assert scores.shape == rows.shape == (0, 5)


def test_queries_that_cannot_be(index: Index) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        search(index, np.zeros((1, 64), np.float32), 5)
    with pytest.raises(ValueError, match="not finite"):
        search(index, np.full((1, 128), np.nan, np.float32), 5)


@pytest.mark.parametrize("keep", [0, 20, 4000])
def test_truncated_index(path: Path, tmp_path: Path, keep: int) -> None:
    cut = tmp_path / "index.faiss"
    cut.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(GalleryDamaged, match=r"index\.faiss is not a complete index"):
        open_index(cut, "cpu")


def test_another_kind_of_index(tmp_path: Path) -> None:
    faiss.write_index(faiss.IndexFlatL2(8), str(tmp_path / "l2.faiss"))
    with pytest.raises(GalleryDamaged, match="not a flat inner-product index"):
        open_index(tmp_path / "l2.faiss", "cpu")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_has_its_errno(templates: FloatArray) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        write_index(build_index([templates]), Path("/dev/full"))
    assert caught.value.errno == errno.ENOSPC


def test_a_gpu_that_is_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_index, "cuda_is_usable", lambda: False)
    assert open_index(path, "auto").device == "cpu"
    with pytest.raises(DeviceUnavailable, match="onnxruntime sees no GPU here; install"):
        open_index(path, "cuda")


@pytest.fixture
def a_gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """One of so much memory, whose graphs run on the CPU."""

    def has(memory_bytes: int, least: int = 0, failure: Exception | None = None) -> None:
        def open_card(vectors: FloatArray, limit_bytes: int) -> Card:
            if failure is not None:
                raise failure
            return small_card(vectors, limit_bytes)

        monkeypatch.setattr(faiss_index, "cuda_is_usable", lambda: True)
        monkeypatch.setattr(cuda, "memory_bytes", lambda: memory_bytes)
        monkeypatch.setattr(faiss_index, "LEAST_ON_GPU", least)
        monkeypatch.setattr("lfr_batch.gallery.card.Card", open_card)

    return has


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_gpu_that_is_there(path: Path, a_gpu: Callable[..., None], device: Device) -> None:
    a_gpu(8 << 30)
    index = open_index(path, device)
    assert (index.device, index.note) == ("cuda", "")
    assert open_index(path, "cpu").device == "cpu"


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_few_templates_are_the_processors(
    path: Path, a_gpu: Callable[..., None], device: Device
) -> None:
    a_gpu(8 << 30, least=3001)
    assert open_index(path, device).device == "cpu"
    a_gpu(8 << 30, least=3000)
    assert open_index(path, device).device == "cuda"


@pytest.mark.parametrize(
    ("memory_bytes", "share", "failure", "said"),
    [
        (1 << 30, 0.05, None, r"no room for a gallery of 3,000 templates \(it takes 64 MiB"),
        (8 << 30, 1.0, MemoryError("out"), r"no room for a gallery of 3,000 templates \(out\):"),
        (8 << 30, 1.0, DeviceUnavailable("CUDA, no."), "CUDA, no."),
    ],
)
def test_a_gpu_that_cannot_be_used_is_named(
    path: Path,
    a_gpu: Callable[..., None],
    memory_bytes: int,
    share: float,
    failure: Exception | None,
    said: str,
) -> None:
    a_gpu(memory_bytes, failure=failure)
    index = open_index(path, "auto", gpu_share=share)
    assert index.device == "cpu"
    assert re.search(said, index.note)
    with pytest.raises(DeviceUnavailable, match=said):
        open_index(path, "cuda", gpu_share=share)
    assert search(index, unit_rows(1, 128, seed=3), 5)[1].shape == (1, 5)


def crowd_around(face: FloatArray, seed: int) -> FloatArray:
    """2,000 rows, of which 300 are ``face`` and 300 differ from it in the last bits only."""
    rng = np.random.default_rng(seed)
    rows = unit_rows(2000, 128, seed)
    rows[:600] = face
    rows[300:600] = np.nextafter(face, rng.choice([-2, 2], (300, 128)).astype(np.float32))
    shuffled: FloatArray = rng.permutation(rows)
    return shuffled


def exact_order(templates: FloatArray, query: FloatArray) -> tuple[FloatArray, Rows]:
    """Every image, by its score in double precision, equals by row."""
    products = templates.astype(np.float64) * query.astype(np.float64)
    scores = products.sum(axis=1).astype(np.float32)
    order = np.lexsort((np.arange(len(scores)), -scores))
    return scores[order], order


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("k", [1, 5, 299, 301, 595, 599, 601, 1999, 2000])
@pytest.mark.parametrize("batch", [1, 40])
def test_the_last_places_among_equals(tmp_path: Path, where: Where, k: int, batch: int) -> None:
    """Hundreds of equals and near-equals on both sides of the cut."""
    face = unit_rows(1, 128, seed=9)
    rows = crowd_around(face[0], seed=8)
    write_index(build_index([rows]), tmp_path / "index.faiss")
    index = open_on(tmp_path / "index.faiss", where)
    queries = np.concatenate([face, unit_rows(batch - 1, 128, seed=9)])
    for query, scores, found in zip(queries, *search(index, queries, k), strict=True):
        expected_scores, expected_rows = exact_order(rows, query)
        assert np.array_equal(scores, expected_scores[:k])
        assert np.array_equal(found, expected_rows[:k])


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("k", [5, 50, 2500])
def test_devices_and_threads_give_the_same_answer(path: Path, where: Where, k: int) -> None:
    queries = unit_rows(100, 128, seed=7)
    scores, rows = search(open_index(path, "cpu", threads=1), queries, k)
    its_scores, its_rows = search(open_on(path, where), queries, k)
    assert np.array_equal(its_scores, scores)
    assert np.array_equal(its_rows, rows)


@pytest.mark.parametrize("dimension", [128, 512])
@pytest.mark.parametrize("batch", [1, 64])
def test_rounding_stays_within_its_bound(dimension: int, batch: int) -> None:
    """Half the bound for one product, on either of FAISS' two ways to compute it."""
    templates = unit_rows(2000, dimension, seed=10)
    queries = templates[:batch]
    scores, rows = build_index([templates]).search(queries, 50)
    exact = queries.astype(np.float64) @ templates.T.astype(np.float64)
    error = np.abs(scores - np.take_along_axis(exact, rows, axis=1)).max()
    assert 0 < error < rounding_error(dimension) / 2
