"""Removing from galleries, with what runs say of their snapshots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from lfr_batch.enrolment.forgetting import finish_intended
from lfr_batch.enrolment.intentions import GalleryReceipt
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import Home
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import list_runs, load_run
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import S3Settings
from lfr_batch.work.privacy import protect_files


@dataclass(frozen=True, slots=True)
class HomeToChange:
    home: Home
    s3: S3Settings
    finished: tuple[GalleryReceipt, ...]
    """What was interrupted before and is finished now."""


def home_to_change(settings: Settings) -> HomeToChange:
    """The settings' home; what was begun there and interrupted is brought to its end first.

    Raises ConfigError, UsageError, StoreError, AuditBroken.
    """
    protect_files()
    home, s3 = settings.home_and_s3()
    return HomeToChange(home, s3, tuple(finish_intended(home, s3)))


def runs_naming(settings: Settings, gallery: str) -> Mapping[str, int]:
    """How many runs of the results root were made with each snapshot of a gallery, finished or not.

    Raises StoreUnreachable, ResultsError, ResultsTooNew: what a run names that cannot be read is
    not known.
    """
    with closing(open_lake(*settings.results_place())) as lake:
        rows = run_query(lake, "SELECT run_id, gallery, gallery_snapshot FROM runs").to_pylist()
    named = {row["run_id"]: (row["gallery"], row["gallery_snapshot"]) for row in rows}
    store = open_store(*settings.results_place())
    for run_id in list_runs(store):  # those that have no row yet
        if run_id not in named:
            request = load_run(StoredRun(store, run_id))
            named[run_id] = request.gallery, request.snapshot_id
    return Counter(snapshot for whose, snapshot in named.values() if whose == gallery)
