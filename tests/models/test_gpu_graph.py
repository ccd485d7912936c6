"""Graphs that take the bytes of pictures: what they compute is what numpy computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from lfr_batch.models.graph import PICTURES, fix_shape, takes_pictures
from lfr_batch.records import ByteArray

SCALES = [(0.0, 1.0), (127.5, 127.5), (127.5, 128.0), (0.0, 255.0), (30.0, 1.0)]
TYPES: dict[int, type[np.generic]] = {
    TensorProto.FLOAT: np.float32,
    TensorProto.FLOAT16: np.float16,
    TensorProto.UINT8: np.uint8,
}


def identity(
    element_type: int = TensorProto.FLOAT,
    shape: tuple[int | str, ...] = ("batch", 3, "height", "width"),
    opset: int = 17,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "identity",
        [helper.make_tensor_value_info("x", element_type, shape)],
        [helper.make_tensor_value_info("y", element_type, shape)],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def run(model: onnx.ModelProto, name: str, values: NDArray[Any]) -> list[NDArray[Any]]:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return list(session.run(None, {name: values}))


def pictures(*shape: int) -> ByteArray:
    return np.random.default_rng(4).integers(0, 256, shape, np.uint8)


def as_numpy(batch: ByteArray, mean: float, std: float) -> NDArray[np.float32]:
    planes = batch.transpose(0, 3, 1, 2).astype(np.float32)
    return (planes - np.float32(mean)) / np.float32(std)


@pytest.mark.parametrize(("mean", "std"), SCALES)
@pytest.mark.parametrize("shape", [(1, 5, 4, 3), (3, 2, 7, 3), (2, 1, 1, 3)])
def test_layout_and_scale_are_numpys(mean: float, std: float, shape: tuple[int, ...]) -> None:
    batch = pictures(*shape)
    [got] = run(takes_pictures(identity(), mean, std), PICTURES, batch)
    np.testing.assert_array_equal(got, as_numpy(batch, mean, std))


@pytest.mark.parametrize("element_type", TYPES)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.0, 2.0)])
def test_the_graph_gets_the_type_it_wants(element_type: int, mean: float, std: float) -> None:
    batch = pictures(2, 3, 4, 3)
    [got] = run(takes_pictures(identity(element_type), mean, std), PICTURES, batch)
    expected = as_numpy(batch, mean, std).astype(TYPES[element_type])
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("opset", [9, 13, 17, 21])
def test_it_suits_the_operators_of_the_graph(opset: int) -> None:
    batch = pictures(1, 4, 4, 3)
    [got] = run(takes_pictures(identity(opset=opset), 127.5, 128.0), PICTURES, batch)
    np.testing.assert_array_equal(got, as_numpy(batch, 127.5, 128.0))


def test_the_only_input_is_bytes_in_the_order_of_pictures() -> None:
    wrapped = takes_pictures(identity(shape=(1, 3, 640, 512)), 0.0, 1.0)
    [value] = wrapped.graph.input
    assert (value.name, value.type.tensor_type.elem_type) == (PICTURES, TensorProto.UINT8)
    assert [axis.dim_value for axis in value.type.tensor_type.shape.dim] == [1, 640, 512, 3]
    onnx.checker.check_model(wrapped, full_check=True)


def test_axes_that_were_free_stay_free() -> None:
    [value] = takes_pictures(identity(), 0.0, 1.0).graph.input
    axes = value.type.tensor_type.shape.dim
    assert [axis.dim_param for axis in axes] == ["batch", "height", "width", ""]


def test_the_cast_is_the_first_step_of_all() -> None:
    """TensorRT takes bytes into nothing else."""
    first = takes_pictures(identity(), 0.0, 1.0).graph.node[0]
    assert (first.op_type, list(first.input)) == ("Cast", [PICTURES])


def test_every_shape_follows_from_the_input_s() -> None:
    free = takes_pictures(identity(), 127.5, 128.0)
    fixed = fix_shape(free, (3, 5, 4, 3))
    session = onnxruntime.InferenceSession(
        fixed.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    assert session.get_inputs()[0].shape == [3, 5, 4, 3]
    assert session.get_outputs()[0].shape == [3, 3, 5, 4]
    batch = pictures(3, 5, 4, 3)
    np.testing.assert_array_equal(run(fixed, PICTURES, batch), run(free, PICTURES, batch))


def test_what_an_exporter_noted_of_another_batch_does_not_matter() -> None:
    """Recognition models often say that they answer one picture, and take any number."""
    model = identity()
    for axis, size in zip(
        model.graph.output[0].type.tensor_type.shape.dim, (1, 3, 9, 9), strict=True
    ):
        axis.dim_value = size
    fixed = fix_shape(takes_pictures(model, 0.0, 1.0), (3, 5, 4, 3))
    batch = pictures(3, 5, 4, 3)
    np.testing.assert_array_equal(run(fixed, PICTURES, batch)[0], as_numpy(batch, 0.0, 1.0))
    session = onnxruntime.InferenceSession(
        fixed.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    assert session.get_outputs()[0].shape == [3, 3, 5, 4]


def test_a_size_that_the_graph_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="640 where 320"):
        fix_shape(takes_pictures(identity(shape=(1, 3, 640, 512)), 0.0, 1.0), (1, 320, 512, 3))


def test_the_argument_is_left_alone() -> None:
    model = identity()
    before = model.SerializeToString(deterministic=True)
    takes_pictures(model, 127.5, 128.0)
    assert model.SerializeToString(deterministic=True) == before


def test_a_graph_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="2 axes"):
        takes_pictures(identity(shape=("batch", 128)), 0.0, 1.0)


@pytest.mark.parametrize(
    ("file", "shape"),
    [
        ("centerface.onnx", (2, 64, 96, 3)),
        ("centerface.onnx", (1, 160, 32, 3)),
        ("sface.onnx", (3, 112, 112, 3)),
    ],
)
def test_real_models_answer_as_they_do_to_floats(
    open_pack_home: Path, file: str, shape: tuple[int, ...]
) -> None:
    model = onnx.load(open_pack_home / "models" / "open" / file)
    batch = pictures(*shape)
    direct = run(model, model.graph.input[0].name, as_numpy(batch, 0.0, 1.0))
    wrapped = run(takes_pictures(model, 0.0, 1.0), PICTURES, batch)
    for got, expected in zip(wrapped, direct, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)
