"""Where models, galleries and results live, and paths as other processes find them."""

from __future__ import annotations

import os
from pathlib import Path

from lfr_batch.errors import UsageError


def home() -> Path:
    """Where models, galleries and results live: LFR_HOME, or lfr-data in this directory.

    Raises UsageError for a URI.
    """
    return home_folder(os.environ.get("LFR_HOME") or "lfr-data", "LFR_HOME")


def home_folder(given: str | Path, said_by: str) -> Path:
    """As other processes find it. Raises UsageError for a URI, naming what said it."""
    if "://" in str(given):
        raise UsageError(
            f"{said_by} is {given}, but models and galleries must lie in a folder: give one that "
            "every machine sees; results alone may go into a bucket (--out, LFR_RESULTS)."
        )
    return Path(given).absolute()


def results_root(
    given: str | None, configured: str | None = None, home_folder: Path | None = None
) -> str:
    """What is given, what is configured, LFR_RESULTS, or HOME/results."""
    root = given or configured or os.environ.get("LFR_RESULTS")
    return absolute(root or str((home_folder or home()) / "results"))


def absolute(root: str) -> str:
    """A results root as other processes find it: a path from here, or a URI as it is."""
    return root if "://" in root else str(Path(root).absolute())


def from_anywhere(text: str) -> str:
    """Footage, glob or manifest as it is found from anywhere, so that a run can be resumed there;
    a URI as it is."""
    if "://" in text:
        return text
    return os.path.abspath(text)  # noqa: PTH100 - keeps a glob as it is
