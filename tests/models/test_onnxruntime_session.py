"""Sessions of onnxruntime: buffers bound to the device, tried out where the device is the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.models.onnxruntime_open import assignments
from lfr_batch.models.onnxruntime_session import KEPT_SIZES, OnnxRuntimeSession
from lfr_batch.models.providers import CPU, Precision
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import open_planned
from lfr_batch.records import ByteArray

SIZES_HW = {"centerface.onnx": [(64, 96), (32, 32), (96, 64)], "sface.onnx": [(112, 112)] * 3}
without_cuda = pytest.mark.skipif(cuda_is_usable(), reason="this machine has CUDA")


def pictures(count: int, size_hw: tuple[int, int], seed: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (count, *size_hw, 3), np.uint8)


def plainly(path: Path, batch: ByteArray) -> list[NDArray[Any]]:
    """onnxruntime without bound buffers and without prepended nodes."""
    session = plain_session(path)
    values = np.ascontiguousarray(batch.transpose(0, 3, 1, 2), np.float32)
    return list(session.run(None, {session.get_inputs()[0].name: values}))


@lru_cache(maxsize=2)
def plain_session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(str(path), options, providers=[CPU])


@lru_cache(maxsize=2)
def opened(path: Path, streams: int = 2) -> OnnxRuntimeSession:
    return OnnxRuntimeSession(ModelFile(path), SessionPlan("onnxruntime", "cpu", "f32", 2, streams))


@pytest.fixture(params=SIZES_HW)
def model(request: pytest.FixtureRequest, open_pack_home: Path) -> Path:
    return open_pack_home / "models" / "open" / str(request.param)


def assert_close(got: tuple[NDArray[Any], ...], expected: list[NDArray[Any]]) -> None:
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_bound_buffers_give_what_a_plain_run_gives(model: Path) -> None:
    session = opened(model)
    for seed, size_hw in enumerate(SIZES_HW[model.name] * 2):
        batch = pictures(1 + seed % 3, size_hw, seed)
        assert_close(session.run(batch), plainly(model, batch))


@pytest.mark.parametrize("streams", [1, 2, 3])
def test_batches_under_way_together_keep_their_order(model: Path, streams: int) -> None:
    session = opened(model, streams)
    sizes = SIZES_HW[model.name] * 3
    batches = [pictures(1 + i % 2, size, seed=i) for i, size in enumerate(sizes)]
    for got, batch in zip(session.run_all(batches), batches, strict=True):
        assert_close(got, plainly(model, batch))


def test_more_sizes_than_are_kept_are_no_obstacle(open_pack_home: Path) -> None:
    path = open_pack_home / "models" / "open" / "centerface.onnx"
    session = opened(path, streams=1)
    sizes = [(32, 32 * (1 + i)) for i in range(KEPT_SIZES + 2)]
    for size_hw in (*sizes, sizes[0]):
        batch = pictures(1, size_hw)
        assert_close(session.run(batch), plainly(path, batch))


def test_an_answer_does_not_change_with_the_next_run(model: Path) -> None:
    session, size_hw = opened(model), SIZES_HW[model.name][0]
    first, other = pictures(1, size_hw, 1), pictures(1, size_hw, 2)
    answer = session.run(first)
    session.run(other)
    assert_close(answer, plainly(model, first))


def test_a_run_between_answers_does_not_disturb_them(model: Path) -> None:
    session, size_hw = opened(model), SIZES_HW[model.name][0]
    batches = [pictures(2, size_hw, seed) for seed in range(5)]
    for got, batch in zip(session.run_all(batches), batches, strict=True):
        session.run(batches[0])
        assert_close(got, plainly(model, batch))


def test_the_next_batch_is_made_while_one_computes(open_pack_home: Path) -> None:
    session = opened(open_pack_home / "models" / "open" / "sface.onnx", streams=2)
    taken = 0

    def counted() -> Iterator[ByteArray]:
        nonlocal taken
        for seed in range(6):
            taken += 1
            yield pictures(1, (112, 112), seed)

    answers = session.run_all(counted())
    next(answers)
    assert taken == 3
    assert len(list(answers)) == 5


def test_scale_and_type_reach_the_graph(tmp_path: Path) -> None:
    path = tmp_path / "identity.onnx"
    write_identity(path, ["batch", 3, "height", "width"])
    plan = SessionPlan("onnxruntime", "cpu", "f32", 1)
    batch = pictures(2, (4, 6))
    [got] = OnnxRuntimeSession(ModelFile(path, 127.5, 128.0), plan).run(batch)
    expected = (batch.transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 128.0
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_every_node_s_provider_is_known(open_pack_home: Path) -> None:
    """What the refusal of a silent fallback is decided by."""
    path = open_pack_home / "models" / "open" / "centerface.onnx"
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    session = onnxruntime.InferenceSession(str(path), options, providers=[CPU])
    found = assignments(session)
    assert {provider for provider, _ in found} == {CPU}
    assert "Conv" in {kind for _, kind in found}


@without_cuda
@pytest.mark.parametrize("precision", ["f32", "tf32", "f16"])
@pytest.mark.parametrize("allow_cpu", [False, True])
def test_a_gpu_that_is_not_there_is_refused_in_a_sentence(
    open_pack_home: Path, precision: Precision, allow_cpu: bool
) -> None:
    model = ModelFile(open_pack_home / "models" / "open" / "sface.onnx")
    plan = SessionPlan("onnxruntime", "cuda", precision, 1, allow_cpu=allow_cpu)
    with pytest.raises(DeviceUnavailable, match=r"set inference\.device to cpu"):
        open_planned(model, plan)


def write_identity(path: Path, shape: list[int | str]) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "identity",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save_model(model, str(path))
