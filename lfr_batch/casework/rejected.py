"""What was rejected in a run of a case stays rejected in its later runs.

It is the same where the same stretch of the same footage brings up the same person of the same
gallery again, whatever the later run's settings are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial

from lfr_batch.casework.decisions import KeptOf
from lfr_batch.casework.examination import Rejected, settle
from lfr_batch.results.answers import rows_of
from lfr_batch.results.sql import Lake, run_query

_EARLIER = """
SELECT n.run_id, list(o.run_id ORDER BY o.started_at) AS earlier
FROM runs o JOIN runs n USING (case_ref, gallery)
WHERE list_contains($runs::VARCHAR[], n.run_id) AND o.run_id <> n.run_id
  AND o.started_at <= n.started_at
GROUP BY n.run_id
"""
_AGAIN = """
WITH rejected AS (
  SELECT unnest($runs::VARCHAR[]) AS run_id, unnest($sightings::VARCHAR[]) AS sighting_id,
    unnest($subjects::VARCHAR[]) AS subject_id
),
earlier AS (
  SELECT r.run_id, r.sighting_id, r.subject_id, s.start_s, s.end_s, s.picture, f.stream,
    f.recording, coalesce(f.content_id, f.sha256, f.uri) AS content
  FROM rejected r
  JOIN sightings s ON s.run_id = r.run_id AND s.sighting_id = r.sighting_id
  JOIN footage f ON f.run_id = s.run_id AND f.footage_id = s.footage_id
)
SELECT s.sighting_id AS again, e.run_id, e.sighting_id, e.subject_id
FROM sightings s
JOIN footage f ON f.run_id = s.run_id AND f.footage_id = s.footage_id
JOIN earlier e ON e.subject_id = s.subject_id
  AND e.content = coalesce(f.content_id, f.sha256, f.uri)
  AND e.stream IS NOT DISTINCT FROM f.stream
  AND e.recording IS NOT DISTINCT FROM f.recording
  AND e.picture IS NOT DISTINCT FROM s.picture
  AND e.start_s <= s.end_s AND s.start_s <= e.end_s
WHERE s.run_id = $run_id
ORDER BY again, e.run_id, e.sighting_id
"""


def rejected_before(
    lake: Lake, kept_of: KeptOf, run_ids: Sequence[str]
) -> Mapping[str, Mapping[str, Rejected]]:
    """By the run, of those that are asked about, and its sighting. Raises StoreError,
    ResultsError."""
    gone = cache(partial(_eliminated, kept_of))
    found: dict[str, Mapping[str, Rejected]] = {}
    for row in rows_of(run_query(lake, _EARLIER, {"runs": list(run_ids)})):
        again = [each for earlier in row["earlier"] for each in gone(earlier)]
        found[row["run_id"]] = _again(lake, row["run_id"], again) if again else {}
    return found


def _eliminated(kept_of: KeptOf, run_id: str) -> Sequence[Rejected]:
    kept = kept_of(run_id).decisions
    settled = {sighting_id: settle(each) for sighting_id, each in kept.items()}
    return [
        Rejected(run_id, sighting_id, each.subject_id)
        for sighting_id, each in settled.items()
        if each.course == "eliminated" and each.subject_id
    ]


def _again(lake: Lake, run_id: str, gone: Sequence[Rejected]) -> Mapping[str, Rejected]:
    given = {
        "run_id": run_id,
        "runs": [each.run_id for each in gone],
        "sightings": [each.sighting_id for each in gone],
        "subjects": [each.subject_id for each in gone],
    }
    return {
        row["again"]: Rejected(row["run_id"], row["sighting_id"], row["subject_id"])
        for row in rows_of(run_query(lake, _AGAIN, given))
    }
