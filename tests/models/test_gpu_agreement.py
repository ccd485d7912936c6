"""The start-up check of what a GPU computes, whose sessions the CPU stands in for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import InferenceDisagrees
from lfr_batch.models import agreement, sessions
from lfr_batch.models.agreement import open_detector_session, open_embedder_session
from lfr_batch.models.selection import DIGITS, Selection
from lfr_batch.models.session_plan import DetectorUse, ModelFile, SessionPlan, Share
from lfr_batch.models.sessions import Outputs, Session, open_planned
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.records import ByteArray, FloatArray

TWO_THREADS = Share(2)


@dataclass
class StandIn:
    """A GPU's session: the CPU's answers, off by ``error`` (a share) in anything but f32."""

    inner: Session
    plan: SessionPlan
    error: float

    gathers = True

    @property
    def selection(self) -> Selection | None:
        return self.inner.selection

    @property
    def description(self) -> str:
        return f"GPU {self.plan.precision}"

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        return wanted_wh

    def run(self, pictures_rgb: ByteArray) -> Outputs:
        outputs = self.inner.run(pictures_rgb)
        if self.plan.precision == "f32":
            return outputs
        if self.selection is None:
            return tuple(map(self._wrong, outputs))
        [rows] = outputs
        numbers, values = rows[..., :DIGITS], rows[..., DIGITS:]
        return (np.concatenate([numbers, self._wrong(values)], axis=2),)

    def _wrong(self, output: FloatArray) -> FloatArray:
        noise = np.random.default_rng(1).normal(size=output.shape) * np.abs(output).max()
        return np.asarray(output + self.error * noise, np.float32)

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Outputs]:
        return (self.run(batch) for batch in batches)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine with a GPU; the plans that were opened are noted."""
    opened: list[SessionPlan] = []

    def has(tensorrt: bool, error: float, one_shape: bool = False) -> list[SessionPlan]:
        def open_instead(model: ModelFile, plan: SessionPlan) -> Session:
            opened.append(plan)
            on_cpu = replace(plan, device="cpu", precision="f32")
            if plan.device == "cpu":
                return open_planned(model, on_cpu)
            session = open_planned(model, replace(on_cpu, one_shape=one_shape, at_once=1))
            return StandIn(session, plan, error)

        monkeypatch.setattr(agreement, "open_planned", open_instead)
        monkeypatch.setattr(sessions, "cuda_is_usable", lambda: True)
        monkeypatch.setattr(sessions, "tensorrt_is_usable", lambda: tensorrt)
        return opened

    return has


@pytest.fixture
def pack(home_with_open: Path) -> Pack:
    return load_pack(home_with_open, "open")


@pytest.mark.parametrize(("tensorrt", "precision"), [(True, "f16"), (False, "tf32")])
def test_the_quickest_that_agrees_is_used_and_that_is_kept(
    machine: Any, pack: Pack, tensorrt: bool, precision: str
) -> None:
    opened = machine(tensorrt, error=0.0)
    for _ in range(2):
        assert (
            open_embedder_session(pack, InferenceConfig(), TWO_THREADS).description
            == f"GPU {precision}"
        )
    # Twice to work with, and once to compare with.
    assert [(plan.device, plan.precision) for plan in opened] == [
        ("cuda", precision),
        ("cpu", "f32"),
        ("cuda", precision),
    ]
    [key] = json.loads((pack.home / "cache" / "agreement.json").read_text())
    assert f" {precision}," in key


@pytest.mark.parametrize(
    ("open_session", "tensorrt", "precision"),
    [(open_detector_session, True, "f16"), (open_embedder_session, False, "tf32")],
)
def test_what_disagrees_is_not_used_and_said(
    machine: Any, pack: Pack, open_session: Any, tensorrt: bool, precision: str
) -> None:
    machine(tensorrt, error=0.2)
    session = open_session(pack, InferenceConfig(), TWO_THREADS)
    assert session.description.startswith(f"GPU f32 ({precision} disagreed: ")


@pytest.mark.parametrize("kind", ["detector", "frame_detector"])
@pytest.mark.parametrize(
    ("min_score", "error", "precision"),
    [(0.5, 0.0, "tf32"), (0.0, 0.001, "tf32"), (0.0, 0.05, "f32")],
)
def test_the_best_cells_of_a_detector_are_compared_with_all_of_the_reference(
    machine: Any, pack: Pack, kind: str, min_score: float, error: float, precision: str
) -> None:
    machine(False, error, one_shape=True)
    spec = getattr(pack.manifest, kind)
    session = open_detector_session(
        pack, InferenceConfig(), TWO_THREADS, spec, DetectorUse(min_score=min_score)
    )
    assert session.selection is not None
    assert session.description.startswith(f"GPU {precision}")


def test_what_was_demanded_and_disagrees_is_refused(machine: Any, pack: Pack) -> None:
    machine(True, error=0.2)
    with pytest.raises(InferenceDisagrees, match=r"sface\.onnx in f16 does not agree"):
        open_embedder_session(pack, InferenceConfig(precision="f16"), TWO_THREADS)


def test_f32_on_a_gpu_is_taken_at_its_word(machine: Any, pack: Pack) -> None:
    opened = machine(True, error=0.2)
    inference = InferenceConfig(precision="f32")
    session = open_detector_session(pack, inference, Share(2, streams=2, gpu_share=0.25))
    assert session.description == "GPU f32"
    [plan] = opened
    assert (plan.device, plan.gpu_share, plan.streams) == ("cuda", 0.25, 2)


def test_each_model_has_its_own_folder_of_engines(machine: Any, pack: Pack) -> None:
    """onnxruntime names engines after the graph; another model could be taken for this one."""
    opened = machine(True, error=0.0)
    open_detector_session(pack, InferenceConfig(), TWO_THREADS)
    open_embedder_session(pack, InferenceConfig(), TWO_THREADS)
    folders = {plan.cache for plan in opened}
    assert len(folders) == 2
    assert {folder.parent for folder in folders if folder} == {pack.home / "cache" / "tensorrt"}
