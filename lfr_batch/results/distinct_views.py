"""Sightings as people read them, and each event once: views and macros. Pure.

What is about several runs is a macro with the run or case it is asked for, so that a question about
one run reads that run alone; its view asks for every run that has finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results.columns import schema_of
from lfr_batch.results.constraints import ENUMS
from lfr_batch.results.documented import DocumentedView, joined, of
from lfr_batch.results.run_schemas import FOOTAGE, RUNS
from lfr_batch.results.schemas import SIGHTINGS, SUBJECTS
from lfr_batch.results.view_columns import (
    ACCOUNTS,
    CASE,
    NAME,
    SITE,
    SUBJECT,
    TIME_ZONE,
    WALL_CLOCK,
)

SAME_EVENT_S = 5
"""Sightings of one person in one content that are closer than this in media time are one event,
which several runs have seen."""

_BEST_SOURCES = ("manifest", "filename", "container")
"""Of wall-clock times, the best first."""

_START_SOURCE = f"ENUM({', '.join(map(repr, ENUMS['sightings', 'start_source']))})"

_SIGHTINGS_WIDE = """\
CREATE OR REPLACE MACRO local_time(moment, zone) AS TRY(timezone(zone, moment));

CREATE OR REPLACE VIEW sightings_wide AS
SELECT
  s.run_id, s.sighting_id, r.case_ref, r.gallery, r.gallery_snapshot, s.subject_id, n.name,
  n.attributes, s.score, s.margin, s.threshold, s.quality, f.uri, f.stream, f.recording, s.picture,
  f.site, s.camera_id, s.start_s, s.end_s, s.best_s, s.start_utc, s.end_utc, s.best_utc,
  local_time(s.start_utc, time_zone_of(r.config)) AS start_local,
  local_time(s.end_utc, time_zone_of(r.config)) AS end_local,
  local_time(s.best_utc, time_zone_of(r.config)) AS best_local,
  time_zone_of(r.config) AS time_zone,
  s.start_source, s.frames, s.footage_id, s.segment_id, s.image_id
FROM sightings s
JOIN runs r USING (run_id)
JOIN footage f USING (run_id, footage_id)
LEFT JOIN subjects n USING (run_id, subject_id);"""

_SEEN = f"""\
  SELECT
    s.* REPLACE (
      k.camera_id AS camera_id,
      k.begins + to_microseconds(round(s.start_s * 1e6)::BIGINT) AS start_utc,
      k.begins + to_microseconds(round(s.end_s * 1e6)::BIGINT) AS end_utc,
      k.begins + to_microseconds(round(s.best_s * 1e6)::BIGINT) AS best_utc,
      coalesce(k.start_source, 'none')::{_START_SOURCE} AS start_source),
    k.site, k.accounts, f.case_ref, f.gallery, f.finished_at, f.time_zone, f.uri, f.content,
    f.model_pack, f.unknown
  FROM counted f
  JOIN known k ON k.content = f.content AND k.case_ref IS NOT DISTINCT FROM f.case_ref
  JOIN sightings s ON s.run_id = f.run_id AND s.footage_id = f.footage_id
  WHERE f.searches {{}}"""

_SIGHTINGS_ONCE = f"""\
CREATE OR REPLACE MACRO footage_searched(one_run, one_case) AS TABLE
SELECT
  r.*, f.footage_id, f.uri, f.site, f.camera_id, f.start_utc AS begins, f.start_source,
  f.status::VARCHAR AS footage_status,
  10 * (f.camera_id IS NULL)::INTEGER + CASE
    WHEN f.start_utc IS NULL THEN 3
    ELSE coalesce(list_position({list(_BEST_SOURCES)}, f.start_source::VARCHAR) - 1, 2)
    END AS unknown,
  concat_ws(':',
    coalesce(max(f.content_id) OVER (PARTITION BY f.footage_id), f.footage_id),
    coalesce(f.stream, 0), coalesce(f.recording, 1)) AS content
FROM asked_runs(one_run, one_case) r
JOIN footage f USING (run_id);

CREATE OR REPLACE MACRO sightings_once(one_run, one_case) AS TABLE
WITH counted AS (
  SELECT
    *,
    greatest(count(DISTINCT camera_id) OVER same, count(DISTINCT begins) OVER same) AS accounts,
    count(*) OVER (PARTITION BY case_ref, gallery, content) AS searches
  FROM footage_searched(one_run, one_case)
  WINDOW same AS (PARTITION BY case_ref, content, unknown)
),
known AS (
  FROM counted
  QUALIFY row_number() OVER (
    PARTITION BY case_ref, content
    ORDER BY unknown, finished_at DESC, run_id DESC, uri, footage_id) = 1
),
again AS (
{_SEEN.format("> 1")}
),
in_order AS (
  SELECT *, start_s - max(end_s) OVER (
    PARTITION BY case_ref, gallery, content, subject_id, picture
    ORDER BY start_s, end_s, run_id, sighting_id, footage_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS after_s
  FROM again
),
events AS (
  SELECT *, count(*) FILTER (after_s IS NULL OR after_s > {SAME_EVENT_S}) OVER (
    PARTITION BY case_ref, gallery, content, subject_id, picture
    ORDER BY start_s, end_s, run_id, sighting_id, footage_id
    ROWS UNBOUNDED PRECEDING) AS event
  FROM in_order
),
rated AS (
  SELECT
    *,
    max(score) OVER (
      PARTITION BY case_ref, gallery, content, subject_id, picture, event, run_id, footage_id
    ) AS best_score,
    first_value(model_pack) OVER (
      PARTITION BY case_ref, gallery, content, subject_id, picture, event
      ORDER BY finished_at DESC, run_id DESC) AS last_pack
  FROM events
),
kept AS (
  SELECT * EXCLUDE (after_s, event, best_score, last_pack)
  FROM rated
  QUALIFY dense_rank() OVER (
    PARTITION BY case_ref, gallery, content, subject_id, picture, event
    ORDER BY
      model_pack IS DISTINCT FROM last_pack, best_score DESC, finished_at DESC, run_id DESC,
      unknown, uri, footage_id) = 1
),
single AS (
{_SEEN.format("= 1")}
)
SELECT * EXCLUDE (model_pack, unknown)
FROM (FROM single UNION ALL BY NAME FROM kept);"""
"""Sightings in which footage that was searched again, or of which there are copies, counts once.

For each subject, sightings in the same content that are less than SAME_EVENT_S apart are one event;
of it those of one search count: the one with the highest score among those by the model pack that
was used last (scores of different packs say nothing about each other), of equals the last. Nothing
that any run saw is lost. Camera, site and time are those of the row of footage, in any run of the
case, that knows the camera and, from the best source, the time; of such the last. ``accounts`` is
how many different cameras or times such rows state: above 1 they contradict each other. ``content``
is what copies have in common; 0.1.0 did not write ``content_id``, so a run that did says it of the
same file. Only what was searched more than once is compared, the rest is passed on."""

_SIGHTINGS_DISTINCT = """\
CREATE OR REPLACE VIEW sightings_distinct AS
SELECT
  s.run_id, s.sighting_id, s.case_ref, s.gallery, s.subject_id, n.name, s.score, s.margin,
  s.threshold, s.quality, s.uri, s.content, s.picture, s.site, s.camera_id, s.start_s, s.end_s,
  s.best_s, s.start_utc, s.end_utc, s.best_utc,
  local_time(s.start_utc, s.time_zone) AS start_local,
  local_time(s.end_utc, s.time_zone) AS end_local,
  s.time_zone, s.start_source, s.accounts, s.frames, s.footage_id,
  s.segment_id, s.image_id
FROM sightings_once(NULL, NULL) s
LEFT JOIN subjects n USING (run_id, subject_id);"""

_LOCAL = schema_of(
    ("start_local", WALL_CLOCK, "First moment, local time; null where the wall clock is unknown."),
    ("end_local", WALL_CLOCK, "Last moment, local time; null where the wall clock is unknown."),
)
_BEST_LOCAL = schema_of(
    ("best_local", WALL_CLOCK, "Moment of the evidence picture, local time; null where unknown."),
)
_HOW_SURE = of(SIGHTINGS, "score", "margin", "threshold", "quality")
_MEDIA_TIMES = of(SIGHTINGS, "start_s", "end_s", "best_s")
_UTC_TIMES = of(SIGHTINGS, "start_utc", "end_utc", "best_utc")
_CONTENT = schema_of(
    ("content", pa.string(), "What copies have in common: bytes, stream and recording.")
)
_IDS = of(SIGHTINGS, "frames", "footage_id", "segment_id", "image_id")

DISTINCT_VIEWS: Mapping[str, DocumentedView] = MappingProxyType(
    {
        "sightings_wide": DocumentedView(
            "Every sighting of every run with its case, file, camera, local time and the subject's "
            "name and attributes.",
            joined(
                of(SIGHTINGS, "run_id", "sighting_id"),
                of(RUNS, "case_ref", "gallery", "gallery_snapshot"),
                SUBJECT,
                of(SUBJECTS, "name", "attributes"),
                _HOW_SURE,
                of(FOOTAGE, "uri", "stream", "recording"),
                of(SIGHTINGS, "picture"),
                SITE,
                of(SIGHTINGS, "camera_id"),
                _MEDIA_TIMES,
                _UTC_TIMES,
                _LOCAL,
                _BEST_LOCAL,
                TIME_ZONE,
                of(SIGHTINGS, "start_source"),
                _IDS,
            ),
            ("run_id", "sighting_id"),
            _SIGHTINGS_WIDE,
        ),
        "sightings_distinct": DocumentedView(
            "Sightings of all finished runs in which the same bytes, searched twice in a case or "
            "there in copies, count once: of one event the search with the best score.",
            joined(
                of(SIGHTINGS, "run_id", "sighting_id"),
                CASE,
                SUBJECT,
                NAME,
                _HOW_SURE,
                of(FOOTAGE, "uri"),
                _CONTENT,
                of(SIGHTINGS, "picture"),
                SITE,
                of(SIGHTINGS, "camera_id"),
                _MEDIA_TIMES,
                _UTC_TIMES,
                _LOCAL,
                TIME_ZONE,
                of(SIGHTINGS, "start_source"),
                ACCOUNTS,
                _IDS,
            ),
            ("run_id", "sighting_id"),
            f"{_SIGHTINGS_ONCE}\n\n{_SIGHTINGS_DISTINCT}",
        ),
    }
)
