"""What sessions are called with is seen, and changes nothing of what they answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.recorded_sessions import Calls, recorded
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import open_planned
from lfr_batch.records import ByteArray

PLAIN = SessionPlan("onnxruntime", "cpu", "f32", 1)
AS_ON_A_GPU = replace(PLAIN, one_shape=True, at_once=4)


@pytest.fixture
def model(open_pack_home: Path) -> ModelFile:
    return ModelFile(open_pack_home / "models" / "open" / "yunet.onnx")


def pictures(count: int, side_px: int) -> ByteArray:
    return np.random.default_rng(side_px).integers(0, 256, (count, side_px, side_px, 3), np.uint8)


def test_each_call_of_a_processor_s_session_is_seen(model: ModelFile) -> None:
    with recorded() as calls:
        session = open_planned(model, PLAIN)
        answer = session.run(pictures(1, 160))
        list(session.run_all([pictures(1, 160), pictures(2, 320)]))
    plain = open_planned(model, PLAIN).run(pictures(1, 160))
    for one, other in zip(answer, plain, strict=True):
        np.testing.assert_array_equal(one, other)
    assert list(calls) == ["yunet.onnx cpu f32 #1"]
    seen = calls["yunet.onnx cpu f32 #1"]
    assert seen.shapes == {(1, 160, 160, 3): 2, (2, 320, 320, 3): 1}
    assert (seen.count, seen.pictures) == (3, 4)
    assert seen.sentence == "2 shapes: 2 × 1×160×160×3, 1 × 2×320×320×3"


def test_each_session_of_a_gpu_sees_one_shape(model: ModelFile) -> None:
    with recorded() as calls:
        session = open_planned(model, AS_ON_A_GPU)
        for count, side_px in ((1, 160), (3, 320), (1, 320), (2, 160)):
            session.run(pictures(count, side_px))
    opened = [each for each in calls.values() if each.count]
    assert len(opened) == 2
    assert all(len(each.shapes) == 1 for each in opened)
    assert sorted(each.pictures for each in opened) == [3, 4]
    assert all(each.spent_s > 0 and "pictures and" in each.sentence for each in opened)


def test_sessions_that_are_opened_afterwards_are_not_seen(model: ModelFile) -> None:
    with recorded() as calls:
        pass
    open_planned(model, PLAIN).run(pictures(1, 160))
    open_planned(model, AS_ON_A_GPU).run(pictures(1, 160))
    assert not calls


def test_calls_that_are_cleared_are_counted_anew() -> None:
    calls = Calls()
    calls.add((8, 1, 1, 3), 5, 0.02)
    calls.add((8, 1, 1, 3), 8, 0.04)
    assert calls.sentence == "1 shape: 2 × 8×1×1×3; 6.5 pictures and 30.00 ms a call"
    calls.clear()
    assert calls.sentence == "not called"
