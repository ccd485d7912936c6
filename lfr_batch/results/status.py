"""What ``lfr runs`` and ``lfr status`` show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from lfr_batch.results.ledger import read_outcomes
from lfr_batch.results.lock import is_locked
from lfr_batch.results.progress import RunProgress, summarise
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import RunRequest, load_run, read_plan
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import Store

INTERRUPTED = "interrupted"

_RUNS = """
SELECT run_id, kind, status, started_at, finished_at, case_ref, gallery, footage,
  segments_planned, segments_done, segments_failed, segments_quarantined, sightings, media_s, error
FROM runs ORDER BY run_id DESC
"""


@dataclass(frozen=True, slots=True)
class RunStatus:
    request: RunRequest
    status: str
    """As in ``runs``, or 'interrupted'."""
    error: str | None
    progress: RunProgress
    sightings: int
    """Of the published run; before stitching while it is not published."""
    elapsed_s: float
    """From the first start to the end or, of a running run, to now."""

    @property
    def speed(self) -> float | None:
        """Media seconds searched per second since the first start; None before any."""
        return self.progress.media_s / self.elapsed_s if self.elapsed_s > 0 else None


def run_rows(connection: duckdb.DuckDBPyConnection, store: Store) -> list[dict[str, Any]]:
    """Every run, newest first; a running one that nobody holds is 'interrupted'."""
    rows: Sequence[dict[str, Any]] = run_query(connection, _RUNS).to_pylist()
    return [{**row, "status": shown_status(store, row["run_id"], row["status"])} for row in rows]


def run_progress(store: Store, run_id: str, now: datetime | None = None) -> RunStatus:
    """Raises RunNotFound, ResultsTooNew."""
    request = load_run(store, run_id)
    progress = summarise(read_plan(store, run_id), read_outcomes(store, run_id))
    row = latest_row(store, run_id) or {"status": "running", "error": None}
    finished, counted = row.get("finished_at"), row.get("sightings")
    until = finished or now or datetime.now(UTC)
    return RunStatus(
        request=request,
        status=shown_status(store, run_id, row["status"]),
        error=row["error"],
        progress=progress,
        sightings=progress.sightings if counted is None else counted,
        elapsed_s=max((until - request.started_at).total_seconds(), 0.0),
    )


def shown_status(store: Store, run_id: str, recorded: str) -> str:
    if recorded == "running" and not is_locked(store, run_id):
        return INTERRUPTED
    return recorded
