"""What every inference backend promises, on the real models of the open pack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.models.sessions import BACKENDS, BackendName, Session, open_session
from lfr_batch.records import FloatArray

MODELS = {"centerface.onnx": (3, 96, 160), "sface.onnx": (3, 112, 112)}
"""File and the shape of one item."""


@lru_cache(maxsize=8)
def opened(path: Path, backend: BackendName, max_batch: int | None) -> Session:
    inference = InferenceConfig(backend=backend, device="cpu", precision="f32")
    return open_session(path, inference, threads=2, max_batch=max_batch)


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest, open_pack_home: Path) -> Path:
    return open_pack_home / "models" / "open" / str(request.param)


@pytest.fixture(params=[None, 2])
def max_batch(request: pytest.FixtureRequest) -> int | None:
    limit: int | None = request.param
    return limit


@pytest.fixture(params=BACKENDS)
def session(request: pytest.FixtureRequest, model: Path, max_batch: int | None) -> Session:
    return opened(model, request.param, max_batch)


def pictures(model: Path, count: int, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    return rng.uniform(0.0, 255.0, (count, *MODELS[model.name])).astype(np.float32)


def assert_same(got: tuple[FloatArray, ...], expected: tuple[FloatArray, ...]) -> None:
    assert [output.shape for output in got] == [output.shape for output in expected]
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == np.float32
        assert np.allclose(one, other, atol=1e-3)


def test_it_gives_the_reference_s_answer(session: Session, model: Path) -> None:
    batch = pictures(model, 3)
    reference = opened(model, "onnxruntime", None)
    assert_same(session.run(batch), reference.run(batch))


def test_a_batch_equals_its_items(session: Session, model: Path) -> None:
    batch = pictures(model, 5)
    items = [session.run(batch[i : i + 1]) for i in range(5)]
    joined = tuple(np.concatenate(outputs) for outputs in zip(*items, strict=True))
    assert_same(session.run(batch), joined)


def test_run_all_keeps_the_order(session: Session, model: Path) -> None:
    batches = [pictures(model, count, seed=count) for count in (1, 3, 2, 1, 4)]
    for got, batch in zip(session.run_all(batches), batches, strict=True):
        assert_same(got, session.run(batch))


def test_run_all_takes_batches_as_they_come(session: Session, model: Path) -> None:
    def lazily() -> Iterator[FloatArray]:
        for seed in range(4):
            yield pictures(model, 1, seed)

    assert len(list(session.run_all(lazily()))) == 4
    assert list(session.run_all([])) == []


def test_pictures_are_only_read(session: Session, model: Path) -> None:
    batches = [pictures(model, 2, seed) for seed in range(4)]
    before = [batch.copy() for batch in batches]
    for _ in session.run_all(batches):
        session.run(batches[0])
    assert all(np.array_equal(one, other) for one, other in zip(batches, before, strict=True))


def test_an_answer_outlives_the_next_run(session: Session, model: Path) -> None:
    first = session.run(pictures(model, 1, seed=1))
    before = [output.copy() for output in first]
    session.run(pictures(model, 1, seed=2))
    assert_same(first, tuple(before))


def test_a_run_all_that_is_left_early_leaves_the_session_usable(
    session: Session, model: Path
) -> None:
    batch = pictures(model, 2)
    expected = session.run(batch)
    for _ in session.run_all([batch] * 4):
        break
    assert_same(next(iter(session.run_all([batch]))), expected)


def test_a_view_that_is_not_contiguous_is_read_right(session: Session, model: Path) -> None:
    channels_last = np.ascontiguousarray(pictures(model, 2).transpose(0, 2, 3, 1))
    assert_same(session.run(channels_last.transpose(0, 3, 1, 2)), session.run(pictures(model, 2)))


def test_no_pictures_give_no_answers(session: Session, model: Path) -> None:
    assert {len(output) for output in session.run(pictures(model, 0))} == {0}


def test_the_description_names_device_and_precision(session: Session) -> None:
    assert "CPU" in session.description
    assert "f32" in session.description
