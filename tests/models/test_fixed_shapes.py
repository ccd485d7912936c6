"""What a GPU's sessions do, with onnxruntime's CPU provider behind them."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save_model

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models import onnxruntime_fixed, onnxruntime_open
from lfr_batch.models.ladder_session import LadderSession
from lfr_batch.models.manifest import DetectorKind
from lfr_batch.models.onnxruntime_fixed import FixedSlot, open_ladder
from lfr_batch.models.selection import MOST, SELECTIONS, numbers_of
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Outputs, open_planned
from lfr_batch.models.transfers import TRANSFERS
from lfr_batch.records import ByteArray, FloatArray
from tests.patience import PATIENCE_S

PLAIN = SessionPlan("onnxruntime", "cpu", "f32", 1)
PLAN = replace(PLAIN, one_shape=True, at_once=4)
SIZES_HW = {
    "centerface.onnx": [(160, 160), (320, 320)],
    "yunet.onnx": [(160, 160), (320, 320)],
    "sface.onnx": [(112, 112)],
}
SELECTING: tuple[DetectorKind, ...] = ("centerface", "yunet")


@pytest.fixture(params=SIZES_HW)
def model(request: pytest.FixtureRequest, open_pack_home: Path) -> ModelFile:
    return ModelFile(open_pack_home / "models" / "open" / str(request.param))


@pytest.fixture(params=SELECTING)
def selecting(request: pytest.FixtureRequest, open_pack_home: Path) -> ModelFile:
    """A detector whose best cells come down."""
    kind: DetectorKind = request.param
    path = open_pack_home / "models" / "open" / f"{kind}.onnx"
    return ModelFile(path, max_batch=4, selection=SELECTIONS[kind])


@pytest.fixture
def embedder(open_pack_home: Path) -> ModelFile:
    return ModelFile(open_pack_home / "models" / "open" / "sface.onnx")


def pictures(count: int, size_hw: tuple[int, int], seed: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (count, *size_hw, 3), np.uint8)


def joined(parts: Sequence[Outputs]) -> Outputs:
    return tuple(np.concatenate(output) for output in zip(*parts, strict=True))


def assert_equal(one: Outputs, other: Outputs) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> dict[int, set[tuple[int, ...]]]:
    """By session of onnxruntime: the shapes that it computed."""
    seen: dict[int, set[tuple[int, ...]]] = {}
    plain = FixedSlot.run

    def noted(self: Any, pictures_rgb: Sequence[ByteArray]) -> list[Outputs]:
        shape = tuple(self._session.get_inputs()[0].shape)
        assert shape == self._host.shape
        seen.setdefault(id(self._session), set()).add(shape)
        return plain(self, pictures_rgb)

    monkeypatch.setattr(FixedSlot, "run", noted)
    return seen


def test_it_gives_what_a_free_session_gives(
    model: ModelFile, shapes: dict[int, set[tuple[int, ...]]]
) -> None:
    fixed, free = open_planned(model, PLAN), open_planned(model, PLAIN)
    for seed, size_hw in enumerate(SIZES_HW[model.path.name] * 2):
        batch = pictures(1 + 3 * seed, size_hw, seed)
        for one, other in zip(fixed.run(batch), free.run(batch), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
    assert len(shapes) == len(SIZES_HW[model.path.name])
    assert all(len(each) == 1 for each in shapes.values())


def test_the_best_cells_are_what_a_free_session_says_of_them(selecting: ModelFile) -> None:
    """At all scores: where nothing is said of those that count, all cells come down."""
    selection = selecting.selection
    assert selection is not None
    free = open_planned(selecting, PLAIN)
    assert free.selection is None
    for min_score, rows in ((0.5, MOST), (0.0, selection.cells((320, 320)))):
        session = open_planned(selecting, replace(PLAN, min_score=min_score))
        assert session.selection == selection
        batch = pictures(3, (320, 320))
        (best,) = session.run(batch)
        assert best.shape == (3, rows, selection.columns)
        every = selection.all_rows(free.run(batch))
        for found, expected in zip(best, every, strict=True):
            numbers = numbers_of(found)
            assert len(set(numbers.tolist())) == rows
            np.testing.assert_allclose(found, expected[numbers], rtol=1e-4, atol=1e-4)
            left_out = np.delete(selection.ranks(expected), numbers)
            assert np.max(left_out, initial=0) <= selection.ranks(found).min() + 1e-4


def test_no_pictures_have_no_best_cells(selecting: ModelFile) -> None:
    (rows,) = open_ladder(selecting, PLAN).run(pictures(0, (160, 160)))
    assert len(rows) == 0


@pytest.fixture(params=[*SIZES_HW, *SELECTING])
def either(request: pytest.FixtureRequest, open_pack_home: Path) -> ModelFile:
    """As they are, and detectors whose best cells come down."""
    name, models = request.param, open_pack_home / "models" / "open"
    if name in SIZES_HW:
        return ModelFile(models / name)
    return ModelFile(models / f"{name}.onnx", selection=SELECTIONS[name])


def test_an_answer_does_not_depend_on_neighbours_or_place(either: ModelFile) -> None:
    model = either
    session = open_ladder(replace(model, max_batch=4), replace(PLAN, min_score=0.5))
    size_hw = SIZES_HW[model.path.name][0]
    batch = session.lane((size_hw[1], size_hw[0])).batch
    assert batch == 4
    picture = pictures(1, size_hw, 1)
    alone = session.run(picture)
    for place in range(batch):
        among = pictures(batch, size_hw, seed=2 + place)
        among[place] = picture[0]
        found = tuple(output[place : place + 1] for output in session.run(among))
        assert_equal(found, alone)


def test_threads_that_ask_together_get_what_they_get_alone(embedder: ModelFile) -> None:
    session = open_ladder(embedder, PLAN)
    asked = [[pictures(1 + i % 3, (112, 112), 10 * who + i) for i in range(3)] for who in range(4)]
    alone = [[session.run(batch) for batch in batches] for batches in asked]
    together = threading.Barrier(len(asked))

    def ask(batches: list[ByteArray]) -> list[Outputs]:
        together.wait()
        return list(session.run_all(batches))

    with ThreadPoolExecutor(len(asked)) as threads:
        for found, expected in zip(threads.map(ask, asked), alone, strict=True):
            for one, other in zip(found, expected, strict=True):
                assert_equal(one, other)


def test_a_size_that_is_no_rung_is_refused(open_pack_home: Path) -> None:
    model = ModelFile(open_pack_home / "models" / "open" / "yunet.onnx")
    session = open_ladder(model, PLAN)
    with pytest.raises(ValueError, match=r"\(96, 160\) is no size"):
        session.run(pictures(1, (160, 96)))


def test_buffers_hold_nothing_once_wiped(either: ModelFile) -> None:
    size_hw = SIZES_HW[either.path.name][0]
    [slot, _] = onnxruntime_fixed._open_slots(either, PLAN, (size_hw[1], size_hw[0]), 3)
    slot.run(list(pictures(2, size_hw)))
    held = (slot._host, slot._pictures.numpy(), *(each.numpy() for each in slot._outputs))
    assert all(buffer.any() for buffer in held)
    slot.wipe()
    held = (slot._host, slot._pictures.numpy(), *(each.numpy() for each in slot._outputs))
    assert not any(buffer.any() for buffer in held)


def test_padding_is_black_whatever_was_there_before(embedder: ModelFile) -> None:
    [slot, _] = onnxruntime_fixed._open_slots(embedder, PLAN, (112, 112), 3)
    slot.run(list(pictures(3, (112, 112))))
    slot.run(list(pictures(1, (112, 112))))
    assert slot._pictures.numpy()[0].any()
    assert not slot._pictures.numpy()[1:].any()


@pytest.fixture
def copying(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What goes to and from a GPU, whose memory is this process's; in bytes."""
    copied: list[tuple[str, int]] = []

    def upload(pointer: int, array: ByteArray) -> bool:
        copied.append(("up", array.nbytes))
        ctypes.memmove(pointer, array.ctypes.data, array.nbytes)
        return True

    def download(array: FloatArray, pointer: int) -> bool:
        copied.append(("down", array.nbytes))
        ctypes.memmove(array.ctypes.data, pointer, array.nbytes)
        return True

    def clear(pointer: int, size_bytes: int) -> bool:
        ctypes.memset(pointer, 0, size_bytes)
        return True

    for name, does in (("upload", upload), ("download", download), ("clear", clear)):
        monkeypatch.setattr(cuda, name, does)
    monkeypatch.setattr(cuda, "enter", lambda: True)
    monkeypatch.setattr(onnxruntime_fixed, "TRANSFERS", {"cpu": TRANSFERS["cuda"]})
    return copied


def test_only_what_is_asked_for_goes_to_a_gpu_and_back(
    embedder: ModelFile, copying: list[tuple[str, int]]
) -> None:
    [slot, _] = onnxruntime_fixed._open_slots(embedder, PLAN, (112, 112), 4)
    free = open_planned(embedder, PLAIN)
    picture_bytes, template_bytes = 112 * 112 * 3, 128 * 4
    for count, put in ((3, 3), (1, 3), (2, 2), (4, 4)):  # what was there before is blackened
        batch = pictures(count, (112, 112), count)
        (expected,) = free.run(batch)
        copying.clear()
        found = slot.run(list(batch))
        assert copying == [("up", put * picture_bytes), ("down", count * template_bytes)]
        for (one,), other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one[0], other, atol=1e-4)
    slot.wipe()
    assert not slot._pictures.numpy().any()


def test_of_a_detector_one_small_answer_comes_back(
    selecting: ModelFile, copying: list[tuple[str, int]]
) -> None:
    """Unless more cells may hold a face than there is room for: then the heads come, too."""
    selection = selecting.selection
    assert selection is not None
    plan = replace(PLAN, min_score=0.5)
    [slot, _] = onnxruntime_fixed._open_slots(selecting, plan, (320, 320), 4)
    batch = pictures(2, (320, 320))
    copying.clear()
    slot.run(list(batch))
    row_bytes = 4 * selection.columns
    assert copying == [("up", batch.nbytes), ("down", 2 * MOST * row_bytes)]
    [all_wanted, _] = onnxruntime_fixed._open_slots(selecting, PLAN, (320, 320), 4)
    copying.clear()
    all_wanted.run(list(batch))
    heads = len(selection.strides) * len(selection.channels)
    all_bytes = 2 * selection.cells((320, 320)) * 4 * sum(selection.channels)
    assert [way for way, _ in copying] == ["up", "down"] + ["down"] * heads
    assert sum(size for _, size in copying[2:]) == all_bytes


def test_answers_that_have_no_axis_of_the_batch_come_back_whole(
    tmp_path: Path, copying: list[tuple[str, int]]
) -> None:
    """As those of InsightFace's detectors of one picture at a time."""
    path = tmp_path / "cells.onnx"
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["cells"])]
    graph = helper.make_graph(
        nodes,
        "cells",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("cells", TensorProto.FLOAT, ["cells", 1])],
        [numpy_helper.from_array(np.array([-1, 1], np.int64), "shape")],
    )
    opset = [helper.make_opsetid("", 17)]
    save_model(helper.make_model(graph, opset_imports=opset, ir_version=9), str(path))
    session = open_ladder(ModelFile(path, max_batch=1), PLAN)
    picture = pictures(1, (160, 160))
    (cells,) = session.run(picture)
    np.testing.assert_array_equal(cells[:, 0], picture.transpose(0, 3, 1, 2).ravel())
    assert ("down", 3 * 160 * 160 * 4) in copying


@pytest.mark.parametrize("room", [4, 2, 1])
def test_a_batch_without_room_is_halved_and_answered_all_the_same(
    embedder: ModelFile, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """By onnxruntime's own words, where its memory is too small."""
    batch = pictures(7, (112, 112))
    expected = open_ladder(embedder, PLAN).run(batch)
    tried = refuse_above(monkeypatch, room)
    session = open_ladder(embedder, PLAN)
    for _ in range(2):
        for one, other in zip(session.run(batch), expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)
    assert tried == [size for size in (4, 2, 1) if size > room]
    assert session.lane((112, 112)).batch == room


def test_without_room_for_one_the_way_out_is_named(
    embedder: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_above(monkeypatch, 0)
    session = open_ladder(embedder, PLAN)
    with pytest.raises(DeviceUnavailable, match=r"112 x 112 pixels for sface.*gpus_per_worker"):
        session.run(pictures(1, (112, 112)))


def test_what_else_a_gpu_refuses_is_no_picture_s_fault() -> None:
    failure = "CUDA failure 719: unspecified launch failure"
    with (
        pytest.raises(DeviceUnavailable, match=r"failed while it computed.*719.*lfr resume"),
        onnxruntime_open.refusals("cuda"),
    ):
        raise RuntimeError(failure)


def refuse_above(monkeypatch: pytest.MonkeyPatch, room: int) -> list[int]:
    """The batches that were refused."""
    tried: list[int] = []
    first_run = FixedSlot._first_run

    def refusing(self: Any) -> None:
        if len(self._host) > room:
            tried.append(len(self._host))
            raise RuntimeError(
                "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Available memory of 1259498496 is "
                "smaller than requested bytes of 1509949440"
            )
        first_run(self)

    monkeypatch.setattr(FixedSlot, "_first_run", refusing)
    return tried


def test_a_run_all_that_is_left_early_leaves_nothing_behind(embedder: ModelFile) -> None:
    session = open_ladder(embedder, PLAN)
    given: list[int] = []

    def endlessly() -> Iterator[ByteArray]:
        while True:
            given.append(len(given))
            yield pictures(1, (112, 112), len(given))

    for _ in session.run_all(endlessly()):
        break
    assert len(given) <= 2 + session.lane((112, 112)).batch
    assert len(session.run(pictures(2, (112, 112)))[0]) == 2


def test_its_threads_end_with_it(embedder: ModelFile) -> None:
    session: LadderSession | None = open_ladder(embedder, PLAN)
    assert session is not None
    session.run(pictures(1, (112, 112)))
    threads = session.lane((112, 112))._threads
    assert any(thread.is_alive() for thread in threads)
    session = None
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


ENDING = """
import sys
from pathlib import Path
import numpy as np
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import open_planned

plan = SessionPlan("onnxruntime", "cpu", "f32", 1, at_once=8, one_shape=True)
session = open_planned(ModelFile(Path(sys.argv[1])), plan)
picture = np.zeros((1, 480, 832, 3), np.uint8)
for _ in session.run_all(picture for _ in range(100)):
    sys.exit(3)
"""


def test_a_process_may_end_while_pictures_compute(open_pack_home: Path) -> None:
    model = open_pack_home / "models" / "open" / "centerface.onnx"
    done = subprocess.run(
        [sys.executable, "-c", ENDING, str(model)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (3, "")
