"""Where everything lies under a results root. Paths are relative, with forward slashes.

Every holder of a run writes under names of its own: its *epoch*, like ``000003-1f2e3d4c``, which
sorts as text by number and then by token (``hold.py``). '' is a run of version 0.1, whose names
have none, and sorts before all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LAKE_JSON = "lake.json"
VIEWS_SQL = "views.sql"
FINISHED = "finished"
"""In the name of a row of ``runs``: the run's parts were published."""
NO_EPOCH = ""

EPOCH = r"\d{6}-[0-9a-f]{8}"
PART = rf"(?:^|/)run_id=([^/]+)/(?:({EPOCH})-)?[^/]*$"
"""Of a part's path, absolute or not: its run and the epoch in its name. DuckDB reads it as Python
does. Only the folder of the part itself counts: any above the root may be called as it likes."""

_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_DEPLOYMENT = re.compile(r"\d{8}-\d{6}-live-[0-9a-f]+")
_RUN_FILE = re.compile(rf"(?:({EPOCH})-)?(\d{{3,}})-([a-z_]+)\.parquet")
_PART = re.compile(PART)


def is_run_id(text: str) -> bool:
    """Whether ``text`` can be a run's id; anything else must not become part of a path."""
    return _RUN_ID.fullmatch(text) is not None


def run_directory(dataset: str, run_id: str) -> str:
    return f"{dataset}/run_id={run_id}"


def run_id_of(path: str) -> str | None:
    """The run a path below the root belongs to: ``_state/run_id=R/plan.parquet`` → ``R``."""
    found = re.search(r"(?:^|/)run_id=([^/]+)", path)
    return found.group(1) if found else None


def epoch_of(path: str) -> str:
    """The epoch in a part's name."""
    found = _PART.search(path)
    return (found and found.group(2)) or NO_EPOCH


def is_deployment(run_id: str) -> bool:
    """Whether it is of live mode, which is never resumed: ``new_run_id`` puts the kind into it."""
    return _DEPLOYMENT.fullmatch(run_id) is not None


def run_file(run_id: str, epoch: str, revision: int, status: str) -> str:
    name = FINISHED if status.startswith("complete") else status
    return f"{run_directory('runs', run_id)}/{epoch}-{revision:03d}-{name}.parquet"


def run_file_parts(path: str) -> tuple[str, int, str] | None:
    """(epoch, revision, name) of a file of the ``runs`` dataset; None for a stranger."""
    found = _RUN_FILE.fullmatch(path.rsplit("/", 1)[-1])
    return (found.group(1) or NO_EPOCH, int(found.group(2)), found.group(3)) if found else None


def published_epochs(run_files: Iterable[str]) -> dict[str, str]:
    """Of each run that has finished, the epoch whose parts count, from the names of its rows.

    That name is the switch: parts of any other epoch are not read.
    """
    newest: dict[str, str] = {}
    for path in run_files:
        run_id, name = run_id_of(path), run_file_parts(path)
        if run_id and name and name[2] == FINISHED:
            newest[run_id] = max(name[0], newest.get(run_id, NO_EPOCH))
    return newest


def state(run_id: str, *rest: str) -> str:
    return "/".join((f"_state/run_id={run_id}", *rest))


def part(dataset: str, run_id: str, epoch: str, number: int) -> str:
    return f"{run_directory(dataset, run_id)}/{epoch}-part-{number:05d}.parquet"


def shard(run_id: str, epoch: str, segment_id: str) -> str:
    return state(run_id, "shards", *filter(None, (epoch,)), f"{segment_id}.parquet")
