"""What lies in a batch's rows, whatever was there before: pictures and frames in any order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, save_model

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.ladder_session import Picture
from lfr_batch.models.onnxruntime_fixed import FixedSlot, _open_slots
from lfr_batch.models.plane_scaler import PlaneScaler
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.planes import Shown
from lfr_batch.records import ByteArray
from tests.models.planes import coarse, two_of

BATCH, SIZE_WH = 4, (32, 24)
PLAN = SessionPlan("onnxruntime", "cpu", "f32", threads=1, one_shape=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """Its only answer is each picture's mean."""
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["y"])]
    axes: list[str | int | None] = ["n", 3, "h", "w"]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, axes) for n in "xy"]
    path = tmp_path_factory.mktemp("model") / "mean.onnx"
    graph = helper.make_graph(nodes, "mean", values[:1], values[1:])
    opset = helper.make_opsetid("", 18)
    save_model(helper.make_model(graph, opset_imports=[opset], ir_version=10), path)
    return ModelFile(Path(path))


@pytest.fixture(scope="module")
def slot(model: ModelFile) -> FixedSlot:
    return _open_slots(model, PLAN, SIZE_WH, BATCH)[0]


SCALER = PlaneScaler(PLAN)
PICTURES = [coarse(SIZE_WH, seed) for seed in range(6)]
FRAMES = [two_of(each, "nv12") for each in PICTURES]


def asked(number: int, as_frame: bool) -> tuple[Picture, ByteArray]:
    """And the pixels that it means."""
    if not as_frame:
        return PICTURES[number], PICTURES[number]
    frame, theirs = FRAMES[number]
    planes = frame.planes()
    assert planes is not None
    return Shown(planes, SIZE_WH, SIZE_WH, SCALER), theirs.rgb(*SIZE_WH)


Call = list[tuple[int, bool]]
CALLS = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=BATCH), min_size=1, max_size=6
)


def rows_of(slot: FixedSlot) -> ByteArray:
    return np.array(slot._pictures.numpy(), np.uint8)


@settings(max_examples=60, deadline=None)
@given(calls=CALLS)
def test_rows_hold_what_was_asked_and_nothing_else(slot: FixedSlot, calls: list[Call]) -> None:
    for call in calls:
        given_, meant = zip(*(asked(*each) for each in call), strict=True) if call else ((), ())
        if not call:
            slot.wipe()
        else:
            answers = slot.run(given_)
            means = [pixels.mean(axis=(0, 1)) for pixels in meant]
            found = [answer[0].reshape(3) for answer in answers]
            assert np.allclose(found, means, atol=1e-2)
        rows = rows_of(slot)
        for row, pixels in zip(rows, meant, strict=False):
            assert np.array_equal(row, pixels)
        assert not rows[len(call) :].any()


def test_what_a_call_that_failed_has_left_goes_with_the_next(slot: FixedSlot) -> None:
    class Failing(PlaneScaler):
        def write(self, *_: Any) -> None:
            raise DeviceUnavailable("no more")

    slot.wipe()
    failing, _ = asked(2, as_frame=True)
    assert isinstance(failing, Shown)
    stopped = Shown(failing.planes, SIZE_WH, SIZE_WH, Failing(PLAN))
    for after in (slot.wipe, lambda: slot.run([PICTURES[5]])):
        with pytest.raises(DeviceUnavailable):
            slot.run([PICTURES[0], asked(1, as_frame=True)[0], stopped])
        after()
        assert not rows_of(slot)[1:].any()
    assert np.array_equal(rows_of(slot)[0], PICTURES[5])
