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

LAKE = "_lake"
"""Folder of what makes the parts one lake: manifests, parts in the making, parts that have left."""
FORGOTTEN = "forgotten.json"
"""In a run's state: something was taken out of it, so that it cannot be resumed."""
MANIFESTS = f"{LAKE}/manifest"
EMPTY = f"{LAKE}/empty"
"""Parts without rows, by which views have their columns while there is nothing in them."""
BUILDING = f"{LAKE}/building"
RETIRED = f"{LAKE}/retired"
UNDATED = "undated"
"""In place of the month of a run of before whose id does not say it."""

_SIGHTING = "sighting-"
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


def run_id_in(folder: str) -> str:
    """``run_id=R`` → ``R``."""
    return folder.removeprefix("run_id=")


def epoch_of(path: str) -> str:
    """The epoch in a part's name."""
    found = _PART.search(path)
    return (found and found.group(2)) or NO_EPOCH


def is_deployment(run_id: str) -> bool:
    """Whether it is of live mode, which is never resumed: ``new_run_id`` puts the kind into it."""
    return _DEPLOYMENT.fullmatch(run_id) is not None


def run_file(run_id: str, epoch: str, revision: int, status: str) -> str:
    name = FINISHED if status.startswith("complete") else status
    return f"{run_directory('runs', run_id)}/{_of(epoch)}{revision:03d}-{name}.parquet"


def run_file_parts(path: str) -> tuple[str, int, str] | None:
    """(epoch, revision, name) of a file of the ``runs`` dataset; None for a stranger."""
    found = _RUN_FILE.fullmatch(path.rsplit("/", 1)[-1])
    return (found.group(1) or NO_EPOCH, int(found.group(2)), found.group(3)) if found else None


def row_order(path: str) -> tuple[str, int]:
    """By which rows of one run follow each other; strangers come first."""
    found = run_file_parts(path)
    return (found[0], found[1]) if found else (NO_EPOCH, -1)


def newest_row(run_files: Iterable[str]) -> str | None:
    return max(filter(run_file_parts, run_files), key=row_order, default=None)


def is_final(run_file: str) -> bool:
    """Whether the run had come to an end with that row, with results or without."""
    found = run_file_parts(run_file)
    return found is not None and found[2] in {FINISHED, "failed", "cancelled"}


def month_of(run_id: str) -> str:
    """As ``new_run_id`` puts it into an id."""
    found = re.match(r"(\d{4})(\d{2})\d{2}-\d{6}-", run_id)
    return f"{found[1]}-{found[2]}" if found else UNDATED


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


def next_row(path: str) -> str:
    """The name of the row that follows a row of ``runs``, of the same holder and status."""
    epoch, revision, name = run_file_parts(path) or (NO_EPOCH, -1, FINISHED)
    return f"{path.rpartition('/')[0]}/{_of(epoch)}{revision + 1:03d}-{name}.parquet"


def part(dataset: str, run_id: str, epoch: str, number: int, again: str = "") -> str:
    """``again``: sets parts apart that take the place of the same holder's."""
    name = f"part-{number:05d}{again and '-'}{again}"
    return f"{run_directory(dataset, run_id)}/{_of(epoch)}{name}.parquet"


def _of(epoch: str) -> str:
    return f"{epoch}-" if epoch else ""


def group_part(dataset: str, month: str, group_id: str, number: int) -> str:
    """Of runs that were compacted."""
    return f"{dataset}/month={month}/{group_id}-{number:05d}.parquet"


def review_of_sighting(run_id: str, sighting_id: str, what: str) -> str:
    """``what``: the number of an examiner's decision, or that of an outcome."""
    return f"{run_directory('reviews', run_id)}/{_SIGHTING}{sighting_id}.{what}.parquet"


def is_of_sighting(path: str) -> bool:
    """Whether a review is of a sighting, and not of an alert."""
    return path.rsplit("/", 1)[-1].startswith(_SIGHTING)


def empty_part(dataset: str, version: int) -> str:
    return f"{EMPTY}/{version}/{dataset}.parquet"


def id_file(lake_id: str) -> str:
    """By which a lake is known from within its own folder."""
    return f"{LAKE}/id-{lake_id}"


def shard(run_id: str, epoch: str, segment_id: str) -> str:
    return state(run_id, "shards", *filter(None, (epoch,)), f"{segment_id}.parquet")
