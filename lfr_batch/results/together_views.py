"""Who was seen together: a macro over distinct sightings, and its view. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results.columns import MOMENT, schema_of
from lfr_batch.results.documented import DocumentedView, joined, of
from lfr_batch.results.run_schemas import RUNS
from lfr_batch.results.view_columns import ACCOUNTS, CLOCK, START_SOURCES

TOGETHER_MINUTES = 5
"""How far apart two people may be seen, unless it is said."""

_BUCKET = "greatest(minutes * 60, 60)"
"""Seconds: sightings are sorted into stretches of so much, and compared with those of the stretches
that are near enough. A pair that shares several stretches counts in the first."""

_TOGETHER = f"""\
CREATE OR REPLACE MACRO together_within(one_run, one_case, minutes, per, one, other) AS TABLE
WITH timed AS MATERIALIZED (
  SELECT
    row_number() OVER () AS sighting, run_id, finished_at, case_ref, subject_id, score, start_utc,
    start_source, accounts, start_utc IS NULL AS by_media_time,
    CASE
      WHEN start_utc IS NULL THEN content
      WHEN per = 'site' THEN coalesce(site, camera_id, content)
      ELSE coalesce(camera_id, content)
      END AS place,
    coalesce(CASE WHEN per = 'site' AND start_utc IS NOT NULL THEN site END, camera_id, uri)
      AS camera_or_file,
    coalesce(epoch(start_utc), start_s) AS from_s,
    coalesce(epoch(end_utc), end_s) AS to_s
  FROM sightings_once(one_run, one_case)
  WHERE one IS NULL OR other IS NULL OR subject_id IN (one, other)
),
near AS (
  SELECT
    *, floor((from_s - minutes * 60) / {_BUCKET}) AS first_bucket,
    unnest(range(
      floor((from_s - minutes * 60) / {_BUCKET})::BIGINT,
      floor((to_s + minutes * 60) / {_BUCKET})::BIGINT + 1)) AS bucket
  FROM timed
  WHERE subject_id = coalesce(one, other, subject_id)
),
there AS (
  SELECT
    *, floor(from_s / {_BUCKET}) AS first_bucket,
    unnest(range(floor(from_s / {_BUCKET})::BIGINT, floor(to_s / {_BUCKET})::BIGINT + 1)) AS bucket
  FROM timed
),
pairs AS (
  SELECT
    least(a.subject_id, b.subject_id) AS subject_a,
    greatest(a.subject_id, b.subject_id) AS subject_b,
    a.sighting AS seen_a, b.sighting AS seen_b,
    greatest(0, greatest(a.from_s, b.from_s) - least(a.to_s, b.to_s)) AS apart_s,
    least(a.score, b.score) AS weaker_score
  FROM near a
  JOIN there b
    ON a.case_ref = b.case_ref AND a.place = b.place AND a.by_media_time = b.by_media_time
    AND a.bucket = b.bucket
  WHERE a.bucket = greatest(a.first_bucket, b.first_bucket)
    AND greatest(a.from_s, b.from_s) - least(a.to_s, b.to_s) <= minutes * 60
    AND CASE
      WHEN one IS NULL AND other IS NULL THEN a.subject_id < b.subject_id
      WHEN one IS NULL OR other IS NULL THEN a.subject_id <> b.subject_id
      ELSE a.subject_id <> b.subject_id AND b.subject_id = other
      END
),
close AS (
  SELECT
    p.subject_a, p.subject_b, t.*,
    min(p.apart_s) AS apart_s,
    max(p.weaker_score) AS weaker_score
  FROM (
    SELECT subject_a, subject_b, seen_a AS sighting, apart_s, weaker_score FROM pairs
    UNION ALL
    SELECT subject_a, subject_b, seen_b, apart_s, weaker_score FROM pairs
  ) p
  JOIN timed t USING (sighting)
  GROUP BY ALL
),
in_order AS (
  SELECT
    *,
    from_s - max(to_s) OVER (
      PARTITION BY case_ref, place, by_media_time, subject_a, subject_b
      ORDER BY from_s, to_s, sighting
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS after_s
  FROM close
)
SELECT
  max_by(run_id, (finished_at, run_id)) AS run_id,
  case_ref,
  min(camera_or_file) AS camera_or_file,
  subject_a,
  subject_b,
  count(*) FILTER (after_s IS NULL OR after_s > minutes * 60) AS times,
  count(*) FILTER (subject_id = subject_a) AS sightings_a,
  count(*) FILTER (subject_id = subject_b) AS sightings_b,
  count(DISTINCT run_id) AS runs,
  round(min(apart_s), 3) AS closest_s,
  min(start_utc) AS first_utc,
  string_agg(DISTINCT start_source, ', ' ORDER BY start_source) AS start_sources,
  max(accounts) AS accounts,
  max(weaker_score) AS best_weaker_score,
  by_media_time,
  place
FROM in_order
GROUP BY case_ref, place, by_media_time, subject_a, subject_b;

CREATE OR REPLACE VIEW together AS
FROM together_within(NULL, NULL, {TOGETHER_MINUTES}, 'camera', NULL, NULL);"""
"""``per``: 'camera' or 'site'. Of two people, all sightings that have the other within ``minutes``
belong to one meeting until there is none for longer than that. Two people whom different runs of a
case found are together, too; people of two cases never. Where the wall clock is unknown, sightings
in one content are compared by media time."""

TOGETHER_VIEWS: Mapping[str, DocumentedView] = MappingProxyType(
    {
        "together": DocumentedView(
            "Two people who were seen at one camera at most "
            f"{TOGETHER_MINUTES} minutes apart. together_within(run, case, minutes, 'site', NULL, "
            "NULL) has other minutes, and sites instead of cameras.",
            joined(
                schema_of(("run_id", pa.string(), "Run that counts here, the last of several.")),
                of(RUNS, "case_ref"),
                schema_of(
                    (
                        "camera_or_file",
                        pa.string(),
                        "Camera (or site, where it was asked by site), else the path of the file.",
                    ),
                    ("subject_a", pa.string(), "One of the two subjects, the first by id."),
                    ("subject_b", pa.string(), "The other."),
                    ("times", pa.int64(), "How often they met: meetings, not pairs of sightings."),
                    ("sightings_a", pa.int64(), "Sightings of the first at these meetings."),
                    ("sightings_b", pa.int64(), "Sightings of the other at these meetings."),
                    ("runs", pa.int64(), "Runs whose sightings these are."),
                    ("closest_s", pa.float64(), "Least time between two of them, seconds."),
                    ("first_utc", MOMENT, "First of them, wall clock UTC; null where unknown."),
                ),
                START_SOURCES,
                ACCOUNTS,
                schema_of(
                    (
                        "best_weaker_score",
                        pa.float64(),
                        "Of each two sightings the lower score; of these the highest, -1 to 1.",
                    ),
                ),
                CLOCK,
                schema_of(
                    (
                        "place",
                        pa.string(),
                        "What tells places apart: camera or site, or of files without these or a "
                        "clock their content.",
                    )
                ),
            ),
            ("case_ref", "place", "by_media_time", "subject_a", "subject_b"),
            _TOGETHER,
        ),
    }
)
