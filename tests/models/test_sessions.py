from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, save_model

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import ConfigError, DeviceUnavailable
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.models.providers import BackendName
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import BACKENDS, open_planned, plan_session, split_batch
from lfr_batch.models.store import load_pack

without_cuda = pytest.mark.skipif(cuda_is_usable(), reason="this machine has CUDA")


@without_cuda
@pytest.mark.parametrize(
    ("settings", "plan"),
    [
        ({}, ("openvino", "cpu", "f32")),
        ({"precision": "bf16"}, ("openvino", "cpu", "bf16")),
        ({"backend": "onnxruntime"}, ("onnxruntime", "cpu", "f32")),
        ({"device": "cuda", "allow_cpu": True}, ("openvino", "cpu", "f32")),
        (
            {"device": "cuda", "allow_cpu": True, "backend": "onnxruntime"},
            ("onnxruntime", "cpu", "f32"),
        ),
    ],
)
def test_auto_is_resolved(settings: dict[str, Any], plan: tuple[Any, Any, Any]) -> None:
    assert plan_session(InferenceConfig(**settings), 3) == SessionPlan(*plan, threads=3)
    streaming = plan_session(InferenceConfig(**settings), 3, streams=2)
    assert streaming == SessionPlan(*plan, threads=3, streams=2)


@without_cuda
@pytest.mark.parametrize("backend", ["auto", "onnxruntime"])
def test_a_gpu_that_is_not_there_is_not_replaced_silently(backend: Any) -> None:
    with pytest.raises(DeviceUnavailable, match="allow_cpu"):
        plan_session(InferenceConfig(device="cuda", backend=backend), 1)


def test_openvino_is_not_asked_for_cuda() -> None:
    with pytest.raises(DeviceUnavailable, match="onnxruntime"):
        plan_session(InferenceConfig(device="cuda", backend="openvino"), 1)


def test_bf16_belongs_to_openvino() -> None:
    with pytest.raises(ConfigError, match="openvino"):
        plan_session(InferenceConfig(precision="bf16", backend="onnxruntime", device="cpu"), 1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_graph_that_reads_bytes_gets_bytes(tmp_path: Path, backend: BackendName) -> None:
    path = tmp_path / "bytes.onnx"
    shape: list[str | int | None] = ["batch", 3, 2, 2]
    graph = helper.make_graph(
        [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)],
        "bytes",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save_model(model, str(path))
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3) * 10
    session = open_planned(
        ModelFile(path), plan_session(InferenceConfig(backend=backend, device="cpu"), 1)
    )
    assert np.array_equal(session.run(pictures)[0], pictures.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("count", "limit", "sizes"), [(5, 2, [2, 2, 1]), (4, 2, [2, 2]), (1, 8, [1]), (0, 2, [])]
)
def test_a_batch_is_split_in_order(count: int, limit: int, sizes: list[int]) -> None:
    batch = np.arange(count, dtype=np.uint8)[:, None, None, None]
    parts = split_batch(batch, limit)
    assert [len(part) for part in parts] == sizes
    assert [int(x) for part in parts for x in part.ravel()] == list(range(count))


def _of_openvino(session: Any) -> list[np.ndarray[Any, Any]]:
    (request,) = session._graph(None)._idle
    return [request.get_input_tensor(0).data, request.get_output_tensor(0).data]


def _of_onnxruntime(session: Any) -> list[np.ndarray[Any, Any]]:
    (bound,) = session._single._bound.values()
    return [bound.pictures.numpy(), *(value.numpy() for value in bound.binding.get_outputs())]


KEPT = {"openvino": _of_openvino, "onnxruntime": _of_onnxruntime}
"""What a session's buffers hold between two calls."""


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_picture_and_no_answer_stays_in_a_session(
    open_pack_home: Path, backend: BackendName
) -> None:
    model = ModelFile(load_pack(open_pack_home, "open").embedder_path)
    session: Any = open_planned(
        model, plan_session(InferenceConfig(backend=backend, device="cpu"), 1)
    )
    (template,) = session.run(np.full((1, 112, 112, 3), 200, np.uint8))
    assert np.abs(template).max() > 0.1
    for kept in KEPT[backend](session):
        assert not kept.any()
