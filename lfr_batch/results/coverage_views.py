"""What was looked at, hour by hour, and which faces were refused: views and macros. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.footage.segments import LEAST_BYTES_S
from lfr_batch.results.columns import MOMENT, schema_of
from lfr_batch.results.documented import DocumentedView, joined, of
from lfr_batch.results.run_schemas import FOOTAGE, RUNS, SEGMENTS
from lfr_batch.results.view_columns import CAMERA, SITE, START_SOURCES, TIME_ZONE, WALL_CLOCK

_KNOWN_LENGTH = f"""\
CREATE OR REPLACE MACRO known_length_s(duration_s, bytes) AS
  CASE WHEN duration_s > 0 AND duration_s * {LEAST_BYTES_S} <= coalesce(bytes, 'inf'::DOUBLE)
  THEN duration_s END;"""
"""Null where a file's account of its length is missing, or more than its bytes can hold."""

_COVERAGE = """\
CREATE OR REPLACE MACRO coverage_by_hour(one_run, one_case) AS TABLE
WITH files AS (
  SELECT
    r.run_id, r.case_ref, r.finished_at, r.time_zone, f.footage_id, f.uri, f.site, f.camera_id,
    coalesce(f.camera_id, f.uri) AS camera,
    f.start_source::VARCHAR AS start_source,
    epoch(f.start_utc) AS begins_s,
    known_length_s(f.duration_s, f.bytes) AS length_s,
    f.searched_s
  FROM asked_runs(one_run, one_case) r
  JOIN footage f USING (run_id)
),
searched AS (
  SELECT
    f.case_ref, f.camera, f.run_id, f.footage_id,
    f.begins_s + s.start_s AS from_s,
    f.begins_s + greatest(s.end_s, s.start_s + s.media_s) AS to_s,
    f.begins_s + s.start_s + CASE WHEN s.status IN ('done', 'failed') THEN s.media_s ELSE 0 END
      AS searched_to_s
  FROM files f
  JOIN segments s ON s.run_id = f.run_id AND s.footage_id = f.footage_id
  WHERE f.begins_s IS NOT NULL
),
spans AS (
  SELECT case_ref, camera, run_id, footage_id, false AS looked_at, from_s, to_s FROM searched
  UNION ALL
  SELECT case_ref, camera, run_id, footage_id, true, from_s, searched_to_s FROM searched
  UNION ALL
  SELECT case_ref, camera, run_id, footage_id, false, begins_s, begins_s + coalesce(length_s, 0)
  FROM files
  WHERE begins_s IS NOT NULL
),
within_hours AS (
  SELECT
    * REPLACE (greatest(from_s, hour_s) AS from_s, least(to_s, hour_s + 3600) AS to_s)
  FROM (
    SELECT *, unnest(range(
      floor(from_s / 3600)::BIGINT,
      greatest(ceil(to_s / 3600), floor(from_s / 3600) + 1)::BIGINT)) * 3600
      AS hour_s
    FROM spans
  )
),
united AS (
  SELECT *, greatest(0, to_s - greatest(from_s, coalesce(max(to_s) OVER (
    PARTITION BY case_ref, camera, hour_s, looked_at
    ORDER BY from_s, to_s, run_id, footage_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), from_s))) AS new_s
  FROM within_hours
),
hours AS (
  SELECT
    u.case_ref, u.camera, u.hour_s,
    max_by(u.run_id, (f.finished_at, u.run_id)) AS run_id,
    max_by(f.time_zone, (f.finished_at, u.run_id)) AS time_zone,
    max_by(f.site, (f.finished_at, u.run_id)) AS site,
    count(DISTINCT f.uri) AS files,
    count(DISTINCT u.run_id) AS runs,
    coalesce(sum(u.new_s) FILTER (NOT u.looked_at), 0) AS footage_s,
    coalesce(sum(u.new_s) FILTER (u.looked_at), 0) AS searched_s,
    string_agg(DISTINCT f.start_source, ', ' ORDER BY f.start_source) AS start_sources
  FROM united u
  JOIN files f ON f.run_id = u.run_id AND f.footage_id = u.footage_id
  GROUP BY u.case_ref, u.camera, u.hour_s
),
before AS (
  SELECT *, lag(hour_s) OVER (PARTITION BY case_ref, camera ORDER BY hour_s) + 3600 AS free_from_s
  FROM hours
),
rows AS (
  SELECT * EXCLUDE (free_from_s), 1 AS hours FROM before
  UNION ALL BY NAME
  SELECT
    case_ref, camera, run_id, time_zone, site, free_from_s AS hour_s,
    ((hour_s - free_from_s) / 3600)::BIGINT AS hours, 0 AS files, 0 AS runs,
    0.0::DOUBLE AS footage_s, 0.0::DOUBLE AS searched_s
  FROM before
  WHERE free_from_s < hour_s
  UNION ALL BY NAME
  SELECT
    case_ref, camera,
    max_by(run_id, (finished_at, run_id)) AS run_id,
    max_by(time_zone, (finished_at, run_id)) AS time_zone,
    max_by(site, (finished_at, run_id)) AS site,
    count(DISTINCT uri) AS files,
    count(DISTINCT run_id) AS runs,
    sum(greatest(length_s, searched_s)) AS footage_s,
    sum(searched_s) AS searched_s
  FROM (
    SELECT
      case_ref, camera, uri, footage_id, max(length_s) AS length_s, max(searched_s) AS searched_s,
      max_by(run_id, (finished_at, run_id)) AS run_id,
      max_by(time_zone, (finished_at, run_id)) AS time_zone,
      max_by(site, (finished_at, run_id)) AS site,
      max(finished_at) AS finished_at
    FROM files
    WHERE begins_s IS NULL
    GROUP BY case_ref, camera, uri, footage_id
  )
  GROUP BY case_ref, camera
)
SELECT
  run_id, case_ref, camera, site,
  to_timestamp(hour_s) AS hour_utc,
  local_time(to_timestamp(hour_s), time_zone) AS hour_local,
  time_zone,
  hours::BIGINT AS hours,
  CASE
    WHEN hour_s IS NULL THEN 'no time'
    WHEN files = 0 THEN 'no footage'
    WHEN searched_s >= footage_s - 1 THEN 'searched'
    WHEN searched_s > 0 THEN 'in part'
    ELSE 'not searched'
  END AS state,
  files, runs, footage_s, searched_s,
  greatest(0, footage_s - searched_s) AS not_searched_s,
  CASE WHEN hour_s IS NOT NULL THEN greatest(0, 3600 * hours - footage_s) END AS missing_s,
  start_sources
FROM rows;

CREATE OR REPLACE VIEW coverage AS
FROM coverage_by_hour(NULL, NULL);"""
"""Per camera and hour of the wall clock. What several runs of a case searched counts once. Hours of
a camera without any footage, between others that have some, are one row."""

_REFUSALS = """\
CREATE OR REPLACE VIEW refusals AS
SELECT
  s.run_id, r.case_ref, s.segment_id, s.entry.key AS reason, s.entry.value AS faces,
  coalesce(f.camera_id, f.uri) AS camera, f.site, f.uri, f.stream, f.recording, s.start_s, s.end_s,
  date_trunc('minute', f.start_utc + to_microseconds(round(s.start_s * 1e6)::BIGINT))
    AS minute_utc,
  local_time(
    date_trunc('minute', f.start_utc + to_microseconds(round(s.start_s * 1e6)::BIGINT)),
    time_zone_of(r.config)) AS minute_local,
  time_zone_of(r.config) AS time_zone, s.faces_detected, s.footage_id
FROM (
  SELECT
    run_id, segment_id, footage_id, start_s, end_s, faces_detected,
    unnest(map_entries(rejections)) AS entry
  FROM segments
) s
JOIN footage f USING (run_id, footage_id)
JOIN runs r USING (run_id);"""

COVERAGE_VIEWS: Mapping[str, DocumentedView] = MappingProxyType(
    {
        "coverage": DocumentedView(
            "What finished runs searched of a camera in an hour of the wall clock; hours without "
            "footage between others are one row, files without a time one row per camera.",
            joined(
                schema_of(("run_id", pa.string(), "Last of the runs that count here.")),
                of(RUNS, "case_ref"),
                CAMERA,
                SITE,
                schema_of(
                    (
                        "hour_utc",
                        MOMENT,
                        "When the hour begins, UTC; null for the files without a time.",
                    ),
                    ("hour_local", WALL_CLOCK, "The same, local time."),
                ),
                TIME_ZONE,
                schema_of(
                    (
                        "hours",
                        pa.int64(),
                        "How many: 1, or of a gap its length; null without a time.",
                    ),
                    (
                        "state",
                        pa.string(),
                        "searched (all that is there), in part, not searched, no footage (a gap) "
                        "or no time.",
                    ),
                    ("files", pa.int64(), "Files with footage in it."),
                    ("runs", pa.int64(), "Runs that were to search it."),
                    (
                        "footage_s",
                        pa.float64(),
                        "Footage of it, seconds, each moment once; as far as lengths are known.",
                    ),
                    ("searched_s", pa.float64(), "Of that searched by any run, seconds."),
                    ("not_searched_s", pa.float64(), "Of that searched by none, seconds."),
                    (
                        "missing_s",
                        pa.float64(),
                        "Of the hour without any footage, seconds; null without a time.",
                    ),
                ),
                START_SOURCES,
            ),
            ("case_ref", "camera", "hour_utc"),
            f"{_KNOWN_LENGTH}\n\n{_COVERAGE}",
        ),
        "refusals": DocumentedView(
            "Faces that the quality gate refused to compare, by reason and segment: what to look "
            "at by hand. A segment (about a minute) is as close as it is known; nothing is kept of "
            "the faces.",
            joined(
                of(SEGMENTS, "run_id"),
                of(RUNS, "case_ref"),
                of(SEGMENTS, "segment_id"),
                schema_of(
                    ("reason", pa.string(), "Why, as small or blurred."),
                    ("faces", pa.int32(), "Refused for it, once per analysed frame."),
                ),
                CAMERA,
                of(FOOTAGE, "site", "uri", "stream", "recording"),
                of(SEGMENTS, "start_s", "end_s"),
                schema_of(
                    (
                        "minute_utc",
                        MOMENT,
                        "Minute in which the segment begins, wall clock UTC; null where unknown.",
                    ),
                    ("minute_local", WALL_CLOCK, "The same, local time."),
                ),
                TIME_ZONE,
                of(SEGMENTS, "faces_detected", "footage_id"),
            ),
            ("run_id", "segment_id", "reason"),
            _REFUSALS,
        ),
    }
)
