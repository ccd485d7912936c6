"""How fast footage was searched by runs of this lake, and how much came of it."""

from __future__ import annotations

from contextlib import closing

from lfr_batch.config.schema import S3Config
from lfr_batch.results.answers import rows_of
from lfr_batch.results.lake import open_lake
from lfr_batch.results.rate import Rate
from lfr_batch.results.sql import run_query
from lfr_batch.storage.store import Store

LAST = 20
"""Runs that count, of those that were alike."""

_RATE = f"""
WITH measured AS (
  SELECT * FROM finished_runs
  WHERE kind = 'scan' AND media_s > 0 AND worker_s > 0
),
alike AS (
  FROM measured
  WHERE computed_on = coalesce($computed_on::VARCHAR, (
    SELECT max_by(computed_on, finished_at) FROM measured WHERE config_hash = $config_hash))
    AND config_hash = $config_hash
  ORDER BY finished_at DESC
  LIMIT {LAST}
)
SELECT
  count(*) AS runs, sum(media_s) AS media_s, sum(worker_s) AS worker_s,
  sum(sightings)::DOUBLE AS sightings, sum(segments_planned)::DOUBLE AS segments,
  any_value(computed_on) AS on_what
FROM alike
"""


def measured_rate(
    store: Store, s3: S3Config, config_hash: str, computed_on: str | None = None
) -> Rate | None:
    """None where nothing was measured. ``computed_on`` None: as on the last such run."""
    given = {"computed_on": computed_on, "config_hash": config_hash}
    with closing(open_lake(store.uri, s3)) as lake:
        (row,) = rows_of(run_query(lake, _RATE, given))
    if not row["runs"]:
        return None
    media_s = row["media_s"]
    return Rate(
        runs=row["runs"],
        measured_s=media_s,
        on_what=row["on_what"] or "an engine that is not on record",
        media_s=media_s / row["worker_s"],
        sightings=(row["sightings"] or 0) / media_s,
        segments=(row["segments"] or 0) / media_s,
    )
