"""Several segments in one worker: the rows are those of one after another."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lfr_batch.config.schema import Config, EngineConfig, FootageConfig
from lfr_batch.engine.in_process import in_process
from lfr_batch.pipeline.execute import execute_run
from lfr_batch.pipeline.plan import make_plan
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import create_run
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from tests.casework import Casework

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
