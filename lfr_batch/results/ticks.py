"""A standing job's own record: what it is, and a line for every look that it took.

A tick that found nothing to search is no run: it is a line in a file of its day, and a count in
the job's own small file, so that ten thousand of them in a month cost nobody anything. DuckDB reads
the lines (``read_json('_ticks/*/*.jsonl')``).
"""

from __future__ import annotations

import json

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lfr_batch.results.marking import mark_lake
from lfr_batch.storage.store import Store

STANDING = "standing-"
"""Begins the id of a standing job."""
_JOBS, _TICKS = "_standing", "_ticks"
_TRIES = 3
_FORGOTTEN = "(forgotten)"
NAMED = 100
"""Files that wait, of which the record says which."""


class TickRow(BaseModel):
    """One look at the footage."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    files: int
    """That were listed."""
    searched_before: int = 0
    under_way: int = 0
    """That another run was searching."""
    waiting: int = 0
    """That were not still yet, or are tried again later."""
    run_id: str | None = None
    """The run of what was new; None: nothing was."""
    status: str | None = None
    """Of that run."""
    error: str | None = None
    """Why nothing could be searched."""


class StandingJob(BaseModel):
    """What is asked for again and again, by whom, and how far it is."""

    model_config = ConfigDict(frozen=True)

    job: str
    watches: bool
    """False: it is asked for anew each time (--new-only)."""
    inputs: tuple[str, ...]
    manifest: str | None
    gallery: str
    case_ref: str
    authority: str
    purpose: str
    operator: str
    began_at: AwareDatetime
    ticks: int = 0
    runs: int = 0
    last: TickRow | None = None
    waiting: tuple[str, ...] = ()
    """The files that wait, with the reason; the first of them."""


def record_start(store: Store, job: StandingJob) -> None:
    """Of a watch, whose first look may take days. Raises StoreError."""
    mark_lake(store)
    known = read_job(store, job.job)
    now = known.model_copy(update={"watches": True}) if known else job
    store.write_atomic(_place(job.job), now.model_dump_json(indent=1).encode())


def record_tick(store: Store, job: StandingJob, tick: TickRow) -> None:
    """Raises StoreError. What others record of the same job at the same moment is kept."""
    mark_lake(store)
    known = read_job(store, job.job)
    began_at = known.began_at if known else job.began_at
    counts = (known.ticks, known.runs) if known else (0, 0)
    now = job.model_copy(
        update={
            "began_at": began_at,
            "ticks": counts[0] + 1,
            "runs": counts[1] + (tick.run_id is not None),
            "last": tick,
        }
    )
    _append(store, _day(job, tick), tick.model_dump_json().encode() + b"\n")
    store.write_atomic(_place(job.job), now.model_dump_json(indent=1).encode())


def read_job(store: Store, job: str) -> StandingJob | None:
    """None where there is none, or a newer version wrote it."""
    try:
        return StandingJob.model_validate_json(store.read(_place(job)))
    except (FileNotFoundError, ValidationError):
        return None


def job_ids(store: Store) -> list[str]:
    """Of all standing jobs, by the names of their files."""
    return [path.rsplit("/", 1)[-1].removesuffix(".json") for path in store.list(_JOBS)]


def list_jobs(store: Store) -> list[StandingJob]:
    """The one that looked last first."""
    jobs = [job for name in job_ids(store) if (job := read_job(store, name))]
    return sorted(jobs, key=lambda job: job.last.at if job.last else job.began_at, reverse=True)


def forget_uri(store: Store, uri: str) -> None:
    """No standing job, and no look that one took, names a file any more. The job goes on: who has
    it look where the file still is has it searched again."""
    for path in store.list(_JOBS):
        job = read_job(store, path.rsplit("/", 1)[-1].removesuffix(".json"))
        if job and uri in job.model_dump_json():
            store.write_atomic(path, _job_without(job, uri).model_dump_json(indent=1).encode())
    named = json.dumps(uri, ensure_ascii=False)[1:-1].encode()
    for path in store.list(_TICKS):
        lines = store.read(path)
        if named in lines:
            store.write_atomic(path, lines.replace(named, _FORGOTTEN.encode()))


def names_uri(store: Store, uri: str) -> bool:
    """Whether a standing job, or a look that one took, names a file."""
    named = json.dumps(uri, ensure_ascii=False)[1:-1].encode()
    return any(named in store.read(path) for place in (_JOBS, _TICKS) for path in store.list(place))


def _job_without(job: StandingJob, uri: str) -> StandingJob:
    last = job.last
    if last and last.error:
        last = last.model_copy(update={"error": last.error.replace(uri, _FORGOTTEN)})
    return job.model_copy(
        update={
            "inputs": tuple(_FORGOTTEN if each == uri else each for each in job.inputs),
            "waiting": tuple(each for each in job.waiting if uri not in each),
            "last": last,
        }
    )


def _place(job: str) -> str:
    return f"{_JOBS}/{job}.json"


def _day(job: StandingJob, tick: TickRow) -> str:
    """A watch is alone; those who ask anew each time may be several at once."""
    return f"{_TICKS}/{job.job}/{tick.at:%Y-%m-%d}{'' if job.watches else '-asked'}.jsonl"


def _append(store: Store, path: str, line: bytes) -> None:
    for _ in range(_TRIES):
        if line not in (there := _read(store, path)):
            store.write_atomic(path, there + line)
        if line in _read(store, path):
            return


def _read(store: Store, path: str) -> bytes:
    try:
        return store.read(path)
    except FileNotFoundError:
        return b""
