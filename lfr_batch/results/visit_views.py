"""Visits of people to cameras, and their order: views and macros over distinct sightings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results.columns import MOMENT, schema_of
from lfr_batch.results.documented import DocumentedView, joined, of
from lfr_batch.results.view_columns import (
    ACCOUNTS,
    CAMERA,
    CLOCK,
    NAME,
    PLACE,
    SITE,
    START_SOURCES,
    TIME_ZONE,
    WALL_CLOCK,
    WHO,
)

VISIT_MINUTES = 5
"""How long somebody may be out of sight within a visit, unless it is said."""

_VISITS = f"""\
CREATE OR REPLACE MACRO visits_within(one_run, one_case, minutes) AS TABLE
WITH lasting AS (
  SELECT run_id, time_zone, row_number() OVER (ORDER BY finished_at, run_id) AS recency
  FROM asked_runs(one_run, one_case)
),
timed AS (
  SELECT
    l.recency, s.run_id, s.sighting_id, s.case_ref, s.gallery, s.subject_id, s.score, s.accounts,
    s.start_source, s.start_utc, s.end_utc, s.site,
    CASE WHEN s.start_utc IS NULL THEN s.content ELSE coalesce(s.camera_id, s.content) END AS place,
    coalesce(s.camera_id, s.uri) AS camera,
    coalesce(epoch(s.start_utc), s.start_s) AS from_s,
    coalesce(epoch(s.end_utc), s.end_s) AS to_s
  FROM sightings_once(one_run, one_case) s
  JOIN lasting l USING (run_id)
),
in_order AS (
  SELECT *, from_s - max(to_s) OVER (
    PARTITION BY case_ref, gallery, subject_id, place
    ORDER BY from_s
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS after_s
  FROM timed
),
numbered AS (
  SELECT *, count(*) FILTER (after_s IS NULL OR after_s > minutes * 60) OVER (
    PARTITION BY case_ref, gallery, subject_id, place
    ORDER BY from_s
    RANGE UNBOUNDED PRECEDING) AS visit
  FROM in_order
),
visits AS (
  SELECT
    case_ref,
    gallery,
    subject_id,
    place,
    visit,
    max(recency) AS recency,
    min(camera) AS camera,
    min(site) AS site,
    min(start_utc) AS from_utc,
    max(end_utc) AS to_utc,
    min(from_s) AS from_s,
    max(to_s) AS to_s,
    count(*) AS sightings,
    max(score) AS best_score,
    max_by((run_id, sighting_id), (score, recency, sighting_id)) AS best,
    bool_or(start_source = 'container') AS by_container,
    bool_or(start_source = 'filename') AS by_filename,
    bool_or(start_source = 'manifest') AS by_manifest,
    max(accounts) AS accounts
  FROM numbered
  GROUP BY case_ref, gallery, subject_id, place, visit
)
SELECT
  l.run_id, v.case_ref, v.gallery, v.subject_id, n.name, v.camera, v.site, v.visit, v.from_utc,
  v.to_utc,
  local_time(v.from_utc, l.time_zone) AS from_local,
  local_time(v.to_utc, l.time_zone) AS to_local,
  l.time_zone,
  CASE WHEN v.from_utc IS NULL THEN v.from_s END AS from_media_s,
  CASE WHEN v.from_utc IS NULL THEN v.to_s END AS to_media_s,
  round(v.to_s - v.from_s, 3) AS lasted_s,
  v.sightings, v.best_score,
  v.best[1] AS best_run_id,
  v.best[2] AS best_sighting_id,
  concat_ws(', ',
    CASE WHEN v.by_container THEN 'container' END,
    CASE WHEN v.by_filename THEN 'filename' END,
    CASE WHEN v.by_manifest THEN 'manifest' END,
    CASE WHEN v.from_utc IS NULL THEN 'none' END) AS start_sources,
  v.accounts,
  v.from_utc IS NULL AS by_media_time,
  v.place
FROM visits v
JOIN lasting l USING (recency)
LEFT JOIN subjects n ON n.run_id = l.run_id AND n.subject_id = v.subject_id;

CREATE OR REPLACE VIEW visits AS
FROM visits_within(NULL, NULL, {VISIT_MINUTES});"""
"""Sightings that begin at one moment are one visit whichever comes first: nothing but the time has
to be sorted by."""

_TIMELINE = f"""\
CREATE OR REPLACE MACRO timeline_of(one_run, one_case, minutes) AS TABLE
SELECT
  run_id, case_ref, gallery, subject_id, name,
  CASE WHEN NOT by_media_time THEN row_number() OVER one END AS step,
  from_utc, to_utc, from_local, to_local, time_zone, camera, site,
  CASE WHEN NOT by_media_time THEN lag(camera) OVER one END AS camera_before,
  CASE WHEN NOT by_media_time THEN round(epoch(from_utc) - epoch(lag(to_utc) OVER one), 3) END
    AS after_s,
  from_media_s, to_media_s, sightings, best_score, best_run_id, best_sighting_id, start_sources,
  accounts, visit, by_media_time, place
FROM visits_within(one_run, one_case, minutes)
WINDOW one AS (
  PARTITION BY case_ref, gallery, subject_id, by_media_time
  ORDER BY from_utc, to_utc, place, visit);

CREATE OR REPLACE VIEW timeline AS
FROM timeline_of(NULL, NULL, {VISIT_MINUTES});"""

_VISIT = schema_of(
    ("visit", pa.int64(), "Number of the visit of this subject to this place, from 1."),
    ("from_utc", MOMENT, "When it begins, wall clock UTC; null where that is unknown."),
    ("to_utc", MOMENT, "When it ends, wall clock UTC; null where that is unknown."),
    ("from_local", WALL_CLOCK, "When it begins, local time; null where that is unknown."),
    ("to_local", WALL_CLOCK, "When it ends, local time; null where that is unknown."),
    ("from_media_s", pa.float64(), "Without a wall clock: its beginning, seconds of media time."),
    ("to_media_s", pa.float64(), "Without a wall clock: its end, seconds of media time."),
    ("lasted_s", pa.float64(), "From its first to its last moment in sight, seconds."),
    ("sightings", pa.int64(), "Sightings that make it up, each event counted once."),
    ("best_score", pa.float64(), "Highest cosine score in it, -1 to 1."),
    ("best_run_id", pa.string(), "Run of the sighting that scored it."),
    ("best_sighting_id", pa.string(), "That sighting: with best_run_id the key to its picture."),
)
VISIT_VIEWS: Mapping[str, DocumentedView] = MappingProxyType(
    {
        "visits": DocumentedView(
            "One person at one camera for a while: distinct sightings that are at most "
            f"{VISIT_MINUTES} minutes apart. visits_within(run, case, minutes) has other minutes.",
            joined(
                WHO,
                NAME,
                CAMERA,
                SITE,
                of(_VISIT, "visit", "from_utc", "to_utc", "from_local", "to_local"),
                TIME_ZONE,
                of(_VISIT, "from_media_s", "to_media_s", "lasted_s", "sightings"),
                of(_VISIT, "best_score", "best_run_id", "best_sighting_id"),
                START_SOURCES,
                ACCOUNTS,
                CLOCK,
                PLACE,
            ),
            ("case_ref", "gallery", "subject_id", "place", "visit"),
            _VISITS,
        ),
        "timeline": DocumentedView(
            "The visits of each person across cameras, in order of wall clock; those without one "
            "have no step. timeline_of(run, case, minutes) has other minutes.",
            joined(
                WHO,
                NAME,
                schema_of(
                    ("step", pa.int64(), "Place in the person's order, from 1; null without clock.")
                ),
                of(_VISIT, "from_utc", "to_utc", "from_local", "to_local"),
                TIME_ZONE,
                CAMERA,
                SITE,
                schema_of(
                    ("camera_before", pa.string(), "Camera of the step before; null at the first."),
                    (
                        "after_s",
                        pa.float64(),
                        "From the end of the step before to this one's beginning, seconds; below 0 "
                        "where they overlap, null at the first.",
                    ),
                ),
                of(_VISIT, "from_media_s", "to_media_s", "sightings", "best_score"),
                of(_VISIT, "best_run_id", "best_sighting_id"),
                START_SOURCES,
                ACCOUNTS,
                of(_VISIT, "visit"),
                CLOCK,
                PLACE,
            ),
            ("case_ref", "gallery", "subject_id", "place", "visit"),
            _TIMELINE,
        ),
    }
)
