"""On processors a picture's outputs depend on nothing that segments are not named after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lfr_batch.models.manifest import DetectorSpec, EmbedderSpec
from lfr_batch.models.openvino_session import has_bf16
from lfr_batch.models.providers import BackendName, Precision
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Outputs, open_planned
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray

KINDS: tuple[tuple[BackendName, Precision], ...] = (
    ("openvino", "bf16"),
    ("openvino", "f32"),
    ("onnxruntime", "f32"),
)
THREADS_STREAMS = ((2, 2), (3, 1))


def model_of(file: str, home: Path) -> ModelFile:
    pack = load_pack(home, "open")
    manifest = pack.manifest
    specs: list[DetectorSpec | EmbedderSpec | None] = [
        manifest.detector,
        manifest.frame_detector,
        manifest.embedder,
    ]
    [spec] = [spec for spec in specs if spec and spec.file == file]
    return ModelFile(pack.path(file), spec.mean, spec.std)


def pictures(file: str) -> list[ByteArray]:
    rng = np.random.default_rng(3)
    faces, scenes = [(1, 112, 112), (5, 112, 112)], [(1, 384, 640), (1, 160, 320)]
    shapes = faces if file == "sface.onnx" else scenes
    return [rng.integers(0, 256, (*shape, 3), np.uint8) for shape in shapes]


def same(some: Outputs, others: Outputs) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize(("backend", "precision"), KINDS)
@pytest.mark.parametrize("file", ["centerface.onnx", "yunet.onnx", "sface.onnx"])
def test_neither_threads_nor_what_came_before_change_a_bit(
    file: str, backend: BackendName, precision: Precision, open_pack_home: Path
) -> None:
    if precision == "bf16" and not has_bf16():
        pytest.skip("this processor has no bf16 arithmetic")
    model = model_of(file, open_pack_home)
    shown = pictures(file)
    alone = open_planned(model, SessionPlan(backend, "cpu", precision, threads=1))
    wanted = [alone.run(each) for each in shown]
    for threads, streams in THREADS_STREAMS:
        session = open_planned(model, SessionPlan(backend, "cpu", precision, threads, streams))
        found = [session.run(each) for each in reversed(shown)][::-1]
        again = list(session.run_all(shown))
        assert all(map(same, wanted, found))
        assert all(map(same, wanted, again))


def test_a_face_s_template_does_not_depend_on_who_is_beside_it(open_pack_home: Path) -> None:
    model = model_of("sface.onnx", open_pack_home)
    precision: Precision = "bf16" if has_bf16() else "f32"
    session = open_planned(model, SessionPlan("openvino", "cpu", precision, threads=1))
    faces = pictures("sface.onnx")[1]
    one_by_one = np.concatenate([session.run(face[None])[0] for face in faces])
    assert np.array_equal(session.run(faces)[0], one_by_one)
