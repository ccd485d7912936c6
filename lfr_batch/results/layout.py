"""Where everything lies under a results root. Paths are relative, with forward slashes."""

from __future__ import annotations

import re

LAKE_JSON = "lake.json"
VIEWS_SQL = "views.sql"
FINISHED = "finished"
"""In the name of a row of ``runs``: the run's parts were published."""

_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_DEPLOYMENT = re.compile(r"\d{8}-\d{6}-live-[0-9a-f]+")
_RUN_FILE = re.compile(r"(\d{3,})-([a-z_]+)\.parquet")


def is_run_id(text: str) -> bool:
    """Whether ``text`` can be a run's id; anything else must not become part of a path."""
    return _RUN_ID.fullmatch(text) is not None


def run_directory(dataset: str, run_id: str) -> str:
    return f"{dataset}/run_id={run_id}"


def run_id_of(path: str) -> str | None:
    """The run a path belongs to: ``_state/run_id=R/plan.parquet`` → ``R``."""
    found = re.search(r"(?:^|/)run_id=([^/]+)", path)
    return found.group(1) if found else None


def is_deployment(run_id: str) -> bool:
    """Whether it is of live mode, which is never resumed: ``new_run_id`` puts the kind into it."""
    return _DEPLOYMENT.fullmatch(run_id) is not None


def run_file(run_id: str, revision: int, status: str) -> str:
    name = FINISHED if status.startswith("complete") else status
    return f"{run_directory('runs', run_id)}/{revision:03d}-{name}.parquet"


def run_file_parts(path: str) -> tuple[int, str] | None:
    """(revision, name) of a file of the ``runs`` dataset; None for a stranger."""
    found = _RUN_FILE.fullmatch(path.rsplit("/", 1)[-1])
    return (int(found.group(1)), found.group(2)) if found else None


def state(run_id: str, *rest: str) -> str:
    return "/".join((f"_state/run_id={run_id}", *rest))


def part(directory: str, number: int) -> str:
    return f"{directory}/part-{number:05d}.parquet"


def shard(run_id: str, segment_id: str) -> str:
    return state(run_id, "shards", f"{segment_id}.parquet")
