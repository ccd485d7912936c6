"""Where models, galleries and results live, and paths as other processes find them."""

from __future__ import annotations

import os
from pathlib import Path

from lfr_batch.errors import UsageError
from lfr_batch.homes.at_hand import Home
from lfr_batch.homes.lasting import require_lasting


def home() -> Home:
    """Where models, galleries and results live: LFR_HOME, or lfr-data in this directory.

    Raises UsageError for what is neither a folder that lasts nor s3://bucket/prefix.
    """
    return home_place(os.environ.get("LFR_HOME") or "lfr-data", "LFR_HOME")


def home_place(given: str | Path, said_by: str) -> Home:
    """As other processes find it. Raises UsageError, naming what said it."""
    text = str(given)
    if text.removeprefix("s3://").strip("/") and text.startswith("s3://"):
        return text.rstrip("/")
    if "://" in text:
        raise UsageError(
            f"{said_by} is {given}, but models and galleries lie in a folder or a bucket: give a "
            "path, or s3://bucket/prefix."
        )
    return require_lasting(Path(given).absolute(), said_by)


def home_folder() -> Path:
    """``home`` for those who need a folder on this machine. Raises UsageError for a bucket."""
    place = home()
    if isinstance(place, str):
        raise UsageError(
            f"LFR_HOME is {place}, and deployments keep their watchlists, alerts and logs in a "
            "folder of this machine: set LFR_HOME to one, with a copy of the pack and the gallery."
        )
    return place


def results_root(
    given: str | None, configured: str | None = None, home_place: Home | None = None
) -> str:
    """What is given, what is configured, LFR_RESULTS, or HOME/results."""
    root = given or configured or os.environ.get("LFR_RESULTS")
    return absolute(root or f"{home() if home_place is None else home_place}/results")


def absolute(root: str) -> str:
    """A results root as other processes find it: a path from here, or a URI as it is."""
    return root if "://" in root else str(Path(root).absolute())


def from_anywhere(text: str) -> str:
    """Footage, glob or manifest as it is found from anywhere, so that a run can be resumed there;
    a URI as it is."""
    if "://" in text:
        return text
    return os.path.abspath(text)  # noqa: PTH100 - keeps a glob as it is
