"""Galleries on a GPU; the same graphs run here on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.gallery import card
from lfr_batch.gallery.card import Card
from lfr_batch.gallery.exact_scores import CoarseHits, Rows
from lfr_batch.gallery.faiss_index import Index, build_index, search
from lfr_batch.records import FloatArray
from tests.gallery.cards import LIMIT_BYTES, SMALL, small_card


def unit(rows: Any) -> FloatArray:
    scaled: FloatArray = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
    return scaled


def random_rows(n: int, d: int, seed: int) -> FloatArray:
    return unit(np.random.default_rng(seed).normal(size=(n, d)))


def by_exact_score(templates: FloatArray, probe: FloatArray) -> tuple[FloatArray, Rows]:
    products = templates.astype(np.float64) * probe.astype(np.float64)
    scores = products.sum(axis=1).astype(np.float32)
    order = np.lexsort((np.arange(len(scores)), -scores))
    return scores[order], order


def on_card(templates: FloatArray) -> Index:
    return Index(templates, build_index([templates]), small_card(templates))


HARD: dict[str, Callable[[np.random.Generator, int, int], Any]] = {
    "all equal": lambda rng, n, d: np.ones((n, d)),
    "two of them": lambda rng, n, d: rng.choice([-1.0, 1.0], (n, 1)) * np.ones((n, d)),
    "many equals": lambda rng, n, d: rng.integers(0, 2, (n, d)) * 2 - 1,
    "within the doubt": lambda rng, n, d: np.ones((n, d)) + 1e-3 * rng.normal(size=(n, d)),
    "in the last bits": lambda rng, n, d: np.nextafter(
        np.ones((n, d), np.float32), rng.choice([-2, 2], (n, d)).astype(np.float32)
    ),
    "all against": lambda rng, n, d: rng.normal(size=(n, d)) - 2.0,
    "any": lambda rng, n, d: rng.normal(size=(n, d)),
    "tiny numbers": lambda rng, n, d: rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-9, 0, (1, d)),
}


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(sorted(HARD)),
    n=st.sampled_from([1, 2, 7, 8, 63, 64, 65, 255, 1023, 1024, 1025, 2100]),
    d=st.sampled_from([4, 8, 20, 128]),
    probes=st.sampled_from([1, 3, 4, 5, 17]),
    k=st.sampled_from([1, 2, 8, 20, 56, 57, 300, 5000]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_same_rows_as_comparing_with_every_template(
    kind: str, n: int, d: int, probes: int, k: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    templates = unit(HARD[kind](rng, n, d))
    queries = unit(np.concatenate([rng.normal(size=(probes, d)), np.ones((1, d)), templates[:1]]))
    found = search(on_card(templates), queries, k)
    for query, scores, rows in zip(queries, *found, strict=True):
        exact, order = by_exact_score(templates, query)
        assert np.array_equal(scores, exact[:k])
        assert np.array_equal(rows, order[:k])


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(sorted(HARD)),
    d=st.sampled_from([4, 20, 128, 512]),
    hits=st.sampled_from(SMALL.hits),
    seed=st.integers(0, 2**32 - 1),
)
def test_scores_on_the_device_are_off_by_no_more_than_it_says(
    kind: str, d: int, hits: int, seed: int
) -> None:
    """And whatever it leaves out scores no more than the lowest hit and its error."""
    rng = np.random.default_rng(seed)
    templates, probes = unit(HARD[kind](rng, 1500, d)), random_rows(5, d, seed)
    found = small_card(templates).find(probes, hits)
    exact = probes.astype(np.float64) @ templates.T.astype(np.float64)
    for probe, rows, scores, error in zip(
        exact, found.rows, found.scores, found.error, strict=True
    ):
        real = rows < len(templates)
        assert len(set(rows.tolist())) == hits
        assert (np.diff(scores) <= 0).all()
        assert (np.abs(probe[rows[real]] - scores[real]) <= error[real]).all()
        left_out = np.delete(probe, rows[real])
        assert (left_out <= scores[-1] + error[-1]).all()


def test_the_bound_is_as_tight_as_measured_rounding_allows() -> None:
    templates = random_rows(2000, 128, seed=1)
    found = small_card(templates).find(random_rows(4, 128, seed=2), 8)
    assert 4e-4 < found.error.max() < 8e-4


def test_most_probes_need_one_look() -> None:
    """Of a gallery as random as templates of strangers are."""
    templates, counted = random_rows(5000, 128, seed=3), Counting(random_rows(5000, 128, seed=3))
    index = Index(templates, build_index([templates]), counted)
    search(index, random_rows(100, 128, seed=4), 48)
    assert counted.asked[0] == (100, 64)
    assert sum(probes for probes, _ in counted.asked[1:]) <= 5


class Counting(Card):
    def __init__(self, templates: FloatArray) -> None:
        super().__init__(templates, LIMIT_BYTES, "cpu", SMALL)
        self.asked: list[tuple[int, int]] = []

    def find(self, probes: FloatArray, hits: int) -> CoarseHits:
        self.asked.append((len(probes), hits))
        return super().find(probes, hits)


def test_doubt_is_followed_by_deeper_looks_and_then_the_processors() -> None:
    face = random_rows(1, 128, seed=5)
    templates = random_rows(3000, 128, seed=6)
    templates[100:140] = face
    templates[200:300] = -face
    counted = Counting(templates)
    index = Index(templates, build_index([templates]), counted)
    probes = np.concatenate([face, -face, random_rows(1, 128, seed=7)])
    _, rows = search(index, probes, 4)
    assert counted.asked == [(3, 16), (2, 64)]
    assert rows[0].tolist() == [100, 101, 102, 103]
    assert rows[1].tolist() == [200, 201, 202, 203]


def test_every_session_sees_one_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[int, set[Any]] = {}
    opened: list[Any] = []
    real = onnxruntime.InferenceSession

    class Recording:
        def __init__(self, *given: Any, **named: Any) -> None:
            self._session = real(*given, **named)
            opened.append(self)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

        def io_binding(self) -> Any:
            binding, shapes = self._session.io_binding(), seen.setdefault(id(self), set())
            given: dict[str, tuple[int, ...]] = {}
            bind_input, bind_cpu_input = binding.bind_input, binding.bind_cpu_input

            def bound(name: str, device: str, at: int, kind: Any, shape: Any, to: int) -> None:
                given[name] = tuple(shape)
                bind_input(name, device, at, kind, shape, to)

            def bound_cpu(name: str, array: Any) -> None:
                given[name] = array.shape
                bind_cpu_input(name, array)

            binding.bind_input, binding.bind_cpu_input = bound, bound_cpu
            binding.noted = lambda: shapes.add(tuple(sorted(given.items())))
            return binding

        def run_with_iobinding(self, binding: Any) -> None:
            binding.noted()
            self._session.run_with_iobinding(binding)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Recording)
    index = on_card(random_rows(3000, 128, seed=8))
    for probes in (1, 2, 3, 4, 5, 15, 16, 17, 40):
        for k in (1, 5, 20):
            search(index, random_rows(probes, 128, seed=probes), k)
    assert len(opened) > 8
    assert {len(shapes) for shapes in seen.values()} == {1}


def test_threads_search_at_once() -> None:
    index = on_card(random_rows(3000, 128, seed=9))
    batches = [random_rows(1 + n % 6, 128, seed=n) for n in range(24)]
    alone = [search(index, batch, 5) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda batch: search(index, batch, 5), batches))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one[0], other[0])
        assert np.array_equal(one[1], other[1])


def test_the_answer_does_not_depend_on_the_batch() -> None:
    index = on_card(random_rows(3000, 128, seed=10))
    queries = random_rows(40, 128, seed=11)
    scores, rows = search(index, queries, 5)
    for some in (slice(0, 1), slice(7, 30), slice(39, None)):
        part = search(index, queries[some], 5)
        assert np.array_equal(part[0], scores[some])
        assert np.array_equal(part[1], rows[some])


def test_probes_do_not_stay_on_the_device() -> None:
    templates = random_rows(1000, 128, seed=12)
    opened = small_card(templates)
    for probes in (1, 3, 20):
        opened.find(random_rows(probes, 128, seed=13), 8)
    for fixed in opened._searches.values():
        assert not fixed._probes._value.numpy().any()
        assert not fixed._probes._host.any()


class TestMemory:
    @pytest.fixture(autouse=True)
    def little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(card, "SCRATCH_BYTES", 1 << 18)
        monkeypatch.setattr(card, "LEAST_SCRATCH_BYTES", 1 << 16)

    def test_a_gallery_that_does_not_fit(self) -> None:
        templates = random_rows(5000, 128, seed=14)
        needed = 5120 * 128 * 2 + (1 << 16)
        with pytest.raises(MemoryError, match="it takes 1 MiB, and 1 are its share"):
            small_card(templates, needed - 1)
        small_card(templates, needed)

    @pytest.mark.parametrize("room_bytes", [1 << 20, 1 << 17, 1 << 16, 1 << 15])
    def test_pieces_that_do_not_fit_are_made_smaller_once(
        self, monkeypatch: pytest.MonkeyPatch, room_bytes: int
    ) -> None:
        """At last probes are looked for one by one."""
        templates, queries = random_rows(9000, 128, seed=15), random_rows(40, 128, seed=16)
        expected = search(Index(templates, build_index([templates])), queries, 5)
        tried: list[int] = []
        real = card._FixedSearch

        def open_if_it_fits(*given: Any) -> Any:
            _, _, probes, _, scratch_bytes = given
            tried.append(scratch_bytes)
            if probes > 1 and scratch_bytes > room_bytes:
                raise MemoryError("Failed to allocate memory")
            return real(*given)

        monkeypatch.setattr(card, "_FixedSearch", open_if_it_fits)
        index = on_card(templates)
        found = search(index, queries, 5)
        assert np.array_equal(found[0], expected[0])
        assert np.array_equal(found[1], expected[1])
        assert tried == sorted(tried, reverse=True)
        assert tried[-1] == min(1 << 18, max(room_bytes, 1 << 16))
        attempts = len(tried)
        search(index, queries, 5)
        assert len(tried) == attempts

    def test_no_room_for_more_hits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The processors look for those."""
        templates, queries = random_rows(3000, 128, seed=17), random_rows(3, 128, seed=18)
        expected = search(Index(templates, build_index([templates])), queries, 40)
        real = card._FixedSearch

        def open_if_it_fits(*given: Any) -> Any:
            if given[3] > 16:
                raise MemoryError("Failed to allocate memory")
            return real(*given)

        monkeypatch.setattr(card, "_FixedSearch", open_if_it_fits)
        found = search(on_card(templates), queries, 40)
        assert np.array_equal(found[1], expected[1])

    def test_what_onnxruntime_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise RuntimeError("BFCArena: Failed to allocate memory for requested buffer")

        monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
        with pytest.raises(MemoryError, match="Failed to allocate"):
            small_card(random_rows(10, 128, seed=19))


class Wrong(Counting):
    """A device that computes what it cannot have."""

    def find(self, probes: FloatArray, hits: int) -> CoarseHits:
        found = super().find(probes, hits)
        found.scores[-1, 2] += 0.01
        return found


def test_a_device_that_computes_wrongly_is_noticed() -> None:
    templates = random_rows(1000, 128, seed=20)
    index = Index(templates, build_index([templates]), Wrong(templates))
    with pytest.raises(DeviceUnavailable, match=r"off by 0\.0\d+, .* set inference\.device to cpu"):
        search(index, random_rows(3, 128, seed=21), 5)
