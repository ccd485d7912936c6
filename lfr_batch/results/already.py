"""What of a case's footage finished runs have searched, so that it need not be searched again.

A file was searched where its bytes were, by a run of the same case with the same ``search_key``
(all that decides what is found), and its verdict is final: searched whole, or in part by design. A
fault is final once two runs have said the same of the same bytes, since a disk may err. What was
given up, could not be got at, or changed meanwhile never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

from lfr_batch.config.schema import S3Config
from lfr_batch.footage.unchanged import SINCE_PLANNED, WHILE_READ
from lfr_batch.records import FootageAsset
from lfr_batch.results.answers import rows_of
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import is_locked
from lfr_batch.results.run_state import load_run, read_listing
from lfr_batch.results.sql import run_query
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

PASSING = (SINCE_PLANNED, WHILE_READ, "does not exist")
"""In what is said of a segment: the fault was not of what the file holds."""
CONTENT = (
    "content_id",
    "kind",
    "stream",
    "recording",
    "rotation_deg",
    "mirrored",
    "sample_aspect",
    "fields",
)
"""Columns of footage that decide what is seen in it."""

_ALIKE = """
alike AS (
  SELECT run_id FROM finished_runs
  WHERE kind = 'scan' AND case_ref = $case_ref AND search_key = $search_key
),
passing AS (
  SELECT DISTINCT run_id, footage_id FROM segments
  WHERE run_id IN (FROM alike)
    AND (status IN ('quarantined', 'pending')
      OR len(list_filter($passing::VARCHAR[], lambda said: contains(error, said))) > 0)
),
found AS (
  SELECT
    f.*, coalesce(f.known_from, f.run_id) AS searched_by,
    {'status': f.status, 'lost': f.segments_failed, 'searched_s': f.searched_s} AS verdict,
    f.known_from IS NULL AND f.status IN ('damaged', 'failed') AS is_faulty,
    f.known_from IS NOT NULL
      OR (p.footage_id IS NULL AND (f.status <> 'failed' OR f.state_id IS NOT NULL)) AS is_final
  FROM footage f
  JOIN alike USING (run_id)
  LEFT JOIN passing p USING (run_id, footage_id)
)"""
_BY_STATE = f"""
WITH {_ALIKE},
files AS (
  SELECT
    run_id, state_id, max(searched_by) AS searched_by, bool_or(is_faulty) AS is_faulty,
    bool_and(is_final) AS is_final, list(verdict ORDER BY footage_id) AS verdict
  FROM found
  WHERE state_id IS NOT NULL
  GROUP BY run_id, uri, state_id
)
SELECT state_id, max(searched_by) AS run_id
FROM files
WHERE is_final
GROUP BY state_id, verdict
HAVING NOT bool_or(is_faulty) OR count(DISTINCT run_id) > 1
"""
_BY_CONTENT = f"""
WITH {_ALIKE}
SELECT
  {", ".join(CONTENT)}, max(searched_by) AS run_id, any_value(status) AS status,
  any_value(error) AS error, any_value(unsearched_share) AS unsearched_share
FROM found
WHERE is_final AND content_id IN (SELECT unnest($content_ids::VARCHAR[]))
GROUP BY {", ".join(CONTENT)}, verdict
HAVING NOT bool_or(is_faulty) OR count(DISTINCT run_id) > 1
"""
_UNDER_WAY = """
SELECT run_id FROM runs
WHERE kind = 'scan' AND case_ref = $case_ref AND search_key = $search_key
  AND status IN ('planning', 'running')
"""
_OF_JOB = """
SELECT run_id FROM runs
WHERE standing = $standing AND status IN ('planning', 'running', 'failed', 'cancelled')
ORDER BY started_at, run_id
"""
_OTHERWISE = """
SELECT
  f.uri, max_by(r.gallery_snapshot, r.finished_at) AS gallery_snapshot,
  max_by(r.software_version, r.finished_at) AS software_version,
  max_by(f.searched_s, r.finished_at) AS searched_s
FROM (
  SELECT run_id, uri, sum(searched_s) AS searched_s FROM footage
  WHERE known_from IS NULL GROUP BY run_id, uri
) f
JOIN finished_runs r USING (run_id)
WHERE r.kind = 'scan' AND r.case_ref = $case_ref AND r.gallery = $gallery
  AND r.search_key IS DISTINCT FROM $search_key
GROUP BY f.uri
"""


class Searched(NamedTuple):
    """What became of footage in the run that searched it; as columns of ``footage``."""

    run_id: str
    status: Any
    error: str | None
    unsearched_share: float | None


class Otherwise(NamedTuple):
    """How a file was searched before, last: with another gallery snapshot, or other settings."""

    gallery_snapshot: str
    software_version: str
    searched_s: float


class Already:
    """Questions about one case and key; what was published when it was made or later. Whoever makes
    it closes it."""

    def __init__(self, store: Store, s3: S3Config, case_ref: str, search_key: str) -> None:
        self._store = store
        self._lake = open_lake(store.uri, s3)
        self._asked = {"case_ref": case_ref, "search_key": search_key}

    def by_state(self) -> dict[str, str]:
        """The run that searched a file, by the file's ``state_id``."""
        rows = self._rows(_BY_STATE, passing=list(PASSING))
        return {row["state_id"]: row["run_id"] for row in rows}

    def by_content(self, content_ids: Iterable[str]) -> dict[tuple[Any, ...], Searched]:
        """By the columns ``CONTENT``; see ``content_of``."""
        rows = self._rows(_BY_CONTENT, passing=list(PASSING), content_ids=list(content_ids))
        return {
            tuple(row[name] for name in CONTENT): Searched(*(row[n] for n in Searched._fields))
            for row in rows
        }

    def under_way(self) -> dict[str, str]:
        """The run that is searching a file at this moment, by the file's uri."""
        runs = [StoredRun(self._store, row["run_id"]) for row in self._rows(_UNDER_WAY)]
        return {uri: run.run_id for run in runs if is_locked(run) for uri in _listed(run)}

    def otherwise(self, gallery: str) -> dict[str, Otherwise]:
        """Of files that runs of the case with the gallery have searched with another key."""
        rows = self._rows(_OTHERWISE, gallery=gallery)
        return {row["uri"]: Otherwise(*(row[name] for name in Otherwise._fields)) for row in rows}

    def close(self) -> None:
        self._lake.close()

    def _rows(self, sql: str, **more: object) -> list[dict[str, Any]]:
        given = {**self._asked, **more}
        rows: list[dict[str, Any]] = rows_of(run_query(self._lake, sql, given))
        return rows


def interrupted(store: Store, s3: S3Config, standing: str) -> list[StoredRun]:
    """Runs of a standing job that have not come to their end and that nobody works on, the oldest
    first."""
    with closing(open_lake(store.uri, s3)) as lake:
        found = rows_of(run_query(lake, _OF_JOB, {"standing": standing}))
    runs = [StoredRun(store, row["run_id"]) for row in found]
    return [run for run in runs if not is_locked(run)]


def _listed(run: StoredRun) -> Iterator[str]:
    listing = load_run(run).listing
    if listing:
        for entry in read_listing(run, listing):
            yield entry.uri


def content_of(asset: FootageAsset) -> tuple[Any, ...]:
    """What decides what is seen in it."""
    return tuple(getattr(asset, name) for name in CONTENT)
