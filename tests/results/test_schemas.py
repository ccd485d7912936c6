from __future__ import annotations

from dataclasses import fields

import pyarrow as pa
import pytest

from lfr_batch.records import FootageAsset, Segment, SegmentOutcome, Sighting
from lfr_batch.results.columns import comment
from lfr_batch.results.schemas import DATASETS, VIEW_COMMENTS
from lfr_batch.results.state_schemas import CATALOGUE, LEDGER, PLAN, SHARD

PROMISED = {
    "runs": "run_id, kind, case_ref, authority, purpose, operator, started_at, finished_at, status,"
    " model_pack, gallery, gallery_snapshot, threshold, target_fpir, config_hash, software_version",
    "footage": "run_id, footage_id, uri, camera_id, start_utc, duration_s, width, height, codec, "
    "bytes, sha256, status, error",
    "segments": "run_id, segment_id, footage_id, start_s, end_s, status, error, attempt, "
    "frames_decoded, frames_analysed, faces_detected, faces_rejected, tracks, sightings, decode_s, "
    "infer_s, wall_s",
    "sightings": "run_id, sighting_id, footage_id, camera_id, start_s, end_s, start_utc, best_s, "
    "box, quality, detection_score, frames, subject_id, score, margin",
    "candidates": "run_id, sighting_id, rank, subject_id, image_id, score",
    "best_shots": "run_id, sighting_id, jpeg, box, landmarks, media_s",
    "alerts": "run_id, alert_id, camera_id, captured_at, raised_at, keep_until, subject_id, "
    "image_id, score, threshold, margin, quality, best_shot_jpeg, gallery_jpeg",
    "reviews": "run_id, review_id, alert_id, reviewer, role, decided_at, verdict, reason, outcome",
}


@pytest.mark.parametrize("dataset", PROMISED)
def test_the_columns_analysts_were_promised_are_there(dataset: str) -> None:
    assert set(PROMISED[dataset].split(", ")) <= set(DATASETS[dataset].names)


@pytest.mark.parametrize("schema", [*DATASETS.values(), CATALOGUE, PLAN, LEDGER, SHARD])
def test_every_column_is_documented(schema: pa.Schema) -> None:
    assert [f.name for f in schema if not comment(f).endswith(".")] == []


def test_every_dataset_has_a_description() -> None:
    assert VIEW_COMMENTS.keys() == DATASETS.keys()


@pytest.mark.parametrize(
    ("schema", "record"),
    [(CATALOGUE, FootageAsset), (PLAN, Segment), (LEDGER, SegmentOutcome), (SHARD, Sighting)],
)
def test_state_keeps_every_field_of_its_record(schema: pa.Schema, record: type) -> None:
    assert set(schema.names) == {f.name for f in fields(record)}
