"""Several segments in one worker: the rows are those of one after another."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lfr_batch.config.schema import Config, EngineConfig, FootageConfig
from lfr_batch.engine.in_process import in_process
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.records import EnrolledFace, Enrolment
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.pipeline.enrol import EnrolOrder, enrol
from lfr_batch.pipeline.execute import execute_run
from lfr_batch.pipeline.plan import make_plan
from lfr_batch.records import FloatArray
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import create_run
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from tests.casework import ASTRONAUT, AUTHORITY, Casework, installed_picture

VARIES = {
    "sightings": "run_id",
    "candidates": "run_id",
    "best_shots": "run_id",
    "footage": "run_id",
    "segments": "run_id, decode_s, infer_s, wall_s",
}


def scanned(casework: Casework, results: Path, together: int) -> dict[str, list[dict[str, Any]]]:
    """All rows, but for what differs from run to run."""
    config = Config(
        engine=EngineConfig(kind="in_process", segments_per_worker=together),
        footage=FootageConfig(segment_s=5.0),
    )
    order = casework.order("walk.mp4", "group.mp4", "empty.mp4", "portrait.jpg", config=config)
    plan = make_plan(order, datetime.now(UTC))
    store = open_store(str(results), config.s3)
    create_run(store, plan.request, plan.assets, plan.segments)
    execute_run(store, plan.request.run_id, in_process, lambda *_: None, lambda _: None)
    lake = open_lake(results)
    return {
        view: run_query(lake, f"SELECT * EXCLUDE ({varies}) FROM {view} ORDER BY ALL").to_pylist()
        for view, varies in VARIES.items()
    }


def test_rows_are_those_of_one_segment_after_another(casework: Casework, tmp_path: Path) -> None:
    alone = scanned(casework, tmp_path / "alone", 1)
    assert len(alone["segments"]) >= 5
    assert len(alone["sightings"]) >= 2
    assert scanned(casework, tmp_path / "together", 4) == alone


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

    def enrolled(together: int) -> tuple[Enrolment, FloatArray]:
        engine = EngineConfig(kind="in_process", segments_per_worker=together)
        config = Config(engine=engine)
        name = f"by-{together}"
        order = EnrolOrder(name, pictures, None, (), AUTHORITY, None, config, casework.home)
        with in_process(engine) as run:
            info, enrolment = enrol(order, run, datetime.now(UTC))
        snapshot = load_snapshot(casework.home, name, info.snapshot_id)
        return enrolment, open_matcher(snapshot, "cpu").index.vectors

    alone, templates = enrolled(1)
    assert len(alone.faces) == 6
    beside, same = enrolled(4)
    np.testing.assert_array_equal(same, templates)
    assert list(map(told, beside.faces)) == list(map(told, alone.faces))
    assert [(file.uri, file.reason) for file in beside.not_enrolled] == [
        (file.uri, file.reason) for file in alone.not_enrolled
    ]
