"""Sentences about a file of the results that cannot be read."""

from __future__ import annotations

import re

from lfr_batch.errors import ResultsError, StoreUnreachable
from lfr_batch.results import layout
from lfr_batch.results.schemas import DATASETS

_PART = re.compile(rf"(?:{'|'.join(DATASETS)})/run_id=[^/\n]+/[^/\n]+?\.parquet")
_NOT_OPENED = re.compile(r"cannot open|permission denied|no files found", re.IGNORECASE)


def damaged(path: str, way_out: str) -> ResultsError:
    return ResultsError(f"{path} is damaged; {way_out}")


def search_again(path: str) -> str:
    """The way out for a run's own file that the run can make again."""
    return f"remove it, then `lfr resume {layout.run_id_of(path)}` does that part again"


def publish_again(path: str) -> str:
    """The way out for a part of the lake: without its row in ``runs`` a run is published anew."""
    run_id = layout.run_id_of(path) or ""
    return (
        f"restore it from a copy, or remove the folder {layout.run_directory('runs', run_id)}, "
        f"then `lfr resume {run_id}` makes the run's results again"
    )


def about_part(said: str) -> ResultsError | StoreUnreachable | None:
    """The error for what a Parquet reader said of a part of the lake; None if it names none."""
    found = _PART.search(said)
    if found is None:
        return None
    if _NOT_OPENED.search(said):
        return StoreUnreachable(f"{found[0]} cannot be opened; mend its permissions and try again")
    return damaged(found[0], publish_again(found[0]))
