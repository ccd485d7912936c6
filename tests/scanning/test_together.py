"""Several segments in one worker: the rows are those of one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import (
    Config,
    DetectConfig,
    EngineConfig,
    FootageConfig,
    InferenceConfig,
)
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.machinery import HERE
from lfr_batch.front.runs import run_order
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.records import EnrolledFace, Enrolment
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models import agreement
from lfr_batch.models.onnxruntime_fixed import FixedSlot
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.models.sessions import Outputs, plan_session
from lfr_batch.recognition import search
from lfr_batch.records import ByteArray, FloatArray
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.scanning import worker
from tests.one_case import ASTRONAUT, AUTHORITY, Casework, installed_picture

pytestmark = pytest.mark.long

ON_PROCESSORS = Config(
    footage=FootageConfig(segment_s=5.0), inference=InferenceConfig(device="cpu")
)
IN_FEW_SHAPES = Config(
    footage=FootageConfig(segment_s=5.0, sample_fps=1.0),
    detect=DetectConfig(batch=2, long_side_px=320, still_long_sides_px=(320,)),
    inference=InferenceConfig(device="cpu", backend="onnxruntime", precision="f32", embed_batch=2),
)
VARIES = {
    "sightings": "run_id",
    "candidates": "run_id",
    "best_shots": "run_id",
    "footage": "run_id",
    "segments": "run_id, decode_s, infer_s, wall_s",
}


def scanned(
    casework: Casework, names: Sequence[str], results: Path, together: int, settings: Config
) -> dict[str, list[dict[str, Any]]]:
    """All rows, but for what differs from run to run."""
    engine = EngineConfig(kind="in_process", segments_per_worker=together)
    config = settings.model_copy(update={"engine": engine})
    order = casework.order(*names, config=config)
    run_order(order, str(results), machinery=HERE)
    lake = open_lake(results)
    return {
        view: run_query(lake, f"SELECT * EXCLUDE ({varies}) FROM {view} ORDER BY ALL").to_pylist()
        for view, varies in VARIES.items()
    }


def test_rows_are_those_of_one_segment_after_another(casework: Casework, tmp_path: Path) -> None:
    names = ("walk.mp4", "group.mp4", "empty.mp4", "portrait.jpg")
    alone = scanned(casework, names, tmp_path / "alone", 1, ON_PROCESSORS)
    assert len(alone["segments"]) >= 5
    assert len(alone["sightings"]) >= 2
    assert scanned(casework, names, tmp_path / "together", 4, ON_PROCESSORS) == alone


def test_rows_are_the_same_where_all_segments_are_computed_together(
    casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU: sessions of one shape, whose batches hold pictures of several segments."""
    sizes: list[int] = []
    compute = FixedSlot.run

    def noted(self: FixedSlot, pictures_rgb: Sequence[ByteArray]) -> list[Outputs]:
        sizes.append(len(pictures_rgb))
        return compute(self, pictures_rgb)

    def planned(*args: Any, **kwargs: Any) -> SessionPlan:
        return replace(plan_session(*args, **kwargs), one_shape=True)

    monkeypatch.setattr(FixedSlot, "run", noted)
    monkeypatch.setattr(agreement, "plan_session", planned)
    for module in (search, worker):
        monkeypatch.setattr(module, "on_gpu", lambda _: True)
    names = ("walk.mp4", "portrait.jpg")
    together = scanned(casework, names, tmp_path / "together", 4, IN_FEW_SHAPES)
    assert len(together["segments"]) == 3
    assert len(together["sightings"]) >= 2
    assert max(sizes) > 1
    assert scanned(casework, names, tmp_path / "alone", 1, IN_FEW_SHAPES) == together


def told(face: EnrolledFace) -> dict[str, Any]:
    """All but the template, which is compared as an array."""
    return {name: value for name, value in asdict(face).items() if name != "template"}


def test_a_gallery_is_that_of_one_picture_after_another(casework: Casework, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(6):
        smaller = cv2.resize(installed_picture(ASTRONAUT), None, fx=1 - number / 20, fy=1.0)
        cv2.imwrite(str(pictures / f"subject-{number}.png"), smaller)
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")

    def templates_of(together: int) -> tuple[Enrolment, FloatArray]:
        engine = EngineConfig(kind="in_process", segments_per_worker=together)
        config = Config(engine=engine)
        name = f"by-{together}"
        order = EnrolOrder(name, pictures, None, (), AUTHORITY, None, config, casework.home)
        enrolled = enrol_order(order, machinery=HERE)
        snapshot = load_snapshot(casework.home, name, enrolled.info.snapshot_id)
        return enrolled.enrolment, np.asarray(open_matcher(snapshot, "cpu").index.vectors)

    alone, templates = templates_of(1)
    assert len(alone.faces) == 6
    beside, same = templates_of(4)
    np.testing.assert_array_equal(same, templates)
    assert list(map(told, beside.faces)) == list(map(told, alone.faces))
    assert [(file.uri, file.reason) for file in beside.not_enrolled] == [
        (file.uri, file.reason) for file in alone.not_enrolled
    ]
