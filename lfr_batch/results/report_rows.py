"""What a report asks the lake: a run, a case or a person, as far as one page can show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lfr_batch.errors import QueryError
from lfr_batch.results.answers import Row, rows_of
from lfr_batch.results.run_views import FOOTAGE_KINDS
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.views import quoted

MAX_PEOPLE = 1000
"""The strongest are named; the report says how many there are."""


@dataclass(frozen=True, slots=True)
class ReportScope:
    """What a report is about: at least one of them; None: any."""

    run_id: str | None = None
    case_ref: str | None = None
    subject_id: str | None = None

    @property
    def given(self) -> Mapping[str, str | None]:
        return {
            "run_id": self.run_id,
            "case_ref": self.case_ref,
            "subject_id": self.subject_id,
        }


_RUNS = """
SELECT * FROM runs
WHERE kind IN ({kinds})
  AND ($run_id::VARCHAR IS NULL OR run_id = $run_id)
  AND ($case_ref::VARCHAR IS NULL OR case_ref = $case_ref)
ORDER BY started_at, run_id
"""
_PEOPLE = """
WITH once AS (
  FROM sightings_once($run_id::VARCHAR, $case_ref::VARCHAR)
  WHERE $subject_id::VARCHAR IS NULL OR subject_id = $subject_id
),
people AS (
  SELECT
    gallery, subject_id, count(*) AS sightings, min(start_utc) AS first_utc,
    max(end_utc) AS last_utc, count(DISTINCT coalesce(camera_id, uri)) AS cameras,
    max(score) AS best_score, count(*) OVER () AS people, sum(count(*)) OVER () AS in_all,
    max({{
      'score': score, 'sighting_id': sighting_id, 'run_id': run_id, 'camera_id': camera_id,
      'site': site, 'start_us': epoch_us(start_utc), 'start_source': start_source,
      'accounts': accounts}}, {per_person}) AS best
  FROM once
  GROUP BY gallery, subject_id
  ORDER BY best_score DESC, gallery, subject_id
  LIMIT {people}
),
shown AS (
  SELECT * EXCLUDE (best), unnest(best) AS one FROM people
)
SELECT
  p.gallery, p.sightings AS of_person, p.first_utc, p.last_utc, p.cameras, p.best_score, p.people,
  p.in_all, s.run_id, s.sighting_id, s.footage_id, s.subject_id, s.image_id, s.score, s.margin,
  s.threshold, s.quality, s.frames, s.pieces, s.picture, s.start_s, s.end_s, s.best_s,
  p.one.camera_id AS camera_id, p.one.site AS site, p.one.accounts AS accounts,
  p.one.start_source AS start_source, make_timestamptz(p.one.start_us) AS start_utc,
  f.uri, f.kind, f.notes, f.pictures
FROM shown p
JOIN sightings s ON s.run_id = p.one.run_id AND s.sighting_id = p.one.sighting_id
JOIN footage f ON f.run_id = s.run_id AND f.footage_id = s.footage_id
WHERE s.run_id IN ({runs}) AND f.run_id IN ({runs})
ORDER BY p.best_score DESC, p.gallery, p.subject_id, s.score DESC, s.sighting_id
"""
_SIGHTED = """
SELECT count(*) AS n FROM sightings
WHERE run_id IN ({runs}) AND ($subject_id::VARCHAR IS NULL OR subject_id = $subject_id)
"""
_RUNS_WITH = "SELECT DISTINCT run_id FROM sightings WHERE subject_id = $subject_id"
_FOOTAGE = """
SELECT run_id, footage_id, uri, kind, camera_id, site, start_utc, start_source, duration_s,
  known_length_s(duration_s, bytes) AS length_s, stream, recording, pictures, status, error,
  unsearched_share, searched_s, frames_analysed, faces_detected, faces_rejected, sightings
FROM footage WHERE run_id IN ({runs}) ORDER BY run_id, uri, stream, recording, footage_id
"""
_SEGMENTS = """
SELECT run_id, footage_id, start_s, end_s, status, error, unsearched, media_s, rejections
FROM segments WHERE run_id IN ({runs}) ORDER BY run_id, start_s, segment_id
"""
_CANDIDATES = """
SELECT * FROM candidates WHERE run_id IN ({runs}) AND sighting_id IN ({sightings})
ORDER BY run_id, sighting_id, rank
"""
_SHOTS = """
SELECT run_id, sighting_id, jpeg FROM best_shots
WHERE run_id IN ({runs}) AND sighting_id IN ({sightings})
"""
_SEEN = """
SELECT footage_id, subject_id, score, start_s, end_s, picture FROM sightings
WHERE run_id = $run_id AND footage_id IN ({files})
  AND ($subject_id::VARCHAR IS NULL OR subject_id = $subject_id)
QUALIFY row_number() OVER (PARTITION BY footage_id ORDER BY score DESC, sighting_id) <= {most}
ORDER BY footage_id, start_s, picture, sighting_id
"""


def runs_asked(lake: Lake, asked: ReportScope) -> list[Row]:
    """Rows of ``runs``, oldest first, those that are not finished too.

    Raises QueryError for a run of another case.
    """
    found = _rows(lake, _RUNS.format(kinds=_texts(FOOTAGE_KINDS)), asked)
    if not found and asked.run_id and asked.case_ref:
        of_run = runs_asked(lake, ReportScope(asked.run_id))
        for run in of_run:
            raise QueryError(f"run {asked.run_id} is of case {run['case_ref']}")
    return found


def people_sighted(
    lake: Lake, run_ids: Iterable[str], asked: ReportScope, per_person: int
) -> list[Row]:
    """A row for each of a person's strongest sightings, with what all of that person's amount to.
    ``run_ids``: of ``runs_asked``.

    The same bytes searched twice, and copies, count once (``run_views``: ``sightings_once``).
    """
    sql = _PEOPLE.format(runs=_texts(run_ids), per_person=per_person, people=MAX_PEOPLE)
    return _rows(lake, sql, asked)


def sighted_in_all(lake: Lake, run_ids: Iterable[str], asked: ReportScope) -> int:
    """Sightings of these runs, those in copies too."""
    (row,) = _rows(lake, _SIGHTED.format(runs=_texts(run_ids)), asked)
    return int(row["n"])


def runs_with(lake: Lake, asked: ReportScope) -> frozenset[str]:
    """The runs in which a person was seen."""
    return frozenset(row["run_id"] for row in _rows(lake, _RUNS_WITH, asked))


def footage_of(lake: Lake, run_ids: Iterable[str]) -> list[Row]:
    return _rows(lake, _FOOTAGE.format(runs=_texts(run_ids)))


def segments_of(lake: Lake, run_ids: Iterable[str]) -> list[Row]:
    return _rows(lake, _SEGMENTS.format(runs=_texts(run_ids)))


def candidates_of(lake: Lake, sightings: Iterable[Row]) -> list[Row]:
    return _rows(lake, _of(sightings, _CANDIDATES))


def evidence_of(lake: Lake, sightings: Iterable[Row]) -> dict[tuple[str, str], bytes]:
    """Evidence pictures by run and sighting: of these alone."""
    rows = _rows(lake, _of(sightings, _SHOTS))
    return {(row["run_id"], row["sighting_id"]): row["jpeg"] for row in rows}


def seen_in(lake: Lake, asked: ReportScope, footage_ids: Iterable[str], most: int) -> list[Row]:
    """Of one run: who was seen when in each of these files; of a file, the ``most`` strongest."""
    return _rows(lake, _SEEN.format(files=_texts(footage_ids), most=most), asked)


def _of(sightings: Iterable[Row], sql: str) -> str:
    keys = list(sightings)
    return sql.format(
        runs=_texts({row["run_id"] for row in keys}),
        sightings=_texts({row["sighting_id"] for row in keys}),
    )


def _rows(lake: Lake, sql: str, asked: ReportScope | None = None) -> list[Row]:
    given: Mapping[str, Any] = asked.given if asked else {}
    return rows_of(run_query(lake, sql, given))


def _texts(values: Iterable[str]) -> str:
    """As literals, which leave out parts and row groups. Nothing is in an empty list."""
    return ", ".join(map(quoted, sorted(values))) or "NULL"
