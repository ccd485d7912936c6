"""Which runs a question is about: views and macros beside those of the datasets. Pure.

They are the one definition of "the latest finished run", for every ready question, in ``views.sql``
too, so that DuckDB's own command line has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.footage.segments import LEAST_BYTES_S
from lfr_batch.results.schemas import RUNS

FOOTAGE_KINDS = frozenset({"scan", "search"})
"""A live deployment is a run, too, but searches no footage."""
FINISHED = frozenset({"complete", "complete_partly", "complete_with_failures"})
"""Statuses of a run that came to its end and whose results are there."""

_BEST_SOURCES = ("manifest", "filename", "container")
"""Of wall-clock times, the best first."""

RUN_VIEWS: Mapping[str, tuple[pa.Schema, str]] = MappingProxyType(
    {
        "finished_runs": (RUNS, "Scans and searches that came to their end, with what they found."),
        "latest_run": (RUNS, "Of those the one that finished last; no row before the first."),
    }
)
"""Their columns, and what each view is."""

_FINISHED_RUNS = """\
CREATE OR REPLACE VIEW finished_runs AS
FROM runs
WHERE kind IN ({kinds}) AND status IN ({finished});"""

_ASKED_RUNS = """\
CREATE OR REPLACE MACRO asked_runs(one_run, one_case) AS TABLE
SELECT run_id, case_ref, gallery, finished_at
FROM runs
WHERE (one_case IS NULL OR case_ref = one_case)
  AND (run_id = one_run OR (one_run IS NULL AND run_id IN (SELECT run_id FROM finished_runs)));"""

_ASKED_RUN = """\
CREATE OR REPLACE MACRO asked_run(one_run, one_case) AS TABLE
FROM asked_runs(one_run, one_case)
ORDER BY finished_at DESC, run_id DESC
LIMIT 1;"""

_LATEST_RUN = """\
CREATE OR REPLACE VIEW latest_run AS
FROM runs
WHERE run_id IN (SELECT run_id FROM asked_run(NULL, NULL));"""

_SIGHTINGS_ONCE = """\
CREATE OR REPLACE MACRO sightings_once(one_run, one_case) AS TABLE
WITH searched AS (
  SELECT
    r.*, f.footage_id, f.uri, f.site, f.camera_id, f.start_utc AS begins, f.start_source,
    10 * (f.camera_id IS NULL)::INTEGER + CASE
      WHEN f.start_utc IS NULL THEN 3
      ELSE coalesce(list_position({sources}, f.start_source) - 1, 2) END AS unknown,
    concat_ws(':',
      coalesce(max(f.content_id) OVER (PARTITION BY f.footage_id), f.footage_id),
      coalesce(f.stream, 0), coalesce(f.recording, 1)) AS content
  FROM asked_runs(one_run, one_case) r
  JOIN footage f USING (run_id)
),
counted AS (
  SELECT *, greatest(
    count(DISTINCT camera_id) OVER same, count(DISTINCT begins) OVER same) AS accounts
  FROM searched
  WINDOW same AS (PARTITION BY case_ref, content, unknown)
),
known AS (
  FROM counted
  QUALIFY row_number() OVER (
    PARTITION BY case_ref, content
    ORDER BY unknown, finished_at DESC, run_id DESC, uri, footage_id) = 1
)
SELECT
  s.* REPLACE (
    k.camera_id AS camera_id,
    k.begins + to_microseconds(round(s.start_s * 1e6)::BIGINT) AS start_utc,
    k.begins + to_microseconds(round(s.end_s * 1e6)::BIGINT) AS end_utc,
    k.begins + to_microseconds(round(s.best_s * 1e6)::BIGINT) AS best_utc,
    coalesce(k.start_source, 'none') AS start_source),
  k.site, k.accounts, f.case_ref, f.gallery, f.finished_at, f.uri, f.content
FROM searched f
JOIN known k ON k.content = f.content AND k.case_ref IS NOT DISTINCT FROM f.case_ref
JOIN sightings s ON s.run_id = f.run_id AND s.footage_id = f.footage_id
QUALIFY dense_rank() OVER (
  PARTITION BY f.case_ref, f.gallery, s.subject_id, f.content
  ORDER BY f.finished_at DESC, s.run_id DESC, f.unknown, f.uri, f.footage_id) = 1;"""
"""Sightings in which footage that was searched again, or of which there are copies, counts once:
for each subject as the last of the runs has it that saw them there. Camera, site and time are those
of the row of footage, in any run of the case, that knows the camera and, from the best source, the
time; of such the last. ``accounts`` is how many different cameras or times such rows state: above 1
they contradict each other. ``content`` is what copies have in common; 0.1.0 did not write
``content_id``, so a run that did says it of the same file."""

_KNOWN_LENGTH = """\
CREATE OR REPLACE MACRO known_length_s(duration_s, bytes) AS
  CASE WHEN duration_s > 0 AND duration_s * {least_bytes_s} <= coalesce(bytes, 'inf'::DOUBLE)
  THEN duration_s END;"""
"""Null where a file's account of its length is missing, or more than its bytes can hold."""


def create_run_views() -> str:
    """The script; the views of the datasets must be there."""
    names = {"kinds": _quoted(FOOTAGE_KINDS), "finished": _quoted(FINISHED)}
    return "\n\n".join(
        [
            _FINISHED_RUNS.format(**names),
            _ASKED_RUNS,
            _ASKED_RUN,
            _LATEST_RUN,
            _SIGHTINGS_ONCE.format(sources=list(_BEST_SOURCES)),
            _KNOWN_LENGTH.format(least_bytes_s=LEAST_BYTES_S),
            *(f"COMMENT ON VIEW {view} IS '{text}';" for view, (_, text) in RUN_VIEWS.items()),
        ]
    )


def _quoted(words: frozenset[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))
