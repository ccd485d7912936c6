"""Columns that several of the derived views have, documented once. Pure."""

from __future__ import annotations

import pyarrow as pa

from lfr_batch.results.columns import schema_of
from lfr_batch.results.documented import joined, of
from lfr_batch.results.run_schemas import FOOTAGE, RUNS
from lfr_batch.results.schemas import SIGHTINGS, SUBJECTS

WALL_CLOCK = pa.timestamp("us")
"""Of a time zone that is named beside it."""

CASE = of(RUNS, "case_ref", "gallery")
SUBJECT = of(SIGHTINGS, "subject_id")
NAME = of(SUBJECTS, "name")
SITE = of(FOOTAGE, "site")
WHO = joined(
    schema_of(("run_id", pa.string(), "Run that counts here, the last of several.")), CASE, SUBJECT
)
TIME_ZONE = schema_of(
    (
        "time_zone",
        pa.string(),
        "Zone of the local times: footage.time_zone of the run's settings; UTC unless it was set.",
    )
)
ACCOUNTS = schema_of(
    (
        "accounts",
        pa.int64(),
        "Cameras or times that runs and copies state: above 1 they differ; 0: unknown.",
    )
)
CAMERA = schema_of(("camera", pa.string(), "Camera, or where it is unknown the path of the file."))
CLOCK = schema_of(
    (
        "by_media_time",
        pa.bool_(),
        "Whether the wall clock is unknown: times are then of the file, and compared within it.",
    )
)
PLACE = schema_of(
    (
        "place",
        pa.string(),
        "What tells cameras apart: the camera, or of files without camera or clock their content.",
    )
)
START_SOURCES = schema_of(
    ("start_sources", pa.string(), "Where the wall-clock times come from, all of them.")
)
