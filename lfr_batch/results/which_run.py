"""Which run is meant: its id, the beginning of it, or 'latest'. And which standing job."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lfr_batch.errors import QueryError, RunNotFound
from lfr_batch.results import layout
from lfr_batch.results.run_state import has_begun, load_run
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.ticks import STANDING, job_ids
from lfr_batch.storage.store import Store

LATEST = "latest"
NAMED = 5
"""Runs of which an error that is about many names so many."""

_STARTED = re.compile(r"(\d{8}-\d{6})-(?:scan|search|live|evaluation)-[0-9a-f]+")
"""An id as ``new_run_id`` makes it, with the second in which it was made, UTC."""
_BEGINNING = """
SELECT run_id FROM runs
WHERE run_id = $said OR starts_with(run_id, $said)
ORDER BY started_at DESC, run_id DESC
"""
_LATEST = """
SELECT run_id FROM asked_runs(NULL, $case_ref::VARCHAR)
ORDER BY finished_at DESC, run_id DESC LIMIT 1
"""


def which_run(store: Store, said: str) -> str:
    """The id of the run that ``said`` names: the id itself, the beginning of one run's alone, or
    'latest', the run that was started last, whatever became of it.

    What names no run comes back as it is: whoever looks for that run says so. Raises RunNotFound,
    naming runs, where several begin like it, and for a standing job, which is none.
    """
    if layout.is_run_id(said) and has_begun(StoredRun(store, said)):
        return said
    if said.startswith(STANDING):
        raise RunNotFound(
            f"{said} is a standing job, which is no run; `lfr status {said}` names its last run"
        )
    ids = run_ids(store)
    if said == LATEST and ids:
        return max(ids, key=lambda run_id: (_started(store, run_id), run_id))
    alike = sorted((run_id for run_id in ids if run_id.startswith(said)), reverse=True)
    if len(alike) > 1 and said:
        raise RunNotFound(_ambiguous(said, alike))
    return alike[0] if alike and said else said


def which_job(store: Store, said: str) -> str:
    """The id of the standing job that ``said`` names: the id, or the beginning of one job's alone.

    What names none comes back as it is. Raises RunNotFound where several begin like it.
    """
    alike = [job for job in job_ids(store) if job.startswith(said)]
    if said in alike or not alike:
        return said
    if len(alike) > 1:
        raise RunNotFound(_ambiguous(said, alike, "standing jobs"))
    return alike[0]


def run_ids(store: Store) -> Sequence[str]:
    """Of every run that has begun, and of one that is just beginning: by the names of folders."""
    return tuple(map(layout.run_id_in, store.folders("_state")))


def run_in_lake(lake: Lake, said: str, case_ref: str | None = None) -> str:
    """As ``which_run``, but asked of the views: 'latest' is the scan or search that finished last,
    of a case where given. Raises QueryError for one there is not, and where several are meant."""
    alike = _ids(lake, _BEGINNING, {"said": said})
    if said in alike:
        return said
    found = _ids(lake, _LATEST, {"case_ref": case_ref}) if said == LATEST else alike
    if not found and said == LATEST:
        of_case = f" of case {case_ref}" if case_ref is not None else ""
        raise QueryError(f"no run{of_case} has finished yet; `lfr runs` lists them")
    if not found or not said:
        raise QueryError(f"there is no run {said}; `lfr runs` lists them")
    if len(found) > 1:
        raise QueryError(_ambiguous(said, found))
    return found[0]


def _ids(lake: Lake, sql: str, given: dict[str, str | None]) -> list[str]:
    ids: list[str] = run_query(lake, sql, given).column(0).to_pylist()
    return ids


def _started(store: Store, run_id: str) -> str:
    """Text that sorts by the time; ids that say it are believed, of the others it is looked up."""
    told = _STARTED.fullmatch(run_id)
    return told[1] if told else f"{load_run(StoredRun(store, run_id)).started_at:%Y%m%d-%H%M%S}"


def _ambiguous(said: str, alike: Sequence[str], what: str = "runs") -> str:
    more = len(alike) - NAMED
    named = ", ".join(alike[:NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{len(alike)} {what} begin with {said}: {named}; give more of the id"
