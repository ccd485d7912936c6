"""Sentences about a file of the results that cannot be read."""

from __future__ import annotations

import re

from lfr_batch.errors import ResultsError, StoreAway, StoreUnreachable
from lfr_batch.results import layout
from lfr_batch.results.schemas import DATASETS, LIVE_DATASETS

_PART = re.compile(rf"(?:{'|'.join(DATASETS)})/(?:run_id|month)=[^/\n]+/[^/\n]+?\.parquet")
_IN_BUCKET = re.compile(rf"'lfr_({'|'.join(DATASETS)})_\d+' failed: (.*)")
_GONE = re.compile(
    r"no such file|no files found|NO_SUCH_KEY|NoSuchKey|RESOURCE_NOT_FOUND|path does not exist"
    r"|HTTP status 404",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    r"NETWORK_CONNECTION|SLOW_DOWN|SERVICE_UNAVAILABLE|INTERNAL_FAILURE|REQUEST_TIMEOUT|THROTTLING"
    r"|HTTP status (?:5\d\d|429)|ExpiredToken|curlCode|SlowDown"
)
"""In what pyarrow's client says when a bucket does not answer: nothing of the part."""
_NOT_OPENED = re.compile(r"cannot open|permission denied", re.IGNORECASE)


def is_gone(said: str) -> bool:
    """Whether a Parquet reader says that a part is not there."""
    return _GONE.search(said) is not None


def damaged(path: str, way_out: str) -> ResultsError:
    return ResultsError(f"{path} is damaged; {way_out}")


def search_again(path: str) -> str:
    """The way out for a run's own file that the run can make again."""
    return f"remove it, then `lfr resume {layout.run_id_of(path)}` does that part again"


def publish_again(path: str) -> str:
    """The way out for a part of the lake: without its row in ``runs`` a run is published anew.

    What happened in a street cannot be made anew.
    """
    if path.partition("/")[0] in LIVE_DATASETS:
        return "restore it from a copy or remove it: the others can be read without it"
    run_id = layout.run_id_of(path)
    if run_id is None:
        return "restore it from a copy: runs that were compacted are in it"
    return (
        f"restore it from a copy, or remove the folder {layout.run_directory('runs', run_id)}, "
        f"then `lfr resume {run_id}` makes the run's results again"
    )


def about_part(said: str) -> ResultsError | StoreUnreachable | None:
    """The error for what a Parquet reader said of a part of the lake; None if it names none."""
    found = _PART.search(said)
    if found is None:
        return _about_bucket(said)
    if _NO_ANSWER.search(said):
        return StoreAway(f"{found[0]} cannot be read now: the bucket does not answer; try again")
    if is_gone(said):
        return StoreUnreachable(
            f"{found[0]} is not there, or its folder may not be opened; mend its permissions, or "
            f"{publish_again(found[0])}"
        )
    if _NOT_OPENED.search(said):
        return StoreUnreachable(f"{found[0]} cannot be opened; mend its permissions and try again")
    return damaged(found[0], publish_again(found[0]))


def _about_bucket(said: str) -> StoreUnreachable | None:
    """pyarrow, which reads buckets, names no file once a part has been opened."""
    found = _IN_BUCKET.search(said)
    if found and _NO_ANSWER.search(said):
        return StoreAway(
            f"a part of {found[1]} cannot be read now: the bucket does not answer; try again"
        )
    if found and "Failed to parse" in found[2]:
        return None  # of a value: nothing of the bucket
    return found and StoreUnreachable(
        f"a part of {found[1]} in the bucket cannot be read ({found[2]}); try again, and if it "
        "stays so restore that dataset from a copy"
    )
