"""What every inference backend promises, on the real models of the open pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, save_model

from lfr_batch.models.manifest import ChannelOrder, Layout
from lfr_batch.models.providers import BackendName
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Session, open_planned
from lfr_batch.records import ByteArray, FloatArray

MODELS = {"centerface.onnx": (160, 160, 3), "sface.onnx": (112, 112, 3)}
"""File and the shape of one picture."""
KINDS: dict[str, BackendName] = {
    "openvino": "openvino",
    "openvino, fixed": "openvino",
    "onnxruntime": "onnxruntime",
    "one shape": "onnxruntime",
}
"""The last is what a GPU does, on the CPU."""


def plan_of(kind: str, threads: int) -> SessionPlan:
    plan = SessionPlan(KINDS[kind], "cpu", "f32", threads, at_once=3)
    fixed, one = kind == "openvino, fixed", kind == "one shape"
    return replace(plan, fixed_shapes=fixed, one_shape=one)


@lru_cache(maxsize=4)
def opened(path: Path, kind: str, max_batch: int | None) -> Session:
    plan = plan_of(kind, 2)
    return open_planned(ModelFile(path, max_batch=max_batch), plan)


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest, open_pack_home: Path) -> Path:
    return open_pack_home / "models" / "open" / str(request.param)


@pytest.fixture(scope="module", params=KINDS)
def session(request: pytest.FixtureRequest, model: Path) -> Session:
    """One after another: all that is asked of one, then the next is opened."""
    return opened(model, request.param, None)


def pictures(model: Path, count: int, seed: int = 0) -> ByteArray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, *MODELS[model.name]), np.uint8)


def assert_same(got: tuple[FloatArray, ...], expected: tuple[FloatArray, ...]) -> None:
    assert [output.shape for output in got] == [output.shape for output in expected]
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == np.float32
        assert np.allclose(one, other, atol=1e-3)


def test_it_gives_the_reference_s_answer(session: Session, model: Path) -> None:
    assert_as_the_reference(session, model)


def assert_as_the_reference(session: Session, model: Path) -> None:
    batch = pictures(model, 3)
    reference = opened(model, "onnxruntime", None)
    assert_same(session.run(batch), reference.run(batch))


def test_a_batch_equals_its_items(session: Session, model: Path) -> None:
    assert_as_its_items(session, pictures(model, 4))


def assert_as_its_items(session: Session, batch: ByteArray) -> None:
    items = [session.run(picture[None]) for picture in batch]
    joined = tuple(np.concatenate(outputs) for outputs in zip(*items, strict=True))
    assert_same(session.run(batch), joined)


def test_run_all_keeps_the_order(session: Session, model: Path) -> None:
    assert_in_order(session, model)


def assert_in_order(session: Session, model: Path) -> None:
    batches = [pictures(model, count, seed=count) for count in (1, 4, 2)]
    for got, batch in zip(session.run_all(batches), batches, strict=True):
        assert_same(got, session.run(batch))


@pytest.mark.parametrize("kind", KINDS)
def test_more_than_it_takes_at_once_makes_no_difference(open_pack_home: Path, kind: str) -> None:
    model = open_pack_home / "models" / "open" / "sface.onnx"
    session = opened(model, kind, 2)
    assert_as_the_reference(session, model)
    assert_as_its_items(session, pictures(model, 5))
    assert_in_order(session, model)


def test_run_all_takes_batches_as_they_come(session: Session, model: Path) -> None:
    def lazily() -> Iterator[ByteArray]:
        for seed in range(4):
            yield pictures(model, 1, seed)

    assert len(list(session.run_all(lazily()))) == 4
    assert list(session.run_all([])) == []


def test_pictures_are_only_read(session: Session, model: Path) -> None:
    batches = [pictures(model, 1, seed) for seed in range(3)]
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
    batch = pictures(model, 1)
    expected = session.run(batch)
    for _ in session.run_all([batch] * 4):
        break
    assert_same(next(iter(session.run_all([batch]))), expected)


def test_what_fails_while_pictures_are_made_leaves_the_session_usable(
    session: Session, model: Path
) -> None:
    batch = pictures(model, 1)
    expected = session.run(batch)

    def failing() -> Iterator[ByteArray]:
        yield batch
        yield batch
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        list(session.run_all(failing()))
    assert_same(next(iter(session.run_all([batch]))), expected)


def test_a_view_that_is_not_contiguous_is_read_right(session: Session, model: Path) -> None:
    straight = pictures(model, 2)
    flipped = np.ascontiguousarray(straight[:, ::-1, :, ::-1])
    assert_same(session.run(flipped[:, ::-1, :, ::-1]), session.run(straight))
    assert_same(next(iter(session.run_all([flipped[:, ::-1, :, ::-1]]))), session.run(straight))


def test_no_pictures_give_no_answers(session: Session, model: Path) -> None:
    assert {len(output) for output in session.run(pictures(model, 0))} == {0}


def test_the_description_names_device_and_precision(session: Session) -> None:
    assert "CPU" in session.description
    assert "f32" in session.description


def test_it_takes_pictures_in_the_size_it_says(session: Session, model: Path) -> None:
    height, width, _ = MODELS[model.name]
    assert session.input_wh((width, height)) == (width, height)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("mean", "std"), [(127.5, 127.5), (0.0, 255.0), (30.0, 1.0), (0.0, 1.0)])
def test_pictures_are_shifted_and_scaled_as_the_model_wants(
    kind: str, mean: float, std: float, tmp_path: Path
) -> None:
    path = write_identity(tmp_path / "identity.onnx")
    plan = plan_of(kind, 1)
    session = open_planned(ModelFile(path, mean, std), plan)
    width, height = session.input_wh((4, 5))
    picture = np.resize(np.arange(251, dtype=np.uint8), (2, height, width, 3))
    expected = (picture.transpose(0, 3, 1, 2).astype(np.float32) - mean) / std
    (got,) = session.run(picture)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("layout", "order", "scaling"),
    [
        ("nchw", "rgb", (127.5, 128.0)),
        ("nchw", "bgr", (0.0, 1.0)),
        ("nhwc", "rgb", (0.0, 1.0)),
        ("nhwc", "bgr", (127.5, 128.0)),
    ],
)
def test_colours_come_in_the_order_and_the_place_that_the_model_wants(
    kind: str,
    layout: Layout,
    order: ChannelOrder,
    scaling: tuple[float, float],
    tmp_path: Path,
) -> None:
    path = write_identity(tmp_path / "identity.onnx", layout, side=160)
    model = ModelFile(path, *scaling, channel_order=order, layout=layout)
    session = open_planned(model, plan_of(kind, 1))
    pictures_rgb = np.random.default_rng(3).integers(0, 256, (2, 160, 160, 3), np.uint8)
    wanted = pictures_rgb[..., ::-1] if order == "bgr" else pictures_rgb
    wanted = wanted.transpose(0, 3, 1, 2) if layout == "nchw" else wanted
    (got,) = session.run(pictures_rgb)
    np.testing.assert_allclose(
        got, (wanted.astype(np.float32) - scaling[0]) / scaling[1], atol=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_streams_keep_order_and_answers_while_sizes_change(kind: str, open_pack_home: Path) -> None:
    """Parts of pictures have many sizes; what is under way must not be overwritten."""
    path = open_pack_home / "models" / "open" / "centerface.onnx"
    session = open_planned(ModelFile(path), replace(plan_of(kind, 2), streams=2))
    rng = np.random.default_rng(1)
    sizes_wh = [session.input_wh((32 * w, 32 * h)) for h, w in rng.integers(1, 6, (4, 2))]
    batches = [rng.integers(0, 256, (1, h, w, 3), np.uint8) for w, h in sizes_wh]
    for got, batch in zip(session.run_all(batches), batches, strict=True):
        assert_same(got, session.run(batch))


def write_identity(path: Path, layout: Layout = "nchw", side: int | None = None) -> Path:
    """A model that gives back its input, floats; ``side``: of squares of that alone."""
    height, width = side or "height", side or "width"
    of_nchw: list[str | int | None] = ["batch", 3, height, width]
    shape = of_nchw if layout == "nchw" else ["batch", height, width, 3]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "identity",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save_model(model, str(path))
    return path
