"""Standing jobs in `lfr runs` and `lfr status`: what is watched, and when it was last looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lfr_batch.cli.output import answer, answer_json, answer_table, nothing
from lfr_batch.errors import RunNotFound
from lfr_batch.results.lock import is_locked
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.ticks import StandingJob, list_jobs, read_job
from lfr_batch.storage.store import Store

COLUMNS = ["job", "status", "case_ref", "gallery", "files", "waiting", "runs", "ticks", "last_look"]


def standing_rows(store: Store) -> list[dict[str, Any]]:
    """Beside the rows of runs: ``kind`` is 'standing', ``run_id`` the job's, ``finished_at`` when
    it was last looked at."""
    return [_row(job, StoredRun(store, job.job)) for job in list_jobs(store)]


def _row(job: StandingJob, run: StoredRun) -> dict[str, Any]:
    last = job.last
    return {
        "run_id": job.job,
        "kind": "standing",
        "status": "watching" if is_locked(run) else "stopped" if job.watches else "asked for",
        "started_at": job.began_at,
        "finished_at": last.at if last else None,
        "case_ref": job.case_ref,
        "gallery": job.gallery,
        "inputs": job.inputs,
        "error": last.error if last else None,
        "files": last.files if last else None,
        "searched_before": last.searched_before if last else None,
        "waiting": last.waiting if last else None,
        "last_run": last.run_id if last else None,
        "runs": job.runs,
        "ticks": job.ticks,
    }


def tell_standing(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        answer("")
        shown = [{**row, "job": row["run_id"], "last_look": row["finished_at"]} for row in rows]
        answer_table(shown, COLUMNS)


def show_job(run: StoredRun, as_json: bool) -> None:
    """Raises RunNotFound."""
    job = read_job(run.store, run.run_id)
    if job is None:
        raise RunNotFound(
            f"there is no standing job {run.run_id} in {run.store.uri}: see `lfr runs`"
        )
    row = _row(job, run)
    if as_json:
        answer_json([{**row, "files_waiting": job.waiting}])
        return
    for name, value in row.items():
        shown = ", ".join(value) if isinstance(value, tuple) else value
        answer(f"{name:16} {nothing() if shown is None else shown}")
    for file in job.waiting:
        answer(f"{'waits':16} {file}")
