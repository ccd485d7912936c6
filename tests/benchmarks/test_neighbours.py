from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.neighbours import differences
from lfr_batch.models.ladder_session import LadderSession
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Outputs
from lfr_batch.records import ByteArray

PLAN = SessionPlan("onnxruntime", "cpu", "f32", 2, at_once=2, one_shape=True)


@pytest.fixture
def embedder(open_pack_home: Path) -> ModelFile:
    return ModelFile(open_pack_home / "models" / "open" / "sface.onnx")


def test_what_is_the_same_differs_by_nothing(embedder: ModelFile) -> None:
    among, two = differences(embedder, PLAN, (112, 112))
    assert (among.figure, two.figure) == (0.0, 0.0)
    assert among.setting == "f32, 112×112, batch 2"


def test_a_leak_between_neighbours_shows(
    embedder: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(_: LadderSession, pictures_rgb: ByteArray) -> Outputs:
        return (np.full((len(pictures_rgb), 1), pictures_rgb.mean(), np.float32),)

    monkeypatch.setattr(LadderSession, "run", leaking)
    among, two = differences(embedder, PLAN, (112, 112))
    assert float(among.figure) > 0
    assert two.figure == 0.0
